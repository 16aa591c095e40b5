// `fleet fault`: one order to a run, or a list of what there is to order.
#pragma once

#include <string>

#include "fleet/options.hpp"

namespace fleet::program {

exit_code execute_live_fault(const live_fault_options& options);

/// What `fleet fault effects` and `fleet fault presets` print.
std::string effects_text();
std::string presets_text();

/// What a run answered to `list`, as a table; empty: it is no such answer.
std::string faults_table(std::string_view answer);

} // namespace fleet::program
