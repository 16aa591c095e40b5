// What the command line holds a run against.
#pragma once

#include <string>
#include <vector>

namespace fleet::program {

/// Most expectations of a line, and of a scenario.
inline constexpr std::size_t expectations_most = 100;

struct judging_options {
  std::vector<std::string> expect; ///< lines that name what report::figures() has
  bool no_early_stop = false;      ///< goes on although one of them has become hopeless
  bool soak = false;               ///< watches for growth
};

} // namespace fleet::program
