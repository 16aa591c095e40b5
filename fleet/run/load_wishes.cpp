// Places from the order in which ramps start devices.
#include "fleet/run/load_wishes.hpp"

#include <algorithm>

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

std::vector<std::uint32_t> children_behind(const scenario_plan& plan) {
  if (std::none_of(plan.products.begin(), plan.products.end(),
                   [](const product_plan& product) { return product.children_each != 0; })) {
    return {};
  }
  std::vector<std::uint32_t> out{0};
  for (const std::uint32_t device : start_order(plan)) {
    out.push_back(out.back() + plan.products[product_of(plan, device)].children_each);
  }
  return out;
}

} // namespace fleet::program
