// Where the embedded twin listens. A twin that dies and comes back must find its ports again, and a
// device must be refused there meanwhile: those that systems give to outgoing connections will not
// do, since one of them may be taken, or even connect to itself.
#pragma once

#include "fleet/run/prepare.hpp"
#include "hal_sim/world/home.hpp"

namespace fleet::program {

inline constexpr std::uint16_t doors_first = 20'000; ///< below what Linux gives to connections
inline constexpr std::uint16_t doors_end = 32'000;
inline constexpr int doors_tried = 100; ///< before a listener cannot be had

/// The loopback address of one more listener.
inline hal::address next_door(prepared& ready) {
  auto at = hal::parse_address("127.0.0.1:0").value();
  if (ready.next_door != 0) {
    at.port = ready.next_door++;
    ready.next_door = ready.next_door == doors_end ? doors_first : ready.next_door;
  }
  return at;
}

/// What `listen(address)` answers, at the first door that nobody else has.
template <class Listen>
auto at_next_door(prepared& ready, Listen listen) {
  auto got = listen(next_door(ready));
  for (int i = 1; !got && got.error() == hal::listen_error::in_use && i < doors_tried; ++i) {
    got = listen(next_door(ready));
  }
  return got;
}

} // namespace fleet::program
