// The settings of a virtual world: with them and the calls made, a run is determined.
#pragma once

#include <array>
#include <cstdint>

#include "hal_sim/virtual_world/datagram_figures.hpp"
#include "hal_sim/virtual_world/link_figures.hpp"
#include "hal_sim/virtual_world/net_event.hpp"

namespace fleet::hal {

struct virtual_options {
  std::uint64_t seed = 1;
  std::int64_t wall_origin_ms =
      1'700'000'000'000; ///< since 1970, at the world's start; never today
  std::array<link_figures, link_kinds> links = standard_links(); ///< by link_kind; override at will
  std::array<datagram_figures, link_kinds> datagrams = standard_datagrams(); ///< likewise
  net_event_sink on_event{}; ///< none: events go into the digest only
};

} // namespace fleet::hal
