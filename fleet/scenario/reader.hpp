// Scenario files from text to data, strictly: every mistake of a file with its place. What the data
// comes to is plan.hpp's.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "fleet/credential_file.hpp"
#include "fleet/files.hpp"
#include "fleet/scenario/plan.hpp"
#include "fleet/scenario/reading.hpp"
#include "fleet/scenario/scenario.hpp"
#include "protocol/base/result.hpp"

namespace fleet::program {

/// Reads a whole file's text. On failure all mistakes found, at most scenario_mistakes_most, by
/// place; broken YAML ends it at the first. Names that the file leaves out are filled in, but for
/// the scenario's own.
result<scenario, std::vector<placed_mistake>> read_scenario(std::string_view text,
                                                            const scenario_surroundings& around);

/// Opens and reads a file; mistakes as whole lines, `file:line:column: what`. A scenario without a
/// name is called as the file is, without folder and ending.
result<scenario, mistakes> read_scenario_file(const std::string& path,
                                              file_source& files = disk_files());

} // namespace fleet::program
