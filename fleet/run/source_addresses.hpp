// From which addresses a run connects, where nobody names them. Opens no connection.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "fleet/options.hpp"
#include "fleet/run/prepare.hpp"

namespace fleet::program {

/// Beyond this many connections from one address to one listener the kernel searches long for a
/// free port, of the some 28,000 that it has: at 19,000 that cost 15 times the rest of connecting.
inline constexpr std::uint32_t connections_per_source = 10'000;

/// How many of 127.0.0.0/8 devices come from towards a target on loopback: 8 to 254, so that none
/// has more than `connections_per_source` where that can be.
constexpr std::uint32_t loopback_sources_for(std::uint32_t devices) noexcept {
  const std::uint32_t wanted =
      devices / connections_per_source + (devices % connections_per_source == 0 ? 0 : 1);
  return std::clamp(wanted, 8U, 254U);
}

/// Those that --bind names. Where it names none and a target that is not on loopback would have
/// more than `connections_per_source` from one, all that this machine has beside the one which the
/// kernel would take, that one too. Empty: the kernel's choice, or that of the homes towards
/// loopback. `ready` with the target found.
std::vector<hal::address> sources_of(const run_options& options, const prepared& ready);

} // namespace fleet::program
