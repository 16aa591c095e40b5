// The flags of `fleet run` that are about sweeps, and what they go with.
#pragma once

#include <optional>
#include <string>

#include "fleet/options/flag_set.hpp"
#include "fleet/sweep/options.hpp"

namespace fleet::program {

/// A group of flags.
void sweep_flags(flag_set& flags, sweep_options& out);

/// What contradicts a sweep, or needs one; a whole sentence.
std::optional<std::string> sweep_contradiction(const flag_set& flags);

} // namespace fleet::program
