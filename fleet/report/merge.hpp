// Reports of parts of one run, each of a process of its own, in one. Pure.
#pragma once

#include "fleet/report/facts.hpp"

namespace fleet::report {

/// Makes `whole` ready for add_part(): what the parts bring alone is empty, and a ledger without
/// parts is known. What was seen of the run while it went stays.
void begin_parts(run_facts& whole);

/// Adds what a part came to at its end: both sides of its ledger, who was online, latencies, the
/// cloud's traffic, troubles, crashes and what its process cost. Counters and what is judged of the
/// whole are left to whoever watched it. `part` has the products of `whole`.
void add_part(run_facts& whole, const run_facts& part);

} // namespace fleet::report
