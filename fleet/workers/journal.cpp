// A worker's own lines.
#include "fleet/workers/journal.hpp"

#include <cstdio>

#include <fmt/format.h>

namespace fleet::program {

void note_in_journal(std::string_view words) {
  std::printf("worker: %.*s\n", static_cast<int>(words.size()), words.data());
  std::fflush(stdout);
}

void note_part(const shard_spec& part, const device_set& devices) {
  note_in_journal(fmt::format(
      "serves {} of {}, seed {}{}", range_text(devices), part.of, part.seed,
      part.since_s > 0 ? fmt::format(", from {:.1f} s of the run on", part.since_s) : ""));
}

void note_end(const report::run_facts& facts, bool taken) {
  note_in_journal(
      fmt::format("its devices have stopped{}: {} published, {} acknowledged; {}",
                  facts.interrupted ? ", interrupted" : "", facts.counts.published_all(),
                  facts.counts.acknowledged,
                  taken ? "the coordinator has its report" : "no coordinator took its report"));
}

} // namespace fleet::program
