// What all devices of a product have in common; built once before the run, read by every home,
// never changed while devices live.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/device/features.hpp"
#include "actors/device/firmware_settings.hpp"
#include "actors/device/places.hpp"
#include "actors/device/post_settings.hpp"
#include "hal_sim/world/home.hpp"
#include "protocol/alink/sign.hpp"
#include "protocol/base/check.hpp"
#include "protocol/base/random.hpp"
#include "protocol/base/stream_filter.hpp"
#include "protocol/base/time.hpp"
#include "protocol/mqtt/client.hpp"

namespace fleet::actors {

class dialect;

/// The two behaviours of reliability §1.
enum class behaviour : std::uint8_t { strict, sdk };

/// How long a device waits before it tries again: doubling from `first` to `cap`, each wait with a
/// random part of up to its own length (aliyun-iot.md §8.2). Never under a second after a
/// disconnect.
struct backoff_settings {
  duration first = std::chrono::seconds{1};
  duration cap = std::chrono::seconds{60};

  /// The next wait; `last` is what the one before doubled to, zero after a success.
  [[nodiscard]] duration next(duration& last, random_stream& jitter) const {
    last = last == duration::zero() ? first : std::min(last * 2, cap);
    return std::min(last + jitter.between(duration::zero(), last), cap);
  }
};

/// Where a device asks over HTTP for what it logs on with (aliyun-iot.md §5.4, §5.5).
struct auth_door {
  hal::address auth_host{};
  stream_filter_factory* security = nullptr; ///< none: plain HTTP
  std::string server_name{};                 ///< for TLS
  std::string host{};                        ///< what the Host field says
  /// Of several targets that of each, in their order; none: this is the one of all devices.
  std::vector<auth_door> each{};

  /// That of a device, which goes to the target of its index modulo how many there are.
  [[nodiscard]] const auth_door& of(std::uint32_t device) const noexcept {
    return each.empty() ? *this : each[device % each.size()];
  }
};

/// How devices that were made without a secret of their own come by it (aliyun-iot.md §5.5).
enum class registration_way : std::uint8_t {
  none, ///< they have one
  mqtt, ///< at their MQTT peer, which must be reached over TLS
  https ///< at the auth host
};
/// The door is there for registration_way::https only.
struct registration_plan : auth_door {
  registration_way by = registration_way::none;
  std::string product_secret{};
  alink::sign_method sign = alink::sign_method::hmacsha256;
};

/// What devices ask the auth host before each connection.
enum class logon_way : std::uint8_t {
  direct,   ///< nothing (§5.1)
  pre_auth, ///< who to log on as, with which token, and where (§5.4)
  bootstrap ///< where; they log on as in direct mode (§5.4, last paragraph)
};
struct logon_plan : auth_door {
  logon_way by = logon_way::direct;
  /// By the ID2 model (§5.6): the securemode of direct mode, 4, 7 or 8, of which 4 and 7 become 1
  /// and 5 after pre-auth; 0: none.
  int id2_mode = 0;
  alink::sign_method sign = alink::sign_method::hmacsha1;
  std::vector<known_host> hosts{};
};

struct product_settings {
  const dialect* speech = nullptr; ///< outlives the devices
  actors::behaviour behaviour = behaviour::strict;
  mqtt::client_behaviour client;
  backoff_settings backoff;
  hal::address peer; ///< of several places the first
  place_map places;  ///< where they connect, if there are several; none: `peer`
  hal::link_kind link = hal::link_kind::ethernet;
  stream_filter_factory* security = nullptr; ///< none: plain
  std::string server_name;
  duration connect_timeout = std::chrono::seconds{10};
  mqtt::qos qos = mqtt::qos::at_least_once;
  duration interval = std::chrono::seconds{10}; ///< between a device's reports; 0: none
  report_timing timing;                         ///< of the plain device's and the posting one's
  std::shared_ptr<const load_curve> curve;      ///< of all reports; none: as planned throughout
  std::shared_ptr<const replay_plan> replay;    ///< of the plain device's, in its dialect's words
  std::uint32_t payload_bytes = 0;              ///< pads shorter payloads; 0: as it comes
  std::uint32_t report_bytes = 0; ///< of a report's payload, where that is known before
  std::uint16_t keep_alive_s = 60;
  /// Its devices have no connection of their own: nobody starts them.
  bool behind_gateway = false;
  bool clean_session = false;
  /// The cloud began with this process, so a session there is never older than the devices are.
  bool cloud_is_new = false;
  std::uint32_t ram_bytes = 64 * 1024; ///< the board's budget for buffers; 0: unlimited
  std::uint64_t seed = 0;
  device_features features; ///< none: the plain device
  registration_plan registration;
  logon_plan logon;
  fetch_plan fetch;
  /// They post over CoAP or HTTP (post_device.hpp), in the vendor's dialect; none: they speak MQTT.
  std::optional<post_plan> post;
  std::optional<firmware_settings> firmware; ///< valid(); none: no firmware, no updates

  [[nodiscard]] const hal::address& peer_at(std::size_t number) const noexcept {
    return places.empty() ? peer : places[number].peer;
  }
  /// Empty where `server_name` is.
  [[nodiscard]] const std::string& server_name_at(std::size_t number) const noexcept {
    return places.empty() || server_name.empty() ? server_name : places[number].server_name;
  }
};

/// How the reports of a plain device, or of one that posts, follow one another.
inline report_beat beat_of(const product_settings& product, time_point began,
                           std::uint32_t device) noexcept {
  return {product.interval, product.timing, product.curve.get(), began, product.seed, device, 0};
}

/// Which product each device belongs to: ranges of indices that follow one another from 0.
class product_map {
public:
  product_map() = default;
  /// All devices are of one product.
  explicit product_map(const product_settings& only) { add(0xFFFFFFFFU, only); }

  /// The next `count` devices are of `product`, which outlives the map.
  void add(std::uint32_t count, const product_settings& product) {
    end_ += count;
    ranges_.push_back({end_, &product});
  }
  [[nodiscard]] const product_settings& at(std::uint32_t index) const noexcept {
    const auto found = std::upper_bound(ranges_.begin(), ranges_.end(), index,
                                        [](std::uint32_t i, const range& r) { return i < r.end; });
    FLEET_CHECK(found != ranges_.end());
    return *found->product;
  }
  /// Products, those without devices too.
  [[nodiscard]] std::size_t size() const noexcept { return ranges_.size(); }
  /// The number of a device's product, from 0 in the order of add().
  [[nodiscard]] std::size_t number_of(std::uint32_t index) const noexcept {
    const auto found = std::upper_bound(ranges_.begin(), ranges_.end(), index,
                                        [](std::uint32_t i, const range& r) { return i < r.end; });
    FLEET_CHECK(found != ranges_.end());
    return static_cast<std::size_t>(found - ranges_.begin());
  }

private:
  struct range {
    std::uint32_t end;
    const product_settings* product;
  };
  std::vector<range> ranges_;
  std::uint32_t end_ = 0;
};

} // namespace fleet::actors
