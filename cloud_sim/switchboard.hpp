// How a device is reached now: by its own connection, or by its gateway's (aliyun-iot.md §16.3).
// Holds the subscriptions of sub-devices while they are logged in; decides no rights.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_map>

#include "cloud_sim/broker.hpp"
#include "cloud_sim/platform_client.hpp"
#include "cloud_sim/platform_rates.hpp"
#include "cloud_sim/registry.hpp"

namespace fleet::cloud {

/// How devices post that have no session (aliyun-iot.md §17, §18).
enum class post_protocol : std::uint8_t { coap, http };
inline constexpr std::size_t post_protocol_count = 2;
/// `coap`, `http`.
std::string_view to_string(post_protocol p) noexcept;

/// Holds the platform's answer to a message of a device that has no session to send it to.
class answer_box {
public:
  /// The first one stays.
  void put(bytes_view payload) {
    if (!filled_) {
      filled_ = true;
      payload_.append(payload);
    }
  }
  [[nodiscard]] bytes_view payload() const noexcept { return payload_.view(); }
  void clear() noexcept {
    filled_ = false;
    payload_.clear();
  }

private:
  byte_buffer payload_;
  bool filled_ = false;
};

/// A device and the session that leads to it; the two are one for whoever is connected by itself.
struct line {
  platform_client* as = nullptr;      ///< its names and subscriptions; null: there is no way
  platform_client* through = nullptr; ///< whose session
  answer_box* box = nullptr;          ///< one that only posts: takes the answer to what it says
  [[nodiscard]] bool online() const noexcept {
    return through != nullptr && through->online != nullptr;
  }
};

class switchboard {
public:
  switchboard(broker& core, registry& devices) : broker_(core), devices_(devices) {}

  static line direct(platform_client& who) noexcept { return {&who, &who}; }
  /// The way to a device. One that is away may have a session of its own that waits for it.
  [[nodiscard]] line find(std::uint32_t device) const noexcept;
  /// A sub-device that is logged in, or null.
  [[nodiscard]] platform_client* sub_device(std::uint32_t device) const noexcept;
  /// When it logged in, in milliseconds of the wall clock; 0 for any other.
  [[nodiscard]] std::int64_t logged_in_ms(std::uint32_t device) const noexcept;

  /// It came online through a gateway, which must be online; `of` its product.
  void open_sub_device(std::uint32_t device, platform_client& gateway, product& of);
  /// False if it was not.
  bool close_sub_device(std::uint32_t device);

  /// It posted within the time of §17.3, by that protocol; or no longer.
  void note_posting(std::uint32_t device, post_protocol by) { posting_[device] = by; }
  void note_silent(std::uint32_t device) { posting_.erase(device); }
  [[nodiscard]] std::optional<post_protocol> posting(std::uint32_t device) const noexcept;

  /// An answer to a request of QoS `asked`, if the device listens (§10), or into its box.
  void reply(const line& to, std::string_view topic, bytes_view payload, mqtt::qos asked);
  /// The platform's own message, to a device that is online.
  command_outcome push(const line& to, std::string_view topic, bytes_view payload, mqtt::qos q,
                       std::uint64_t cookie = 0);
  /// Delivers what was found to be granted; QoS 1 waits for who has a session. Dropped and counted
  /// beyond the bound.
  void send(const line& to, std::string_view topic, bytes_view payload, mqtt::qos q,
            std::uint64_t cookie);
  /// The two halves of send(): whether one more is within the bound (counted either way), and the
  /// delivery.
  bool within_bound(const line& to);
  void put(const line& to, std::string_view topic, bytes_view payload, mqtt::qos q,
           message_mark mark);

  /// Every reply at QoS 0 (§24).
  bool replies_at_qos_0 = false;
  rate_bound downlinks; ///< to one device

private:
  struct sub_line {
    std::unique_ptr<platform_client> as;
    platform_client* gateway;
    std::int64_t since_ms;
  };
  broker& broker_;
  registry& devices_;
  /// Looked up, never walked.
  std::unordered_map<std::uint32_t, sub_line> sub_devices_;
  std::unordered_map<std::uint32_t, post_protocol> posting_; ///< likewise
  device_rates down_;
};

} // namespace fleet::cloud
