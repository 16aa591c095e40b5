// The house rules that a reading of the sources can check (design, parts 3, 4, 7 and 16). Each rule
// takes files and answers what breaks it; tidy_test.cpp shows for each a sample that does.
#pragma once

#include <compare>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "tests/tidy/source_file.hpp"

namespace fleet::tidy {

/// What is wrong, and where.
struct finding {
  std::string path;
  std::uint32_t line = 0; ///< 0: the file as a whole
  std::string message;
};
using findings = std::vector<finding>;

/// Who may include whom: fleet → {actors, cloud_sim} → {hal_sim, protocol} → protocol/base; a
/// protocol never another one.
findings check_layers(const source_file& file);

/// Third-party and system headers only in their one door.
findings check_doors(const source_file& file);

/// No clock, no chance, no sleep, no exception, no output where the design forbids them.
findings check_purity(const source_file& file);

/// No loop over an unordered container; `partner` is the header or source of the same name, if any.
findings check_order(const source_file& file, const source_file* partner);

/// Sizes of files, functions and lines, the opening comment, `#pragma once`, no leftovers.
findings check_shape(const source_file& file);

/// No path of somebody's machine; for any kind of text file.
findings check_machine_paths(const source_file& file);

/// No source that no target builds, given the build's compile_commands.json, and no header that
/// nobody includes.
findings check_dead_files(const std::vector<source_file>& files, std::string_view compile_commands,
                          std::string_view root);

/// No metric in `uses` (dashboards, alerts) that is not named in `exporters` (fleet/metrics).
findings check_metric_names(const std::vector<source_file>& exporters,
                            const std::vector<source_file>& uses);

/// A README in each folder that has sources.
findings check_readmes(const std::vector<source_file>& sources,
                       const std::set<std::string>& readme_folders);

} // namespace fleet::tidy
