// The looks that a run's series is made of, read from the shards' and homes' meters; and where the
// run is. Judges nothing.
#pragma once

#include <cstdint>
#include <vector>

#include "fleet/report/facts.hpp"
#include "fleet/run/company.hpp"
#include "fleet/run/run_world.hpp"

namespace fleet::program {

/// Looks at a run; each tells of the time since the one before.
class look_maker {
public:
  /// All outlive it; homes are read while the run goes. `others`: whose devices the shards stand
  /// for; null: all are here.
  look_maker(const std::vector<actors::shard*>& shards, run_world& world,
             const company* others = nullptr);

  /// `wanted` devices are to be online, `faults` are in force, `counts` are those of this moment.
  report::series_look look(double now_s, std::uint64_t wanted, std::uint64_t faults,
                           const report::totals& counts);

private:
  /// Of one home: what its meters said at the last look.
  struct watched_home {
    const hal::home* at = nullptr;
    std::uint64_t wakes = 0;
    std::uint64_t lag_ns = 0;
  };
  static double lag_since(watched_home& home);

  /// Of all processes, so far.
  [[nodiscard]] machine_use use() const;

  const std::vector<actors::shard*>& shards_;
  const company* others_;
  std::vector<watched_home> homes_;
  watched_home twin_; ///< none: devices live on it too
  double cpu_s_ = 0;
  double wall_s_ = 0;
};

/// The series of a whole run.
class series_source {
public:
  series_source(const std::vector<actors::shard*>& shards, run_world& world,
                const company* others = nullptr)
      : looks_(shards, world, others) {}

  /// Looks as look_maker, where the series is due for it or the load is over; whether it did.
  bool look(double now_s, std::uint64_t wanted, std::uint64_t faults, const report::totals& counts);
  /// Latencies of acknowledgements up to the last look.
  [[nodiscard]] const actors::histogram_snapshot& acknowledgements() const noexcept {
    return acknowledgements_;
  }
  /// A last look at the load, whenever the one before was.
  void load_is_over() noexcept { at_once_ = true; }
  [[nodiscard]] const report::run_series& series() const noexcept { return series_; }

private:
  look_maker looks_;
  report::run_series series_;
  actors::histogram_snapshot acknowledgements_;
  bool at_once_ = false;
};

/// What is known before the first device. `began_ms`: since 1970.
report::environment_facts environment_of(std::uint32_t homes, bool embedded, std::int64_t began_ms);

} // namespace fleet::program
