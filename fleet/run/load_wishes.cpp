// Places from the order in which ramps start devices.
#include "fleet/run/load_wishes.hpp"

namespace fleet::program {

load_wishes::load_wishes(const scenario_plan& plan) : plan_(plan), place_(plan.devices) {
  std::uint32_t place = 0;
  for (const std::uint32_t device : start_order(plan)) {
    place_[device] = place;
    const auto behind = children_of(plan, device);
    for (std::uint32_t i = 0; i < behind.count; ++i) {
      place_[behind.first + i] = place;
    }
    ++place;
  }
}

} // namespace fleet::program
