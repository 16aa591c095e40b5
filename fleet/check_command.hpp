// `fleet check`: looks at files and says what is wrong with them. Starts nothing.
#pragma once

#include <iosfwd>

#include "fleet/options.hpp"

namespace fleet::program {

/// Checks all files, whatever is wrong with the first; a line per mistake and a summary line on
/// `errors`, a line per good file on `out`. Answers passed or wrong_usage.
exit_code check_files(const check_options& options, std::ostream& out, std::ostream& errors);

} // namespace fleet::program
