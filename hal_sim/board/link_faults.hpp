// What planned disturbances ask of a link: one record for all boards that one fault hits, and what
// several of them come to on one board. Plain data; link_gate.hpp and datagram_gate.hpp obey it.
#pragma once

#include <cstdint>

#include "hal_sim/world/home.hpp"
#include "protocol/base/time.hpp"

namespace fleet::hal {

/// One disturbance, in both directions alike, on streams and datagrams where nothing else is said.
/// Shares are in parts of a million. It must outlive every link that it disturbs; whoever changes
/// it tells them (link::disturbance_changed()).
struct link_disturbance {
  duration latency{};             ///< one way
  duration jitter{};              ///< each piece up to that much more, evenly
  std::uint64_t octets_per_s = 0; ///< each way; 0: no limit
  std::uint32_t slice_octets = 0; ///< streams: the largest piece that passes at once; 0: no limit
  std::uint32_t corrupt_ppm = 0;  ///< pieces of which one octet is changed
  std::uint32_t loss_ppm = 0;     ///< this and the next two: datagrams only
  std::uint32_t duplicate_ppm = 0;
  std::uint32_t reorder_ppm = 0; ///< held back until another has passed, or for hold_back
  duration hold_back{};
  bool stall = false;       ///< streams: nothing passes now, all of it when the stall is over
  bool refuse = false;      ///< attempts are refused, datagrams come to nobody
  bool dns_failure = false; ///< attempts find no address
  bool tls_failure = false; ///< handshakes end with a certificate that does not verify
  bool cut = false; ///< nothing passes: streams go on afterwards, datagrams and attempts are lost

  friend bool operator==(const link_disturbance&, const link_disturbance&) = default;

  /// Whether streams feel it.
  [[nodiscard]] bool on_streams() const noexcept;
  /// Whether what stands is to pass nothing.
  [[nodiscard]] bool holds() const noexcept { return stall || cut; }
};

/// Both at once: delays add, the tightest limit counts, shares combine as independent ones do.
link_disturbance combined(const link_disturbance& a, const link_disturbance& b) noexcept;

/// The chance that at least one of two happens.
std::uint32_t either_ppm(std::uint32_t a, std::uint32_t b) noexcept;

/// Time that `octets` take at this many a second, to the nanosecond above; 0: none.
duration time_at_rate(std::uint64_t octets, std::uint64_t octets_per_s) noexcept;

/// How long an answer takes that a disturbance makes up: the order of magnitude of a kind of link,
/// alike in both worlds.
duration plausible_round_trip(link_kind kind) noexcept;

/// How far into an attempt TCP sends its `round`th SYN again (RFC 6298: 1 s, doubled each time).
constexpr duration syn_again(unsigned round) noexcept {
  return std::chrono::seconds{(std::int64_t{1} << round) - 1};
}
inline constexpr unsigned syn_rounds_max = 20;

} // namespace fleet::hal
