// What must hold of every run of a sweep (docs/sweep.md), read from how the run ended and from its
// JSON report.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/sweep/child.hpp"
#include "fleet/sweep/plan.hpp"

namespace fleet::sweep {

/// What does not hold, a sentence each; empty: all holds. `report` is the JSON, or nothing where
/// none was written.
std::vector<std::string> violations(const child_result& ended,
                                    const std::optional<std::string>& report,
                                    const sweep_plan& plan);

/// The run's digest; empty: there is none.
std::string digest_of(std::string_view report);

/// Two runs of one seed that were not the same.
std::string digests_differ(std::string_view one, std::string_view other);

/// Whether a smaller plan fails as a larger one did: one sentence of both is the same but for its
/// numbers.
bool alike(const std::vector<std::string>& one, const std::vector<std::string>& other);

} // namespace fleet::sweep
