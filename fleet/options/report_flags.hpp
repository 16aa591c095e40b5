// The flags that name a report's files, of `fleet run` and of `fleet report`.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fleet/options.hpp"
#include "fleet/options/flag_set.hpp"

namespace fleet::program {

/// `page`: the flag of the HTML file.
void report_file_flags(flag_set& flags, const std::string& page, report_files& out);

/// A file that is to be written, and the flag that names it; into the options it is of.
struct named_output {
  std::string_view flag;
  const std::string* path = nullptr;
};
/// Those of a run, where there are any.
std::vector<named_output> outputs_of(const run_options& o);
std::vector<named_output> outputs_of(const report_options& o);
/// The first two that are one.
std::optional<std::pair<named_output, named_output>>
one_file_twice(const std::vector<named_output>& all);

} // namespace fleet::program
