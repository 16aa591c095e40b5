// What `fleet cloud fault …` was asked to do: plain data, read off the command line. Nothing is
// sent yet.
#pragma once

#include <string>

#include "fleet/console/options.hpp"
#include "protocol/faults/fault.hpp"

namespace fleet::program {

enum class fault_verb : std::uint8_t { add, list, remove };

/// The subcommand's word.
std::string_view to_string(fault_verb verb) noexcept;

struct fault_options {
  fault_verb verb = fault_verb::list;
  console_reach reach;
  bool json = false;   ///< the answer as it came
  faults::fault fault; ///< of `add`; without a name the twin picks one
  std::string name;    ///< of `remove`
};

} // namespace fleet::program
