// Flags of `fleet run` that do not go together, or not with each other's values.
#pragma once

#include <optional>
#include <string>

#include "fleet/options.hpp"
#include "fleet/options/flag_set.hpp"

namespace fleet::program {

/// The first contradiction, as a sentence with the way out; none: the flags go together. `flags`:
/// what was given.
std::optional<std::string> run_contradiction(const run_options& options, const flag_set& flags);

} // namespace fleet::program
