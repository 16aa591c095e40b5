// Which devices the load of a scenario has on, and since when: what an order of the cloud's that
// finds nobody is held against. Knows the plan alone, and no device.
#pragma once

#include <cstdint>
#include <vector>

#include "fleet/scenario/plan.hpp"

namespace fleet::program {

class load_wishes {
public:
  /// `plan` outlives the object.
  explicit load_wishes(const scenario_plan& plan);

  /// Whether the load has the device on, or its gateway, all the time from `from` to `to` after the
  /// start of the run.
  [[nodiscard]] bool wants(std::uint32_t device, duration from, duration to) const {
    return place_[device].place < least_target(plan_.lines[place_[device].line], from, to);
  }

private:
  const scenario_plan& plan_;
  struct standing {
    std::uint32_t place = 0;
    std::uint32_t line = 0;
  };
  std::vector<standing> place_; ///< by device: where it or its gateway stands in start_order()
};

/// How many devices are behind the first n connections of each line's start_order(), by n; empty:
/// the plan has no gateways.
std::vector<std::vector<std::uint32_t>> children_behind(const scenario_plan& plan);

} // namespace fleet::program
