// Reading, resolving, and what this program cannot do today.
#include "fleet/run/plan_run.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "fleet/run/cloud_traffic.hpp"
#include "fleet/scenario/reader.hpp"
#include "fleet/scenario/words.hpp"

namespace fleet::program {

namespace {

/// Cloud traffic that the embedded twin has no means for; other targets bring their own console.
mistakes impossible_traffic(const run_options& asked, const scenario_plan& plan, bool has_console) {
  mistakes out;
  if (asked.target.scheme != text::scheme::embedded) {
    return out;
  }
  for (const auto& entry : plan.cloud_traffic) {
    const auto& product = plan.products[entry.product].product;
    if (!traffic_possible(entry.traffic, product.profile, has_console)) {
      out.push_back(fmt::format("{}:{}:{}: kind {} is not available with the embedded twin; today "
                                "it takes property_set without identifiers and payload, and custom "
                                "with profile mqtt",
                                asked.scenario_file, entry.traffic.at.line, entry.traffic.at.column,
                                word_for(entry.traffic.kind, traffic_kind_words)));
    }
  }
  return out;
}

bool has_gateways(const scenario_plan& plan) {
  return std::any_of(plan.products.begin(), plan.products.end(),
                     [](const product_plan& p) { return p.behind_gateway; });
}

} // namespace

result<planned_run, mistakes> plan_run(const run_options& asked, bool has_console,
                                       file_source& files) {
  const auto file = read_scenario_file(asked.scenario_file, files);
  if (!file) {
    return fail(file.error());
  }
  auto plan = resolve(file.value(), overrides_of(asked));
  if (!plan) {
    // The file alone makes a plan, so the flags have their part in it.
    const auto& at = plan.error().at;
    return fail(mistakes{asked.scenario_file
                         + (at ? fmt::format(":{}:{}", at->line, at->column) : std::string{}) + ": "
                         + plan.error().message});
  }
  planned_run out{asked, std::move(plan).value()};
  if (auto wrong = impossible_traffic(asked, out.plan, has_console); !wrong.empty()) {
    return fail(std::move(wrong));
  }
  auto& o = out.options;
  if (has_gateways(out.plan)) {
    // A gateway and the devices behind it share a home.
    if (o.homes > 1) {
      return fail(mistakes{asked.scenario_file
                           + ": gateways and the devices behind them live on "
                             "one home; leave --homes out"});
    }
    o.homes = 1;
  }
  o.devices = out.plan.devices;
  o.run_for = out.plan.run_for;
  o.seed = out.plan.seed;
  const auto& given = o.overriding;
  if (std::find(given.begin(), given.end(), "--downlink-interval") == given.end()) {
    o.downlink_interval = duration::zero(); // what the cloud sends, the scenario says
  }
  return out;
}

} // namespace fleet::program
