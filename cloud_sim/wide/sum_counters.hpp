// The counters of several twins as those of one.
#pragma once

#include "cloud_sim/counters.hpp"

namespace fleet::cloud {

/// Adds what `one` has counted to `sum`, which nobody else writes; gauges add up too.
void add_counters(const twin_counters& one, twin_counters& sum);
/// All of them begin at 0 again.
void clear_counters(twin_counters& sum);

} // namespace fleet::cloud
