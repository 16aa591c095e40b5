// What each kind of network attachment does to datagrams in the virtual world, beside the latency,
// jitter and bandwidth of its link_figures: figures, not behaviour.
#pragma once

#include <array>
#include <cstdint>

#include "hal_sim/virtual_world/link_figures.hpp"
#include "protocol/base/time.hpp"

namespace fleet::hal {

/// The figures of one kind of link; shares are in parts of a million. Jitter alone can reorder
/// datagrams: none waits for another.
struct datagram_figures {
  std::uint32_t loss_ppm = 0;      ///< never arrive
  std::uint32_t duplicate_ppm = 0; ///< arrive twice, each in its own time
  std::uint32_t reorder_ppm = 0;   ///< arrive later than they would, and behind others
  duration reorder_span{};         ///< by up to so much
  std::uint32_t mtu_bytes = 1280;  ///< largest payload in one piece
  bool fragments = false;          ///< larger ones go in pieces, all or none; else they are lost
  std::uint32_t header_bytes = 28; ///< of UDP and IP per piece: they cost bandwidth, not meters
};

/// The standard figures by link_kind. What TCP would have sent again is lost here, so the shares of
/// loss are those of link_figures::stall_ppm; repeats and late ones are rare and kept below them.
constexpr std::array<datagram_figures, link_kinds> standard_datagrams() {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  return {{
      {},
      {.loss_ppm = 1'000, .duplicate_ppm = 100},
      {.loss_ppm = 500, .duplicate_ppm = 50, .reorder_ppm = 100, .reorder_span = milliseconds{50}},
      {.loss_ppm = 5'000, .duplicate_ppm = 500, .reorder_ppm = 500, .reorder_span = seconds{2}},
      {.loss_ppm = 20'000, .duplicate_ppm = 1'000},
  }};
}

} // namespace fleet::hal
