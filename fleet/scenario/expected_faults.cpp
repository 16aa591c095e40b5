// Names, and for the nearest of them those of presets too.
#include "fleet/scenario/expected_faults.hpp"

#include <vector>

#include "fleet/report/judged.hpp"
#include "fleet/text/nearest.hpp"
#include "protocol/base/check.hpp"

namespace fleet::program {

std::optional<judging::misreading> unknown_fault(std::string_view line,
                                                 std::span<const planned_fault> faults) {
  const auto read = judging::read_expectation(line, report::figures());
  FLEET_CHECK(read.ok()); // it was read before
  std::vector<std::string_view> names;
  for (const auto& planned : faults) {
    const std::string_view name = planned.fault.name;
    names.push_back(name);
    // A part of a preset stands for all of it.
    if (const auto whole = name.substr(0, name.find('.')); whole != name) {
      names.push_back(whole);
    }
  }
  auto wrong = judging::unknown_fault(read.value(), report::figures(), names);
  if (wrong && wrong->message.find(';') == std::string::npos) {
    wrong->message += names.empty() ? "; the run has none" : "; it has " + text::enumerate(names);
  }
  return wrong;
}

} // namespace fleet::program
