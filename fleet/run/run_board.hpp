// What the director tells of the run's state to whoever may ask from another thread: the metrics
// page. Written once a slice.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fleet/metrics/label_words.hpp"

namespace fleet::program {

/// How many workers there are, by metrics::worker_state.
using worker_counts = std::array<std::uint64_t, metrics::worker_state_words.size()>;

struct run_state {
  std::string stage;                  ///< as the live line has it
  std::optional<double> stage_left_s; ///< of this part of it; none: nobody can tell
  std::vector<double> reports;        ///< of each product: how often it reports, of what it says
  double elapsed_s = 0;               ///< since the first device was started, in this world's time
  double duration_s = 0;              ///< as asked for
  std::uint64_t wanted = 0;           ///< devices that should be online by now
  std::vector<std::pair<std::string, double>> recovered; ///< faults, and the seconds it took
  std::optional<worker_counts> workers;                  ///< none: the run is one process
};

class run_board {
public:
  void put(run_state now) {
    const std::lock_guard lock{lock_};
    now_ = std::move(now);
  }
  [[nodiscard]] run_state read() const {
    const std::lock_guard lock{lock_};
    return now_;
  }

private:
  mutable std::mutex lock_;
  run_state now_;
};

} // namespace fleet::program
