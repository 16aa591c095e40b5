// A first look at a target: one connection, with TLS where asked for, before any device exists, so
// that a wrong port or certificate is one sentence and not five thousand back-offs.
#pragma once

#include <optional>

#include "fleet/run/machine.hpp"
#include "fleet/run/prepare.hpp"
#include "fleet/run/run_world.hpp"

namespace fleet::program {

/// At each place of the target: nothing when it takes a connection, or answers datagrams; the world
/// must be running.
std::optional<startup_error> preflight(run_world& world, const prepared& ready,
                                       const prepared_product& product, stop_signals& signals);

} // namespace fleet::program
