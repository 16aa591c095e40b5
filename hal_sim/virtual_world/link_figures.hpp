// What each kind of network attachment costs in the virtual world: figures, not behaviour. They
// describe the access network alone; the way on to a data centre is a matter of overriding them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "hal_sim/world/home.hpp"
#include "protocol/base/time.hpp"

namespace fleet::hal {

/// The figures of one kind of link. A stream over it never loses: a lost segment arrives later.
struct link_figures {
  duration latency{};                ///< one way
  duration jitter{};                 ///< added per segment, uniform in [0, jitter]; never reorders
  std::uint64_t up_bits_per_s = 0;   ///< device to cloud; 0: unlimited
  std::uint64_t down_bits_per_s = 0; ///< cloud to device; 0: unlimited
  std::uint32_t stall_ppm = 0;       ///< segments in a million that are lost and sent again
  duration retransmission{}; ///< what one loss costs; doubles for each further loss in a row
  std::uint32_t segment_bytes = 1448; ///< largest piece that is delivered at once
  std::uint32_t header_bytes = 52; ///< of TCP and IP per segment: they cost bandwidth, not meters
  std::uint32_t window_bytes = 65536; ///< in flight at most per direction; the rest stays unsent
};

inline constexpr std::size_t link_kinds = 5;

/// Losses in a row after which a segment gets through all the same: streams stall, never lose.
inline constexpr unsigned retransmissions_max = 6;

/// The standard figures by link_kind. Orders of magnitude as published, good conditions:
/// - ethernet: switched 100 Mbit/s, well below a millisecond, no loss worth a name;
/// - wifi: 802.11n on 2.4 GHz as a module achieves it over TCP, loss left after its own retries;
/// - cellular_4g: LTE category 1 (10 Mbit/s down, 5 up: 3GPP TS 36.306), 50-80 ms round trip;
/// - nbiot: category NB1 (26.15 kbit/s down, 62.5 up multi-tone: 3GPP TS 36.306), connected, round
///   trip of one to three seconds;
/// - lora: LoRaWAN EU868 at SF7/125 kHz (5,470 bit/s, payload 222: RP002-1.0), an answer one second
///   after the uplink (RX1); TCP over it is a gateway's affair and here only for comparison.
constexpr std::array<link_figures, link_kinds> standard_links() {
  using std::chrono::microseconds;
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  return {{
      {.latency = microseconds{250},
       .jitter = microseconds{100},
       .up_bits_per_s = 100'000'000,
       .down_bits_per_s = 100'000'000,
       .stall_ppm = 0,
       .retransmission = milliseconds{200},
       .segment_bytes = 1448,
       .header_bytes = 52,
       .window_bytes = 262'144},
      {.latency = milliseconds{2},
       .jitter = milliseconds{6},
       .up_bits_per_s = 20'000'000,
       .down_bits_per_s = 20'000'000,
       .stall_ppm = 1'000,
       .retransmission = milliseconds{220},
       .segment_bytes = 1448,
       .header_bytes = 52,
       .window_bytes = 262'144},
      {.latency = milliseconds{25},
       .jitter = milliseconds{15},
       .up_bits_per_s = 5'000'000,
       .down_bits_per_s = 10'000'000,
       .stall_ppm = 500,
       .retransmission = milliseconds{300},
       .segment_bytes = 1348,
       .header_bytes = 52,
       .window_bytes = 131'072},
      {.latency = milliseconds{600},
       .jitter = milliseconds{800},
       .up_bits_per_s = 62'500,
       .down_bits_per_s = 26'150,
       .stall_ppm = 5'000,
       .retransmission = seconds{6},
       .segment_bytes = 1228,
       .header_bytes = 52,
       .window_bytes = 16'384},
      {.latency = seconds{1},
       .jitter = milliseconds{300},
       .up_bits_per_s = 5'470,
       .down_bits_per_s = 5'470,
       .stall_ppm = 20'000,
       .retransmission = seconds{8},
       .segment_bytes = 209,
       .header_bytes = 13,
       .window_bytes = 2'048},
  }};
}

} // namespace fleet::hal
