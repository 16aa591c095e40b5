// A first look at a target: one connection, with TLS where asked for, before any device exists, so
// that a wrong port or certificate is one sentence and not five thousand back-offs.
#pragma once

#include <optional>
#include <string>

#include "fleet/run/machine.hpp"
#include "fleet/run/prepare.hpp"
#include "fleet/run/run_world.hpp"

namespace fleet::program {

/// A target that would not do.
struct trial_failure {
  startup_error why;
  bool nobody = false; ///< who is not there yet may come; else a second try is none better
};

/// At each place of the target: nothing when it takes a connection, or answers datagrams; the world
/// must be running.
std::optional<trial_failure> try_target(run_world& world, const prepared& ready,
                                        const prepared_product& product, stop_signals& signals);

/// The same of a plain listener at `peer`, which people know by `text`.
std::optional<trial_failure> try_listener(run_world& world, const hal::address& peer,
                                          const std::string& text, stop_signals& signals);

/// try_target(), for those who do not wait.
std::optional<startup_error> preflight(run_world& world, const prepared& ready,
                                       const prepared_product& product, stop_signals& signals);

} // namespace fleet::program
