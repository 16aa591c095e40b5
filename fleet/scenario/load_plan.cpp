// Lines of devices, stages put one after the other, and days on top of them.
#include "fleet/scenario/load_plan.hpp"

#include <algorithm>

#include "fleet/scenario/load_maker.hpp"
#include "fleet/text/quantities.hpp"
#include "protocol/base/check.hpp"

namespace fleet::program {

namespace {

using namespace std::chrono_literals;
using mistake = std::optional<plan_mistake>;

/// One for all connections, or one for each product where a stage moves those of one.
void make_lines(const std::vector<scenario_stage>& stages, scenario_plan& plan) {
  const auto of_one = [](const auto& way) { return way && !way->product.empty() && way->moves(); };
  const bool apart = std::any_of(stages.begin(), stages.end(), [&](const scenario_stage& s) {
    return of_one(s.ramp) || of_one(s.step) || of_one(s.spike);
  });
  plan.lines.clear();
  for (std::size_t i = 0; i < plan.products.size(); ++i) {
    const auto& product = plan.products[i];
    if (product.behind_gateway) {
      continue;
    }
    if (apart || plan.lines.empty()) {
      plan.lines.emplace_back();
    }
    plan.lines.back().products.push_back(i);
    plan.lines.back().connections += product.devices.count;
  }
  FLEET_CHECK(!plan.lines.empty());
}

/// A jump that is due when the run ends does not come: it would be over before anybody saw it.
void stay_to_the_end(scenario_plan& plan) {
  for (auto& line : plan.lines) {
    const auto& all = line.load.segments;
    if (!all.empty() && all.back().end == plan.run_for) {
      line.load.after = all.back().to;
    }
  }
}

/// The steps before the end of the run; none that says nothing.
std::vector<actors::curve_step> up_to(std::vector<actors::curve_step> curve, duration end) {
  while (!curve.empty() && curve.back().begin >= end) {
    curve.pop_back();
  }
  if (curve.size() == 1 && curve.front().ppm == whole_ppm) {
    curve.clear();
  }
  return curve;
}

/// Its stages' and its day's.
mistake fill_curves(const scenario& file, const load_maker& made, scenario_plan& plan) {
  for (std::size_t i = 0; i < plan.products.size(); ++i) {
    auto& planned = plan.products[i];
    planned.curve = up_to(made.curve_of(i), plan.run_for);
    const auto& name = planned.product.daily_curve;
    if (name.empty()) {
      continue;
    }
    auto hours = preset_curve(name);
    for (const auto& rule : file.daily_curves) {
      hours = rule.name == name ? std::span<const curve_hour>{rule.hours} : hours;
    }
    FLEET_CHECK(!hours.empty());
    const auto days = unrolled(hours, {file.day, file.day_begins}, plan.run_for);
    if (!days) {
      return plan_mistake{"day", std::nullopt,
                          "the run has too many days of " + text::format_duration(file.day)
                              + " for daily_curve " + name
                              + "; make the day longer, or the run shorter"};
    }
    auto both = product_of_curves(planned.curve, *days);
    planned.curve = std::move(both.curve);
    planned.curve_most_ppm = both.most_ppm;
  }
  return {};
}

} // namespace

mistake fill_load(const scenario& file, const scenario_overrides& flags, scenario_plan& plan) {
  scenario_stage all;
  all.ramp.emplace().rate = flags.ramp_per_second.value_or(default_ramp_rate);
  const bool by_file = !file.stages.empty() && !flags.ramp_per_second;
  duration by_stages{0};
  make_lines(file.stages, plan);
  load_maker of_file{plan};
  for (const auto& stage : file.stages) {
    if (auto wrong = of_file.append(stage)) {
      return wrong;
    }
  }
  by_stages = of_file.taken() > 0s ? std::max<duration>(of_file.taken(), 100ms) : duration{60s};
  plan.run_for = flags.run_for.value_or(file.run_for.value_or(by_stages));
  if (!by_file) {
    plan.stage_ends.clear();
    plan.stage_parts.clear();
    plan.pace_changes.clear();
    plan.random_ramps.clear();
    make_lines({}, plan);
    load_maker one{plan};
    (void)one.append(all); // to all devices: never too many
    // The ramp that nobody asked for may outlast a short run, as it does without a scenario.
    if (flags.ramp_per_second && one.taken() > plan.run_for) {
      return plan_mistake{"duration", std::nullopt,
                          "the ramp takes " + text::format_duration(one.taken())
                              + " and would not end within "
                              + (flags.run_for ? "--duration " : "duration ")
                              + text::format_duration(plan.run_for) + "; make it longer"};
    }
    return fill_curves(file, one, plan);
  }
  if (of_file.taken() > plan.run_for) {
    return plan_mistake{"duration", std::nullopt,
                        "the stages take " + text::format_duration(of_file.taken())
                            + " and would not end within "
                            + (flags.run_for ? "--duration " : "duration ")
                            + text::format_duration(plan.run_for) + "; make it longer"};
  }
  stay_to_the_end(plan);
  return fill_curves(file, of_file, plan);
}

void draw_arrivals(scenario_plan& plan, std::uint64_t seed) {
  for (const auto& ramp : plan.random_ramps) {
    auto& segment = plan.lines[ramp.line].load.segments[ramp.segment];
    random_stream random{seed, ramp.stage * scenario_products_most + ramp.line, "ramp arrivals"};
    segment.arrivals = std::make_shared<const std::vector<duration>>(actors::poisson_arrivals(
        std::max(segment.from, segment.to) - std::min(segment.from, segment.to),
        segment.end - segment.begin, random));
  }
}

} // namespace fleet::program
