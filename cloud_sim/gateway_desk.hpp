// The platform's answers to gateways (aliyun-iot.md §16): a request goes in, replies and notices
// come out, the topology and the registry are asked in between. Holds no connections: what comes
// out names devices, and whoever has their connections delivers it.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "cloud_sim/registry.hpp"
#include "cloud_sim/topology.hpp"
#include "protocol/alink/gateway_reader.hpp"

namespace fleet::cloud {

/// Where products' secrets come from (§16.1): a product with one has its registration switched on.
class product_secrets {
public:
  /// Empty: the product is unknown, or does not register this way.
  [[nodiscard]] virtual std::string_view secret_of(std::string_view product_key) const = 0;
  /// Whether there is such a product, as far as it is known apart from its devices.
  [[nodiscard]] virtual bool knows(std::string_view product_key) const = 0;

protected:
  ~product_secrets() = default;
};

struct desk_rules {
  /// Whose secrets say which products' sub-devices register (§16.1); none: 6288 for each.
  const product_secrets* products = nullptr;
  // Bounds and variants of platform_options.hpp.
  std::uint32_t registrations_max = 0;
  std::uint32_t logins_max = 0;
  bool swapped_changes = false;
  bool duplicate_is_527 = false;
  bool batch_code_is_text = false;
  alink::signed_session sub_device_sign = alink::signed_session::either;
};

/// Something for the twin to do. Views live until the desk is called again.
struct desk_item {
  enum class form : std::uint8_t {
    message, ///< publish `payload` on `topic` to `device`, at QoS 0 (§16)
    online,  ///< the sub-device `device` came online through a gateway
    offline, ///< it went offline
    kick     ///< close the own connection of `device`
  };
  form what = form::message;
  device_index device = 0;
  std::string_view topic;
  bytes_view payload;
};

class gateway_desk {
public:
  struct parts {
    const registry& devices;
    topology& relations;
    desk_rules rules;
  };
  explicit gateway_desk(const parts& from) : parts_(from) {}

  /// A publish of gateway `from` on one of its own topics; false, and nothing done, if it is no
  /// is_gateway_request(). `directly_online` is asked for sub-devices that log in.
  template <class DirectlyOnline>
  bool request(const gateway_link& from, const alink::topic& on, bytes_view payload, time_point now,
               alink::gateway_reader& reader, DirectlyOnline directly_online) {
    if (on.reply || !alink::is_gateway_request(on.kind)) {
      return false;
    }
    serve({from, on.kind, now}, reader.read_request(on.kind, payload));
    for (const device_index device : logged_in_) {
      if (directly_online(device)) {
        items_.push_back({desk_item::form::kick, device, 0, 0});
      }
    }
    logged_in_.clear();
    return true;
  }

  /// The same of a device whose product makes it no gateway (§16.6): 403, and nothing is done.
  void refuse(const gateway_link& from, const alink::topic& on, bytes_view payload,
              alink::gateway_reader& reader);

  /// The code for a pack report that could be read (§16.4): 6401 for a sub-device of another
  /// gateway, 520 for one without session through this link.
  [[nodiscard]] int check_pack(const gateway_link& from, const alink::pack_report& report) const;

  /// A publish on a sub-device's topic came through a link that has no session for it (§16.8).
  void refuse_publish(const gateway_link& from, device_index sub_device);
  /// Makes messages of what a decision of the topology (console, direct connection) has to tell.
  void announce(const topology_decision& decision, device_index sub_device);
  /// The gateway's link is gone.
  void link_ended(const gateway_link& link);

  /// The next thing to do, or nothing.
  std::optional<desk_item> next() noexcept;

private:
  struct context {
    gateway_link from;
    alink::topic_kind kind;
    time_point now;
  };
  struct stored_item {
    desk_item::form what;
    device_index device;
    std::size_t topic_size;
    std::size_t payload_size;
  };
  void serve(const context& at, const alink::gateway_request& request);
  void serve_registration(const context& at, const alink::gateway_request& request);
  void serve_product_registration(const context& at, const alink::gateway_request& request);
  void serve_topology(const context& at, const alink::gateway_request& request);
  void serve_login(const context& at, const alink::gateway_request& request);
  void serve_logout(const context& at, const alink::gateway_request& request);
  void serve_found(const context& at, const alink::gateway_request& request);
  /// Whether a product was configured, or has devices.
  [[nodiscard]] bool product_known(std::string_view product_key);
  void reply(const context& at, const alink::gateway_request& request, int code,
             std::span<const alink::device_pair> devices = {});
  [[nodiscard]] bool too_long(const context& at, const alink::gateway_request& request) const;
  [[nodiscard]] int judge_add(const context& at, const alink::sub_device_entry& entry,
                              std::uint32_t earlier) const;
  [[nodiscard]] int judge_login(const context& at, const alink::sub_device_entry& entry,
                                std::uint32_t earlier) const;
  /// Whether the gateway may have the secret of a sub-device that asks it to register it.
  [[nodiscard]] int judge_registration(const context& at, const alink::sub_device_entry& entry);
  [[nodiscard]] int judge_secret(const context& at, device_index device) const;
  /// Empty: the product's registration is switched off.
  [[nodiscard]] std::string_view secret_of(std::string_view product_key) const;
  [[nodiscard]] device_standing standing_of(std::optional<device_index> device) const;
  [[nodiscard]] std::optional<device_index> find(const alink::device_pair& who) const {
    return parts_.devices.find(who.product_key, who.device_name);
  }
  void tell(const topology_notice& notice);
  /// The number that stands for a change in messages.
  [[nodiscard]] alink::topology_change written(alink::topology_change change) const noexcept;
  void open_message(device_index to, alink::topic_kind kind, bool is_reply,
                    device_index topic_owner);
  void close_message();

  parts parts_;
  byte_buffer text_; ///< topics and payloads, one behind the other
  std::vector<stored_item> items_;
  std::vector<device_index> logged_in_;
  /// The products of the devices that were listed when it was first asked, and again after one was
  /// deleted; later ones are known.
  std::optional<std::set<std::string, std::less<>>> listed_products_;
  std::uint64_t listed_at_removal_ = 0;
  std::size_t next_item_ = 0;
  std::size_t next_text_ = 0;
  std::uint64_t next_id_ = 1;
};

} // namespace fleet::cloud
