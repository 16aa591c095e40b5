// Places from the order in which ramps start devices.
#include "fleet/run/load_wishes.hpp"

namespace fleet::program {

load_wishes::load_wishes(const scenario_plan& plan) : plan_(plan), place_(plan.devices) {
  for (std::uint32_t line = 0; line < plan.lines.size(); ++line) {
    standing at{0, line};
    for (const std::uint32_t device : start_order(plan, plan.lines[line])) {
      place_[device] = at;
      const auto behind = children_of(plan, device);
      for (std::uint32_t i = 0; i < behind.count; ++i) {
        place_[behind.first + i] = at;
      }
      ++at.place;
    }
  }
}

} // namespace fleet::program
