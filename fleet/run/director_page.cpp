// The director and the metrics page: what it tells of the run while it goes. Without a page nothing
// of this costs anything.
#include "fleet/run/director.hpp"

#include <algorithm>

namespace fleet::program {

namespace {

duration duration_of(double s) {
  return duration{static_cast<std::int64_t>(s * 1e9)};
}

/// Devices that the load has on when a part of a stage ends, before the next one begins.
std::uint32_t devices_by(const scenario_plan& plan, duration end) {
  std::uint32_t sum = 0;
  for (const auto& line : plan.lines) {
    const auto& all = line.load.segments;
    const auto last =
        std::find_if(all.begin(), all.end(), [end](const load_segment& s) { return s.end >= end; });
    sum += last != all.end() && last->end == end ? last->to : target_at(line, end);
  }
  return sum;
}

constexpr double tell_every_s = 1;
/// Counting them looks at every device.
constexpr double count_shadows_every_s = 5;

} // namespace

void director::open_page() {
  if (!page_) {
    return;
  }
  told_.identity = {{"scenario", facts_.scenario},
                    {"seed", std::to_string(facts_.seed)},
                    {"target", facts_.target},
                    {"world", facts_.world}};
  pulse_ = std::make_unique<home_pulse>(
      [] { return duration{static_cast<std::int64_t>(monotonic_seconds() * 1e9)}; });
  const auto homes = world_->device_homes();
  for (std::size_t i = 0; i < homes.size(); ++i) {
    pulse_->watch(std::to_string(i), *homes[i]);
  }
  if (std::find(homes.begin(), homes.end(), &world_->twin_home()) == homes.end()) {
    pulse_->watch("twin", world_->twin_home());
  }
}

std::vector<report::stage_fact> director::stages_seen() const {
  std::vector<report::stage_fact> out;
  double from_s = 0;
  for (const auto& part : ready_.plan ? ready_.plan->stage_parts : std::vector<stage_part>{}) {
    if (from_s >= facts_.duration_s) {
      break;
    }
    const duration end = std::min(part.end, duration_of(facts_.duration_s));
    const double to_s = seconds(end);
    out.push_back({static_cast<std::uint32_t>(part.stage + 1), std::string{to_string(part.kind)},
                   from_s, to_s, devices_by(*ready_.plan, end)});
    from_s = to_s;
  }
  return out;
}

void director::tell_page() {
  if (!page_ || stage_ == stage::ended) {
    return;
  }
  pulse_->strike();
  const double wall = monotonic_seconds();
  if (wall >= told_next_s_) {
    told_next_s_ = wall + tell_every_s;
    judges_->tell(facts_);
  }
  run_state now;
  now.stage = stage_text();
  now.stage_left_s = stage_left_s();
  for (const auto& product : ready_.products) {
    const auto* const curve = product.settings.curve.get();
    now.reports.push_back(curve == nullptr ? 1 : curve->ppm_at(since_begin()) / 1e6);
  }
  now.elapsed_s = world_->elapsed_s() - began_at_;
  now.duration_s = seconds(options_.run_for);
  now.wanted = wanted_now();
  for (const auto& fault : facts_.judged.faults) {
    if (fault.recovered_s) {
      now.recovered.emplace_back(fault.name, *fault.recovered_s);
    }
  }
  told_.board.put(std::move(now));
  const auto& products = ready_.products;
  if (wall < shadows_next_s_ || far_.empty()
      || std::none_of(products.begin(), products.end(),
                      [](const prepared_product& p) { return p.plan.product.shadow; })) {
    return;
  }
  shadows_next_s_ = wall + count_shadows_every_s;
  far_home().post([this] {
    if (const auto waiting = far_.shadows_waiting()) {
      told_.shadows_waiting.store(*waiting, std::memory_order_relaxed);
      told_.shadows_known.store(true, std::memory_order_relaxed);
    }
  });
}

} // namespace fleet::program
