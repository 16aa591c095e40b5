// A run that is started before its target: waits until somebody listens there. Once, before
// anything of the run begins.
#pragma once

#include <optional>
#include <string>

#include "fleet/run/machine.hpp"
#include "fleet/run/preflight.hpp"
#include "fleet/run/prepare.hpp"

namespace fleet::program {

/// The patience of one run, from its construction on. Of 0 nothing is tried here, and nothing said.
class target_wait {
public:
  /// `options` outlives it.
  target_wait(const run_options& options, duration at_most);

  /// Before the run is prepared: until the target's name has an address.
  std::optional<startup_error> await_names();
  /// Then: until the target takes a connection of each kind that devices make, and with an admin
  /// API that, too. What is wrong with a target that is there is left for the run to say.
  std::optional<startup_error> await_listener(const prepared& ready, stop_signals& signals);

private:
  std::optional<startup_error> pause(const startup_error& why);
  [[nodiscard]] std::optional<trial_failure> look(run_world& world, const prepared& ready,
                                                  stop_signals& signals) const;

  const run_options& options_;
  duration at_most_;
  double until_s_;
  bool told_ = false;
};

} // namespace fleet::program
