// Which addresses of this machine a target can be reached from. Asks the kernel; before a run,
// never on a home.
#pragma once

#include <vector>

#include "hal_sim/world/address.hpp"

namespace fleet::hal {

/// The address that the kernel would connect to `peer` from, and behind it, for IPv4, the others of
/// its interface and subnet, in order; ports are 0. Of IPv6 the one alone, since others there may
/// be temporary. Empty: there is no way to `peer`. Nothing is sent.
std::vector<address> own_addresses_towards(const address& peer);

} // namespace fleet::hal
