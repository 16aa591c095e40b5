// A worker's report as a message, and back.
#pragma once

#include <optional>

#include "fleet/report/facts.hpp"
#include "fleet/workers/messages.hpp"

namespace fleet::program {

/// All that report::add_part() takes. The last snapshot and the ledger's lines are left to whoever
/// has them.
crew_end packed(const report::run_facts& part);

/// Nothing, where it is no report of a run with so many products: whoever sent it is not trusted.
std::optional<report::run_facts> unpacked(const crew_end& from, std::size_t products);

} // namespace fleet::program
