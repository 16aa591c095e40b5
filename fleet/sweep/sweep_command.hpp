// `fleet run --virtual --sweep N`: many seeds, each a scenario of its own; what fails first is told
// with the command that repeats it.
#pragma once

#include "fleet/options.hpp"

namespace fleet::program {

/// 0: all held; 1: something did not; 3: the folder cannot be used; 130: interrupted, after what
/// was done by then has been told.
exit_code execute_sweep(const run_options& options);

} // namespace fleet::program
