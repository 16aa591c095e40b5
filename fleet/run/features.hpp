// What a scenario's product asks of its devices beyond logging on and speaking: one function, so
// that a key of the scenario and the field that it sets stand side by side.
#pragma once

#include "actors/device/settings.hpp"
#include "fleet/scenario/plan.hpp"

namespace fleet::program {

/// Sets the fields of `settings` that follow from what the product does; the others stay.
void apply_features(const product_plan& plan, actors::product_settings& settings);

} // namespace fleet::program
