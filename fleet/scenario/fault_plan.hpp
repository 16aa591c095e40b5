// From what is said of faults to faults of a run: names filled in, presets taken apart, selections
// as indices, and what cannot apply refused with its place and what would. Starts nothing.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/scenario/plan.hpp"
#include "protocol/base/result.hpp"
#include "protocol/faults/fault.hpp"

namespace fleet::program {

/// The devices of each name that is asked about, in every product.
using named_devices = std::map<std::string, std::vector<std::uint32_t>, std::less<>>;

/// Who there is to be hit, and by whom.
struct fault_scene {
  std::span<const product_plan> products;
  std::uint32_t devices = 0;
  std::optional<duration> run_for; ///< none: the run goes on, `at` counts from now
  std::span<const region_rule> regions;
  std::span<const traffic_plan> traffic; ///< what the cloud orders of them
  std::span<const rollout_plan> rollouts;
  bool embedded = true;                 ///< the twin is this process's own
  bool target_admin = false;            ///< else: the target is a twin that shows its admin API
  const named_devices* names = nullptr; ///< null: not known yet, and none is looked up
};

/// Where the faults of a plan are, with the embedded twin. The plan outlives it.
fault_scene scene_of(const scenario_plan& plan);

/// Of several faults, those of a preset too.
struct planned_faults {
  std::vector<planned_fault> faults;
  std::vector<std::string> notes; ///< for people: selected devices that cannot have one
};

/// Why a fault cannot be, and where; `words` are the line's, empty of a file's.
struct fault_mistake {
  placed_mistake wrong;
  std::string words;

  /// `--fault "WORDS" has a mistake at its column 9: …`, or the sentence alone.
  [[nodiscard]] std::string text() const;
};

/// The names in a run, with those taken so far; a rule without a name gets its word, _2, _3….
std::optional<std::string> free_name(const fault_rule& rule, const std::set<std::string>& taken);

/// One rule: `name` is its own.
result<planned_faults, placed_mistake>
resolve_fault(const fault_rule& rule, const std::string& name, const fault_scene& scene);

/// All rules of a run; the first mistake.
result<planned_faults, fault_mistake> resolve_faults(std::span<const fault_rule> rules,
                                                     const fault_scene& scene);

/// The shares of regions, to be put to a fault's draw.
faults::region_map region_map_of(std::span<const region_rule> regions);

/// How many devices of a fleet a fault selects, counted one by one; O(devices).
std::uint32_t count_selected(const faults::fault& f, const faults::draw& by, std::uint32_t devices);

/// `loss 20% for 30s`: a fault without its time and its devices.
std::string describe(const faults::fault& f);

/// `2m: loss 20% for 30s on 1,203 of 5,000 devices`.
std::string announcement(const faults::fault& f, std::uint32_t selected, std::uint32_t devices);

} // namespace fleet::program
