// `fleet report`: what is told of earlier runs by their JSON. Runs nothing.
#pragma once

#include <iosfwd>

#include "fleet/options.hpp"

namespace fleet::program {

/// Text goes to `out` where no file was asked for; 2 where a report cannot be read, 3 where a file
/// cannot be written.
exit_code execute_report(const report_options& options, std::ostream& out, std::ostream& errors);

} // namespace fleet::program
