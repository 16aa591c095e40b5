// Where the devices go: the targets of the line, looked up. Starts nothing.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fleet/run/prepare.hpp"

namespace fleet::program {

/// All targets of the line, in its order; one that is embedded, alone.
std::vector<text::target> targets_of(const run_options& options);

/// For people: `the embedded twin`, or all of them.
std::string target_text_of(const run_options& options);

/// Looks the targets up and tells every product; nothing to do for the embedded twin.
std::optional<startup_error> find_target(const run_options& options, prepared& out);

} // namespace fleet::program
