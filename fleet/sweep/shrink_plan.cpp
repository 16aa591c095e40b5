// One kind of piece after the other; what has been left out stays out.
#include "fleet/sweep/shrink_plan.hpp"

#include <algorithm>
#include <utility>

#include "fleet/sweep/shrink.hpp"

namespace fleet::sweep {

namespace {

using namespace std::chrono_literals;

/// Halvings of devices and time that are tried; each costs a run.
constexpr int halvings_most = 6;
constexpr duration time_least = 20s;

/// The plan with those faults, or those parts that are none, alone.
sweep_plan keeping(const sweep_plan& plan, bool of_faults, const subset& chosen) {
  subset kept;
  std::size_t number = 0;
  for (std::size_t i = 0; i < plan.parts.size(); ++i) {
    const bool fault = plan.parts[i].kind == part_kind::fault;
    if (fault != of_faults || std::binary_search(chosen.begin(), chosen.end(), number++)) {
      kept.push_back(i);
    }
  }
  return with_parts(plan, kept);
}

void shrink_parts(shrunk_plan& s, bool of_faults, const plan_fails& test) {
  const std::size_t faults = s.plan.count_of(part_kind::fault);
  const std::size_t count = of_faults ? faults : s.plan.parts.size() - faults;
  if (count == 0) {
    return;
  }
  const auto found =
      fewest(count, [&](const subset& kept) { return test(keeping(s.plan, of_faults, kept)); });
  s.tries += found.tries;
  s.plan = keeping(s.plan, of_faults, found.kept);
}

/// Takes the smaller plan if that fails too.
bool take(shrunk_plan& s, sweep_plan smaller, const plan_fails& test) {
  ++s.tries;
  if (!test(smaller)) {
    return false;
  }
  s.plan = std::move(smaller);
  return true;
}

void shrink_products(shrunk_plan& s, const plan_fails& test) {
  for (std::size_t i = 0; i < s.plan.products.size();) {
    auto smaller = without_product(s.plan, s.plan.products[i].name);
    if (smaller.products.empty() || !take(s, std::move(smaller), test)) {
      ++i;
    }
  }
}

void shrink_devices(shrunk_plan& s, const plan_fails& test) {
  for (std::size_t i = 0; i < s.plan.products.size(); ++i) {
    for (auto field : {&planned_product::count, &planned_product::each}) {
      for (int n = 0; n < halvings_most && s.plan.products[i].*field > 1; ++n) {
        auto smaller = s.plan;
        smaller.products[i].*field /= 2;
        if (!take(s, std::move(smaller), test)) {
          break;
        }
      }
    }
  }
}

/// What is left of the plan keeps its time, and the quiet part after it: a run that ends in the
/// middle of a fault fails whatever the program does.
void shrink_time(shrunk_plan& s, const plan_fails& test) {
  const duration least = std::max(time_least, s.plan.least_run());
  for (int n = 0; n < halvings_most && s.plan.run_for > least; ++n) {
    auto smaller = s.plan;
    const duration half = std::chrono::floor<std::chrono::seconds>(s.plan.run_for / 2);
    smaller.run_for = std::max(half, least);
    if (!take(s, std::move(smaller), test)) {
      break;
    }
  }
}

} // namespace

shrunk_plan shrink_plan(const sweep_plan& whole, const plan_fails& test) {
  shrunk_plan s{whole};
  shrink_parts(s, true, test);
  shrink_products(s, test);
  shrink_parts(s, false, test);
  if (s.plan.count_of(part_kind::rollout) == 0 && !s.plan.firmware_server.empty()) {
    auto smaller = s.plan;
    smaller.firmware_server.clear();
    (void)take(s, std::move(smaller), test);
  }
  shrink_devices(s, test);
  shrink_time(s, test);
  return s;
}

} // namespace fleet::sweep
