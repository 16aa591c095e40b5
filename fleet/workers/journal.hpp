// What a worker says on its standard output of the run that it serves: for whoever looks after its
// machine, which may be another than the coordinator's.
#pragma once

#include <cstdint>
#include <string_view>

#include "fleet/report/facts.hpp"
#include "fleet/workers/messages.hpp"
#include "fleet/workers/split.hpp"

namespace fleet::program {

/// `worker: ` and the words, as a line that is there at once.
void note_in_journal(std::string_view words);
/// It was given these devices.
void note_part(const shard_spec& part, const device_set& devices);
/// What they came to; `taken`: the coordinator has its report.
void note_end(const report::run_facts& facts, bool taken);

} // namespace fleet::program
