// Which sub-device belongs to which gateway, and through which of the gateway's links it is logged
// in (aliyun-iot.md §16). Bookkeeping only: devices are the registry's indices, what is to be sent
// comes back as data, and connections are somebody else's.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <unordered_map>
#include <vector>

#include "protocol/alink/gateway_replies.hpp"
#include "protocol/base/time.hpp"

namespace fleet::cloud {

/// A device of the registry, by its index.
using device_index = std::uint32_t;

/// What the registry knows of a device.
enum class device_standing : std::uint8_t { good, disabled, deleted, unknown };

/// One link of a gateway: a number that no two links of the twin share, so that an old link's end
/// takes nothing from its successor.
struct gateway_link {
  device_index gateway = 0;
  std::uint64_t link = 0;
  friend bool operator==(const gateway_link&, const gateway_link&) = default;
};

/// Where the vendor's numbers or ways are not public; each bound is reached by a test.
struct topology_rules {
  std::uint32_t sub_devices_max = 1500;    ///< of one gateway; 6400 beyond
  std::uint32_t online_max = 1500;         ///< of one gateway; 428 beyond
  std::uint32_t logins_per_minute = 6000;  ///< of one gateway; 429 beyond
  std::uint32_t relations_max = 1'000'000; ///< of all gateways together; 6400 beyond
  /// Whether a sub-device that another gateway adds loses its session at once (6401), or keeps it
  /// until the new gateway logs it in (427).
  bool move_ends_session = true;
};

/// Something that a gateway is to be told.
struct topology_notice {
  enum class form : std::uint8_t {
    change, ///< `thing/topo/change` with `change`
    error,  ///< `/ext/error` with `code`
    order   ///< `thing/disable`, `enable`, `delete` on the sub-device's topic, by `change`
  };
  device_index gateway = 0;
  device_index sub_device = 0;
  form what = form::change;
  alink::topology_change change{};
  int code = 0;
};

/// What became of a request: the code to answer with, and who else is to be told what.
struct topology_decision {
  int code = 200;
  bool session_opened = false; ///< the sub-device came online now
  bool session_closed = false; ///< a session ended, of whichever gateway
  bool kick_direct = false;    ///< the sub-device's own connection is to be closed
  std::uint8_t notice_count = 0;
  std::array<topology_notice, 3> notice_list{};
  [[nodiscard]] std::span<const topology_notice> notices() const noexcept {
    return std::span{notice_list}.first(notice_count);
  }
};

class topology {
public:
  explicit topology(const topology_rules& rules = {}) : rules_(rules) {}

  /// The code a topo/add would be answered with, without doing it; `earlier` of the same request
  /// are to be added before it.
  [[nodiscard]] int may_add(device_index gateway, device_index sub_device, device_standing standing,
                            std::uint32_t earlier = 0) const;
  /// topo/add of a sub-device whose signature was found good (§16.2). Again by the same gateway:
  /// 200. By another: it moves, and the former is told.
  topology_decision add(device_index gateway, device_index sub_device, device_standing standing);
  /// topo/delete by the gateway itself.
  topology_decision remove(device_index gateway, device_index sub_device);
  /// sub/register: whether the gateway may have the sub-device's secret (§16.1). One that is
  /// `active` gives it to the gateway that it belongs or last belonged to alone; others get 6289.
  [[nodiscard]] int registration(device_index gateway, device_index sub_device,
                                 device_standing standing, bool active) const;

  /// combine/login with a good signature (§16.3). `directly_online`: the sub-device has a
  /// connection of its own now, which then has to go: a pair is online in one place (§8.1), and
  /// the last that showed the secret has it, as with direct_connected() the other way round.
  topology_decision login(const gateway_link& through, device_index sub_device,
                          device_standing standing, bool directly_online, time_point now);
  /// The code a login would be answered with, without doing it; `earlier` of the same batch are to
  /// log in before it.
  [[nodiscard]] int may_login(const gateway_link& through, device_index sub_device,
                              device_standing standing, time_point now,
                              std::uint32_t earlier = 0) const;
  topology_decision logout(const gateway_link& through, device_index sub_device);
  /// Whether it was the cloud that ended the sub-device's session through this link, and it has not
  /// logged in there again: what comes for it was under way, and is no fault of its gateway's.
  [[nodiscard]] bool withdrawn(const gateway_link& through, device_index sub_device) const;
  /// The sub-device connected by itself: that takes over.
  topology_decision direct_connected(device_index sub_device);
  /// The gateway's link is gone; appends those that went offline with it, ascending.
  void link_ended(const gateway_link& link, std::vector<device_index>& offline);

