// Files that each process of a run reads for itself, by names that stand in the run's words: that
// they are the same ones everywhere.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fleet/options.hpp"
#include "fleet/run/prepare.hpp"
#include "fleet/workers/messages.hpp"

namespace fleet::program {

/// Of the files that such a run reads, as they are here. Under the token, so that a print tells
/// nothing of a secret to whoever has none.
std::vector<file_print> prints_of(const run_options& options, const prepared& ready,
                                  const std::string& token);

/// The first of the files that is another one here, as a sentence; none: all are the same.
std::optional<std::string> differing_file(const std::vector<file_print>& there,
                                          const std::string& token);

} // namespace fleet::program
