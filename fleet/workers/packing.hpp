// A worker's report as a message, and back.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "fleet/report/facts.hpp"
#include "fleet/workers/frames.hpp"
#include "fleet/workers/messages.hpp"

namespace fleet::program {

/// All that report::add_part() takes. The last snapshot and the ledger's lines are left to whoever
/// has them.
crew_end packed(const report::run_facts& part);

/// Its part of a ledger file. Of more than `most` octets, with the accounts that are in it, which
/// no message has room for, none is sent, and the report says so.
void put_ledger_lines(crew_end& into, std::string lines, std::size_t most = ledger_octets_most);

/// Nothing, where it is no report of a run with so many products: whoever sent it is not trusted.
std::optional<report::run_facts> unpacked(const crew_end& from, std::size_t products);

/// A sample of soak_watched(), in whole numbers.
wire_counts packed(const std::vector<std::optional<double>>& sample);
/// Nothing, where it is none.
std::optional<std::vector<std::optional<double>>> unpacked_sample(const wire_counts& from);

} // namespace fleet::program
