// `fleet run`: prepares, announces, runs, stops and reports one run.
#pragma once

#include <string>

#include "fleet/options.hpp"

namespace fleet::program {

/// `command_text` is what repeats the run but for the seed; printed and reported.
exit_code execute_run(const run_options& options, const std::string& command_text);

} // namespace fleet::program
