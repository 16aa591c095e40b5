// The files that tell of a run beside its summary.
#pragma once

#include <string>

namespace fleet::program {

struct report_files {
  std::string html; ///< empty: none; likewise the others
  std::string junit;
  std::string csv; ///< of the series
};

} // namespace fleet::program
