// The load of a plan: who is on when, how often reports are made, and which stage it is. A part of
// resolve(), for itself because it is arithmetic of its own.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "fleet/scenario/plan.hpp"

namespace fleet::program {

/// Fills in lines, stages, curves and the length of a plan whose products have their devices.
std::optional<plan_mistake> fill_load(const scenario& file, const scenario_overrides& flags,
                                      scenario_plan& plan);

/// The preset of that name; empty: there is none.
std::span<const curve_hour> preset_curve(std::string_view name);
/// The names of all presets.
std::span<const std::string_view> preset_curve_names();

/// How a day of a scenario's is laid over a run.
struct day_scale {
  duration day = std::chrono::hours{24}; ///< how long one takes
  duration begins{0};                    ///< the time of day at the start, below 24 h
};
/// More steps than this are refused.
inline constexpr std::size_t curve_steps_most = 200'000;
/// The curve over a run, day after day; nothing where that has more than curve_steps_most steps.
std::optional<std::vector<actors::curve_step>> unrolled(std::span<const curve_hour> hours,
                                                        const day_scale& scale, duration run_for);

/// Both at once: what one makes of the other, at most curve_ppm_most. Empty stands for as planned
/// throughout.
struct curve_product {
  std::vector<actors::curve_step> curve;
  std::uint64_t most_ppm = 0; ///< before that is cut
};
curve_product product_of_curves(std::span<const actors::curve_step> a,
                                std::span<const actors::curve_step> b);

} // namespace fleet::program
