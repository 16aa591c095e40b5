// What `fleet fault …` was asked to do: plain data, read off the command line.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace fleet::program {

enum class live_fault_verb : std::uint8_t { add, list, remove, presets, effects };

struct live_fault_options {
  live_fault_verb verb = live_fault_verb::list;
  std::vector<std::string> words; ///< of add: of the fault; of remove: names
  std::string run;                ///< a control socket's path; empty: that of the only run
  bool json = false;              ///< the answer as it came
};

} // namespace fleet::program
