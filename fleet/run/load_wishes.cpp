// Places from the order in which ramps start devices.
#include "fleet/run/load_wishes.hpp"

#include <algorithm>

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

std::vector<std::vector<std::uint32_t>> children_behind(const scenario_plan& plan) {
  if (std::none_of(plan.products.begin(), plan.products.end(),
                   [](const product_plan& product) { return product.children_each != 0; })) {
    return {};
  }
  std::vector<std::vector<std::uint32_t>> out;
  for (const auto& line : plan.lines) {
    auto& behind = out.emplace_back(1, 0);
    for (const std::uint32_t device : start_order(plan, line)) {
      behind.push_back(behind.back() + plan.products[product_of(plan, device)].children_each);
    }
  }
  return out;
}

} // namespace fleet::program
