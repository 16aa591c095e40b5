// A plan's faults, and what is expected of them, held against its products.
#include "fleet/scenario/expected_faults.hpp"
#include "fleet/scenario/fault_plan.hpp"
#include "fleet/scenario/plan.hpp"
#include "fleet/scenario/reading.hpp"

namespace fleet::program {

namespace {

using mistake = std::optional<plan_mistake>;

mistake check_expectations(const scenario_plan& plan, const planned_faults& there) {
  for (std::size_t i = 0; i < plan.expect.size(); ++i) {
    const auto& line = plan.expect[i];
    if (const auto wrong = unknown_fault(line.text, there.faults)) {
      auto at = line.at; // of the line; what is wrong in it stands further right
      at.column += static_cast<std::uint32_t>(wrong->column - 1);
      return plan_mistake{"expect", i,
                          "expectation " + shown_value(line.text) + ": " + wrong->message, at};
    }
  }
  return {};
}

} // namespace

fault_scene scene_of(const scenario_plan& plan) {
  fault_scene scene;
  scene.products = plan.products;
  scene.devices = plan.devices;
  scene.run_for = plan.run_for;
  scene.regions = plan.regions;
  scene.traffic = plan.cloud_traffic;
  scene.rollouts = plan.rollouts;
  return scene;
}

std::optional<plan_mistake> check_faults(const scenario_plan& plan,
                                         const scenario_overrides& flags) {
  auto scene = scene_of(plan);
  scene.embedded = !flags.target;
  scene.target_admin = flags.target_admin;
  const auto got = resolve_faults(plan.faults, scene);
  if (got) {
    return check_expectations(plan, got.value());
  }
  const bool of_file = got.error().words.empty();
  return plan_mistake{"faults", std::nullopt, got.error().text(),
                      of_file ? std::optional{got.error().wrong.at} : std::nullopt};
}

} // namespace fleet::program
