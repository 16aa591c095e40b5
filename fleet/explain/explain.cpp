// Faults are drawn here, all else is read off the plan.
#include "fleet/explain/explain.hpp"

#include <set>

#include <fmt/format.h>

#include "fleet/scenario/fault_plan.hpp"
#include "fleet/text/quantities.hpp"
#include "protocol/base/check.hpp"

namespace fleet::program {

namespace {

/// Rule by rule, as a plan does it, since a rule knows what was selected by name.
void draw_faults(explanation& e) {
  const auto scene = scene_of(e.plan);
  const auto regions = region_map_of(e.plan.regions);
  const faults::draw by{e.plan.seed.value_or(1), regions.size() == 0 ? nullptr : &regions};
  std::set<std::string> taken;
  for (const auto& rule : e.plan.faults) {
    const auto name = free_name(rule, taken);
    FLEET_CHECK(name.has_value()); // the plan was made with it
    taken.insert(*name);
    auto planned = resolve_fault(rule, *name, scene);
    FLEET_CHECK(planned.ok());
    for (auto& one : planned.value().faults) {
      auto& out = e.faults.emplace_back();
      out.devices = count_selected(one.fault, by, e.plan.devices);
      const auto& select = one.fault.select;
      const bool hashed = select.share_ppm < faults::whole_ppm || select.regions != 0;
      out.exact = !hashed || e.plan.seed.has_value();
      out.by_name = !rule.select.devices.empty();
      out.fault = std::move(one.fault);
    }
    for (auto& note : planned.value().notes) {
      e.notes.push_back(std::move(note));
    }
  }
}

bool says_nothing(const scenario& file) {
  return !file.seed && !file.run_for && !file.devices && file.products.empty()
         && file.stages.empty() && file.cloud_traffic.empty() && file.rollouts.empty()
         && file.daily_curves.empty() && file.expect.empty() && file.regions.empty()
         && file.faults.empty();
}

} // namespace

explanation explain(const scenario& file, std::optional<std::uint64_t> seed) {
  explanation out;
  // The reader has seen that a plan comes of it.
  out.plan = resolve(file).value();
  out.plan.seed = seed ? seed : out.plan.seed;
  out.empty = says_nothing(file);
  out.figures = forecast_of(out.plan);
  draw_faults(out);
  out.odd = oddities(out);
  return out;
}

std::string rate_said(double per_second) {
  return per_second >= 10 ? text::format_count(static_cast<std::uint64_t>(per_second + 0.5))
                          : fmt::format("{:.3g}", per_second);
}

std::string headline(const explanation& e) {
  const auto& plan = e.plan;
  std::string out = text::format_count(plan.devices) + (plan.devices == 1 ? " device" : " devices");
  if (plan.connections != plan.devices) {
    out += " (" + text::format_count(plan.connections) + " connect)";
  }
  const double rate = e.figures.reports_per_s_all();
  out += ", " + rate_said(rate) + (rate == 1 ? " message" : " messages") + " a second at the peak, "
         + text::format_duration(plan.run_for);
  return out;
}

} // namespace fleet::program
