// What a server of datagrams counts at its door: written by its home alone, read by any thread.
#pragma once

#include <atomic>
#include <cstdint>

namespace fleet::hal {

/// Of a door with a filter; a plain one has no strangers. Totals.
struct datagram_door_counters {
  std::atomic<std::uint64_t> hellos{0};      ///< datagrams of strangers
  std::atomic<std::uint64_t> turned_away{0}; ///< of them, for want of room
  std::atomic<std::uint64_t> displaced{0};   ///< sessions and handshakes that made room
  std::atomic<std::uint64_t> opened{0};
  std::atomic<std::uint64_t> refused{0}; ///< handshakes that came to nothing
};

} // namespace fleet::hal
