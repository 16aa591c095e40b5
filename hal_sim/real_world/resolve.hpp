// Names to addresses. Blocks, and so is called before a run starts, never on a home.
#pragma once

#include <string>
#include <vector>

#include "hal_sim/world/address.hpp"
#include "protocol/base/result.hpp"

namespace fleet::hal {

/// The addresses of `host` (a name or a numeric address without brackets), each with `port`, in the
/// system's order of preference and without repeats; never empty. Fails with one sentence for
/// people.
result<std::vector<address>, std::string> resolve(const std::string& host, std::uint16_t port);

} // namespace fleet::hal
