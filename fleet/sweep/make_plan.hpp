// A scenario from a seed: what products, load, orders, rollouts and faults there are. Pure: one
// seed makes one plan, on every machine. What it makes is taken by the reader, and what it plans
// leaves the fleet whole at the end: that is what the sweep then looks for.
#pragma once

#include <cstdint>
#include <vector>

#include "fleet/sweep/dice.hpp"
#include "fleet/sweep/plan.hpp"
#include "fleet/sweep/traits.hpp"

namespace fleet::sweep {

/// At most 300 devices and twelve simulated minutes.
sweep_plan make_plan(std::uint64_t seed);

/// What the pieces below are added to.
struct draft {
  sweep_plan plan;
  std::vector<product_traits> traits; ///< of plan.products, in their order

  /// What stands before the quiet part of the run.
  [[nodiscard]] duration open() const noexcept { return plan.run_for - plan.quiet; }
};

/// One to four products, those behind gateways with their gateways.
void add_products(draft& d);
/// Reports of a product, as the key `report` with `, ` before; empty: its default. Sets that trait.
std::string reports_of(dice& draw, product_traits& t);
/// Ramps and holds, and how long the run is.
void add_load(draft& d);
void add_rollouts(draft& d);
/// None to eight, and beside them sometimes a cut: a stall that a reset ends. Rollouts that one of
/// them may spoil may then fail.
void add_faults(draft& d);
void add_traffic(draft& d);

} // namespace fleet::sweep
