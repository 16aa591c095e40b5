// The vocabulary of faults (design, part 9): every effect with its word, what it can hit, and the
// parameters it takes. A table; nothing here carries an effect out.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "protocol/base/time.hpp"

namespace fleet::faults {

/// In the order of the table: network, device, firmware, cloud.
enum class effect : std::uint8_t {
  latency,
  jitter,
  bandwidth,
  stall,
  reset,
  half_open,
  refuse,
  dns_failure,
  slicing,
  corruption,
  tls_failure,
  loss,
  duplication,
  reordering,
  nat_rebinding,
  partition,
  power_loss,
  power_loss_in_write,
  reboot_loop,
  clock_jump,
  clock_drift,
  memory_exhaustion,
  bit_rot,
  full_flash,
  kv_corruption,
  dead_battery,
  actor_crash,
  firmware_wrong_digest,
  firmware_truncated,
  firmware_oversize,
  firmware_slow,
  firmware_failing,
  firmware_unbootable,
  cloud_restart,
  cloud_slow,
  cloud_throttle,
  drop_acks,
  deliver_twice,
  kick,
  refuse_credentials,
  expire_tokens,
  malformed
};
inline constexpr std::size_t effect_count = 42;

/// Who carries it out: the board's link, the device on its board, the twin's firmware server, the
/// twin.
enum class domain : std::uint8_t { network, device, firmware, cloud };

/// A moment strikes and is over; a window lasts from `at` for `for`.
enum class shape : std::uint8_t { moment, window };

/// What of a product an effect cannot do without.
enum class need : std::uint8_t {
  nothing,
  stream,   ///< MQTT or HTTP
  datagram, ///< CoAP
  security, ///< TLS or DTLS
  flash,    ///< boards with firmware
  store,    ///< boards that keep something: firmware, a secret, what a thing remembers
  twin      ///< the embedded twin, or a target that shows its admin API
};

/// Which fields of a fault an effect reads, as bits.
enum parameter : std::uint8_t {
  takes_nothing = 0,
  takes_by = 1,     ///< a duration
  takes_share = 2,  ///< a part of all pieces, datagrams, messages or writes, in millionths
  takes_rate = 4,   ///< octets a second; of cloud_throttle messages a second
  takes_size = 8,   ///< octets; of bit_rot bits
  takes_every = 16, ///< between two strikes
  takes_drift = 32, ///< parts of a million, either sign
  takes_status = 64 ///< of HTTP
};

struct effect_info {
  effect what;
  std::string_view word;
  faults::domain of;
  faults::shape shape;
  faults::need need;
  bool gradual;          ///< a ramp makes it stronger; else it reaches more and more devices
  std::uint8_t takes;    ///< of parameter
  std::string_view text; ///< what it does, for people
};

/// By the number of the effect.
std::span<const effect_info, effect_count> effects() noexcept;
const effect_info& info_of(effect what) noexcept;
inline std::string_view to_string(effect what) noexcept {
  return info_of(what).word;
}
std::optional<effect> effect_named(std::string_view word) noexcept;

} // namespace fleet::faults
