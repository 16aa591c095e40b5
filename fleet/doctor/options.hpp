// `fleet doctor`: the run that is planned, and how the findings are told.
#pragma once

#include <memory>

namespace fleet::program {

struct run_options;

/// What a command line of `fleet doctor` comes to.
struct doctor_options {
  std::shared_ptr<const run_options> run; ///< never null once parsed
  bool json = false;                      ///< findings for scripts, not for people
};

} // namespace fleet::program
