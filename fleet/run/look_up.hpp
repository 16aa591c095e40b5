// The target's name to its addresses, without going deaf to signals: no resolver can be hurried,
// but it can be left behind.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "fleet/run/prepare.hpp"
#include "hal_sim/real_world/resolve.hpp"

namespace fleet::program {

/// hal::resolve(), or what stands in for it.
using resolver = std::function<result<std::vector<hal::address>, std::string>(const std::string&,
                                                                              std::uint16_t)>;

/// Waits for the answer of `how`, or for SIGINT or SIGTERM, which must
/// be blocked (stop_signals): then the thread is abandoned, with exit code 130. The message of a
/// name without address is the resolver's.
result<std::vector<hal::address>, startup_error>
look_up(const std::string& host, std::uint16_t port, const resolver& how = hal::resolve);

} // namespace fleet::program
