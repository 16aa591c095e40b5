// The flags of `fleet run` that say what a run is held against.
#pragma once

#include "fleet/options.hpp"
#include "fleet/options/flag_set.hpp"

namespace fleet::program {

void judging_flags(flag_set& flags, run_options& out);

/// Reads one more expectation; a complaint has its column.
setter add_expectation(std::vector<std::string>& out);

} // namespace fleet::program
