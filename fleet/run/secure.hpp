// TLS of a run: who proves itself to whom, before anything starts.
#pragma once

#include <optional>

#include "fleet/run/prepare.hpp"

namespace fleet::program {

/// Makes what products with TLS need: the devices' side, and the embedded twin's.
std::optional<startup_error> secure(const run_options& options, prepared& out);

} // namespace fleet::program
