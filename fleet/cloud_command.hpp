// `fleet cloud serve`: the twin alone, on given addresses, until a signal.
#pragma once

#include "fleet/options.hpp"

namespace fleet::program {

/// Prints one `name address` a line once it listens, then serves until SIGINT or SIGTERM.
exit_code execute_cloud(const cloud_options& options);

} // namespace fleet::program