  // What the console does.
  topology_decision attach(device_index gateway, device_index sub_device);
  topology_decision detach(device_index sub_device);
  topology_decision disable(device_index sub_device);
  /// Its session ends, and the gateway is told (520) and may log it in again.
  topology_decision kick(device_index sub_device);
  topology_decision enable(device_index sub_device);
  /// The device no longer exists. As a gateway it leaves its sub-devices behind, unbound and as if
  /// they had never been its own; their sessions end (appended to `offline`, ascending).
  topology_decision erase(device_index device, std::vector<device_index>& offline);

  [[nodiscard]] std::optional<device_index> gateway_of(device_index sub_device) const;
  /// The link that a sub-device's downlinks go to, if it is logged in.
  [[nodiscard]] std::optional<gateway_link> session_of(device_index sub_device) const;
  /// Whether a publish on the sub-device's topics may come from this link; if not, the gateway gets
  /// `/ext/error` 520 (§16.8).
  [[nodiscard]] bool may_speak(const gateway_link& through, device_index sub_device) const;
  /// The sub-devices of a gateway, ascending; until the next change.
  [[nodiscard]] std::span<const device_index> sub_devices_of(device_index gateway) const;
  [[nodiscard]] std::uint32_t online_count(device_index gateway) const;
  [[nodiscard]] std::size_t relation_count() const noexcept { return sub_devices_.size(); }

  /// Whom a sub-device without a gateway belonged to last; nobody once that one was erased.
  [[nodiscard]] std::optional<device_index> former_gateway_of(device_index sub_device) const;
  /// The sub-devices of a gateway and those that were its last and have none now, ascending.
  [[nodiscard]] std::vector<device_index> past_and_present_of(device_index gateway) const;

  /// Calls `visit(gateway, sub_device)` for each relation, ascending by gateway, then sub-device:
  /// what is to be stored. Sessions are not: no link survives.
  template <class Visit>
  void for_each_relation(Visit visit) const {
    for (const auto& [gateway, record] : gateways_) {
      for (const device_index sub_device : record.sub_devices) {
        visit(gateway, sub_device);
      }
    }
  }
  /// One stored relation; false, and nothing done, if it breaks a rule or the sub-device has one.
  bool load(device_index gateway, device_index sub_device);
  /// One stored former_gateway_of(); false, and nothing done, if the sub-device has a gateway.
  bool load_former(device_index gateway, device_index sub_device);

private:
  struct gateway_record {
    std::vector<device_index> sub_devices; ///< ascending
    std::vector<device_index> online;      ///< logged in through it, ascending
    std::uint32_t logins = 0;              ///< since minute_began
    time_point minute_began{};
  };
  struct sub_device_record {
    device_index gateway = 0;
    std::optional<gateway_link> session; ///< of the former gateway for a while, see the rules
    std::optional<gateway_link> withdrawn_from; ///< through which the cloud ended its session
  };
  [[nodiscard]] const sub_device_record* look(device_index sub_device) const;
  void bind(device_index gateway, device_index sub_device);
  void unbind(device_index sub_device);
  void open_session(const gateway_link& through, device_index sub_device);
  void close_session(device_index sub_device, topology_decision& out, int code);
  void move(device_index gateway, device_index sub_device, topology_decision& out);
  void drop_if_idle(device_index gateway);

  topology_rules rules_;
  std::map<device_index, gateway_record> gateways_;
  std::unordered_map<device_index, sub_device_record> sub_devices_;
  /// The gateway that a sub-device without one belonged to last: an entry a device at most.
  std::map<device_index, device_index> former_;
};

} // namespace fleet::cloud
