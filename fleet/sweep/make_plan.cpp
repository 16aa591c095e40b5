// The order of drawing, and the load.
#include "fleet/sweep/make_plan.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "fleet/text/quantities.hpp"

namespace fleet::sweep {

namespace {

using namespace std::chrono_literals;

std::string ramp_text(std::uint32_t percent, duration over, duration hold) {
  return fmt::format("{{ramp: {{to: {}%, over: {}}}, hold: {}}}", percent,
                     text::format_duration(over), text::format_duration(hold));
}

} // namespace

void add_load(draft& d) {
  dice draw{d.plan.seed, 0, "sweep load"};
  const bool slow = std::any_of(d.traits.begin(), d.traits.end(),
                                [](const product_traits& t) { return t.slow(); });
  const bool updates = std::any_of(d.traits.begin(), d.traits.end(),
                                   [](const product_traits& t) { return t.firmware; });
  d.plan.quiet = slow ? 3min : 90s;
  std::uint32_t before = 0;
  const auto add = [&d, &before](std::uint32_t to, duration over, duration hold) {
    d.plan.run_for += over + hold;
    auto& part = d.plan.parts.emplace_back();
    part.text = ramp_text(to, over, hold);
    part.until = d.plan.run_for;
    d.plan.comes_down = d.plan.comes_down || to < before;
    before = to;
  };
  // Devices that are switched off cannot be updated, so the load comes and goes only without.
  const std::uint32_t stages = updates ? 0 : draw.one_of({0U, 0U, 1U, 2U});
  for (std::uint32_t i = 0; i < stages; ++i) {
    add(draw.between(2, 20) * 5, draw.between(5, 40) * 1s, draw.between(10, 50) * 1s);
  }
  const std::uint32_t to = updates ? 100 : draw.one_of({100U, 100U, 60U});
  add(to, draw.between(2, 40) * 1s, draw.between(20, 100) * 1s);
  d.plan.run_for += d.plan.quiet;
}

sweep_plan make_plan(std::uint64_t seed) {
  draft d;
  d.plan.seed = seed;
  add_products(d);
  add_load(d);
  add_rollouts(d);
  add_faults(d);
  add_traffic(d);
  return std::move(d.plan);
}

} // namespace fleet::sweep
