// What a scenario file says of the load: stages, daily curves, tables that reports replay. Plain
// data, as scenario.hpp; a default here is the default of the key.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/device/report_clock.hpp"
#include "fleet/scenario/yaml_tree.hpp"
#include "protocol/base/time.hpp"

namespace fleet::program {

/// A number of devices, or a part of all.
struct ramp_target {
  bool relative = true;
  std::uint32_t devices = 0;     ///< where not relative
  std::uint32_t ppm = 1'000'000; ///< where relative, in millionths
  bool said = false;             ///< else as many as before, where `reports` is said
};

/// Where a stage leads: how many devices, how often they report, and of which product.
struct stage_aim {
  ramp_target to;
  std::optional<std::uint32_t> reports_ppm; ///< millionths of what products say; none: as before
  std::string product;                      ///< empty: all, those behind gateways too

  /// Whether it is about who is on, and not about reports alone.
  [[nodiscard]] bool moves() const noexcept { return to.said || !reports_ppm; }
};

/// `stages[].ramp`: at most one of `over` and `rate` is set; neither means 1000 a second.
struct stage_ramp : stage_aim {
  std::optional<duration> over; ///< 0: at once
  std::optional<double> rate;   ///< devices a second
  actors::report_arrivals arrivals = actors::report_arrivals::even;
};

/// `stages[].step`: by equal jumps, each with a hold behind it.
struct stage_step : stage_aim {
  std::uint32_t count = 1;
  duration every = std::chrono::minutes{1};
};

/// `stages[].spike`: there at once, and back at once.
struct stage_spike : stage_aim {
  duration span = std::chrono::seconds{10};
};

/// `stages[]`: at most one of the three, then the hold.
struct scenario_stage {
  std::optional<stage_ramp> ramp;
  std::optional<stage_step> step;
  std::optional<stage_spike> spike;
  duration hold{0};
};

/// From a time of day on, until the next one's.
struct curve_hour {
  duration at{0}; ///< below 24 h
  std::uint32_t ppm = 0;
};

/// `daily_curves[]`.
struct curve_rule {
  std::string name;
  std::vector<curve_hour> hours; ///< rising, at least one above 0; before the first the last holds
};

/// `products[].report[].replay`.
struct replay_rule {
  std::string file; ///< found from here
  text_place file_at;
  bool from_first = false;
  bool ends = false;
};

inline constexpr double default_ramp_rate = 1000; ///< devices a second
inline constexpr std::size_t scenario_stages_most = 100;
inline constexpr std::uint32_t stage_steps_most = 100;
inline constexpr std::size_t scenario_curves_most = 64;
inline constexpr std::size_t curve_hours_most = 96;
inline constexpr duration least_day = std::chrono::minutes{1};

} // namespace fleet::program
