// The flags of `fleet run` that are about workers, and what they go with.
#pragma once

#include <optional>
#include <string>

#include "fleet/options/flag_set.hpp"
#include "fleet/workers/options.hpp"

namespace fleet::program {

/// A group of flags.
void crew_flags(flag_set& flags, crew_options& out);

/// What contradicts workers, or needs them; a whole sentence.
std::optional<std::string> crew_contradiction(const run_options& run, const crew_options& crew,
                                              const flag_set& flags);

} // namespace fleet::program
