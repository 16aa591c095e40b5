// What a scenario's product asks of its devices beyond logging on and speaking: one function, so
// that a key of the scenario and the field that it sets stand side by side.
#pragma once

#include <memory>

#include "actors/device/settings.hpp"
#include "fleet/run/replays.hpp"
#include "fleet/scenario/plan.hpp"
#include "protocol/tsl/model.hpp"

namespace fleet::program {

/// Key `ntp`: how often a device asks for the time; its clock drifts by seconds a day.
inline constexpr duration ntp_every = std::chrono::hours{1};

/// Sets the fields of `settings` that follow from what the product does, with reports filled in;
/// the others stay. `model`: that of the product's file, or null; `replays`: of each report.
void apply_features(const product_plan& plan, const std::shared_ptr<const tsl::model>& model,
                    actors::product_settings& settings, const replay_list& replays = {});

} // namespace fleet::program
