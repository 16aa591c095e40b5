// The figures of a run for its live page, as JSON: what the meters say now, and what the director
// told. Any thread may ask; each answer is good for half a second, however many ask.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "fleet/run/metrics_source.hpp"

namespace fleet::program {

/// All but the rows of the series, without the closing brace.
std::string live_figures(const sampled_run& run, bool takes_orders);

/// Of one thread.
class live_source {
public:
  static constexpr double good_for_s = 0.5;
  /// The run, or nothing while it is put together.
  using run_now = std::function<std::optional<sampled_run>()>;

  live_source(run_now run, bool takes_orders) : run_(std::move(run)), takes_orders_(takes_orders) {}

  /// The whole answer to /live.json: rows of the series from number `from` on. `now_s` by any clock
  /// that only goes on.
  std::string read(std::uint64_t from, double now_s);

private:
  run_now run_;
  bool takes_orders_;
  std::string figures_;
  double read_s_ = 0; ///< when; none yet: `figures_` is empty
};

} // namespace fleet::program
