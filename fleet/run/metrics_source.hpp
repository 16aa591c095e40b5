// Reads all meters of a run for the metrics page; any thread may.
#pragma once

#include <vector>

#include "fleet/metrics/exposition.hpp"
#include "fleet/report/facts.hpp"
#include "fleet/run/far_side.hpp"

namespace fleet::program {

std::vector<metrics::sample> read_samples(const std::vector<actors::shard*>& shards,
                                          const far_side* far, std::uint64_t requested,
                                          std::uint64_t rss_start_bytes);

/// Process memory and time, for pages without a fleet.
void sample_process(std::vector<metrics::sample>& out);

} // namespace fleet::program
