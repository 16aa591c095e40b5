// From a scenario file and the command line to what a run is to be: every mistake is told before
// anything starts.
#pragma once

#include "fleet/credential_file.hpp"
#include "fleet/files.hpp"
#include "fleet/options.hpp"
#include "fleet/scenario/plan.hpp"
#include "protocol/base/result.hpp"

namespace fleet::program {

struct planned_run {
  run_options options; ///< those asked for, with devices, duration and seed as the plan has them
  scenario_plan plan;
};

/// Reads `asked.scenario_file`, which is not empty. `has_console`: whether the embedded twin's
/// platform can do what its console does. Mistakes as whole lines, with their places in the file.
result<planned_run, mistakes> plan_run(const run_options& asked, bool has_console,
                                       file_source& files = disk_files());

} // namespace fleet::program
