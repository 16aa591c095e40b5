// `fleet run`: prepares, announces, runs, stops and reports one run.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "fleet/options.hpp"
#include "fleet/run/company.hpp"

namespace fleet::program {

/// Where a run stands among those of other processes.
struct run_place {
  device_set here;                    ///< the devices that live in this process
  file_source* files = &disk_files(); ///< where those that the run names are; outlives the run
  bool rows_of_here = false;          ///< of the credentials these devices' rows alone are there
  /// Once the run is prepared and before anything of it starts; or why it cannot be.
  std::function<result<std::unique_ptr<company>, startup_error>(const prepared&)> make;
  /// Told why the run will not be; may be empty.
  std::function<void(const startup_error&)> failed;
};

/// `command_text` is what repeats the run but for the seed; printed and reported. `place`: null for
/// a run of one process. `wait_for_target`: for so long the run waits until somebody listens at its
/// target.
exit_code execute_run(const run_options& options, const std::string& command_text,
                      const run_place* place = nullptr, duration wait_for_target = duration{0});

} // namespace fleet::program
