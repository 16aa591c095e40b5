// What the line of `fleet run` says beside the run's own options: who shares it, and what it waits
// for. Kept apart, so that a worker that is sent a run knows nothing of it.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "fleet/options/flag_set.hpp"
#include "fleet/workers/options.hpp"

namespace fleet::program {

struct run_company {
  crew_options crew;
  duration wait_for_target{0}; ///< until somebody listens there; 0: not at all
};

/// Of the words behind `run`, which parse_options() has taken.
run_company run_company_of(std::span<const std::string_view> words);

/// Of the words behind `doctor`.
run_company doctored_company_of(std::span<const std::string_view> words);

/// Declares their flags; `out` must outlive them.
void run_company_flags(flag_set& flags, run_company& out);

/// What of it contradicts the run or itself; a whole sentence.
std::optional<std::string> run_company_contradiction(const run_options& run,
                                                     const run_company& company,
                                                     const flag_set& flags);

} // namespace fleet::program
