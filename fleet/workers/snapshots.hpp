// Looking at a worker's shards from outside, once a second.
#pragma once

#include <optional>
#include <vector>

#include "actors/device/histogram.hpp"
#include "fleet/run/company.hpp"
#include "fleet/workers/accounts.hpp"
#include "fleet/workers/messages.hpp"

namespace fleet::program {

class snapshot_maker {
public:
  /// `run` outlives it; with `accounts` the devices' are in them.
  explicit snapshot_maker(const shown_run& run, bool accounts = false);

  /// Callable while devices run. Of latencies, what came since the last one.
  crew_snapshot make(double at_s);
  /// Former ones may not have arrived: the next one is whole.
  void begin_anew();

private:
  shown_run run_;
  std::vector<std::vector<actors::histogram_snapshot>> told_; ///< by product and histogram
  bool whole_ = true;                                         ///< nothing was told
  std::optional<account_teller> accounts_;                    ///< none: they are not wanted
};

} // namespace fleet::program
