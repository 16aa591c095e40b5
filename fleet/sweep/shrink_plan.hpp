// A plan that fails, made as small as it goes while it fails in the same way: faults first, then
// orders, stages and rollouts, products, devices and time. Runs nothing itself.
#pragma once

#include <functional>

#include "fleet/sweep/plan.hpp"

namespace fleet::sweep {

/// Whether a smaller plan fails as the whole one does.
using plan_fails = std::function<bool(const sweep_plan& smaller)>;

struct shrunk_plan {
  sweep_plan plan;
  std::size_t tries = 0;
};

shrunk_plan shrink_plan(const sweep_plan& whole, const plan_fails& test);

} // namespace fleet::sweep
