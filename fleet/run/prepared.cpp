// What a prepared run knows of its devices by their number.
#include <algorithm>

#include "fleet/run/prepare.hpp"

namespace fleet::program {

std::uint32_t prepared::devices() const noexcept {
  const auto& last = products.back().plan.devices;
  return last.first + last.count;
}

std::uint32_t prepared::connections() const noexcept {
  std::uint32_t sum = 0;
  for (const auto& p : products) {
    sum += p.plan.behind_gateway ? 0 : p.plan.devices.count;
  }
  return sum;
}

std::uint32_t prepared::streams() const noexcept {
  std::uint32_t sum = 0;
  for (const auto& p : products) {
    const bool counts = !p.plan.behind_gateway && p.protocol() != device_protocol::coap;
    sum += counts ? p.plan.devices.count : 0;
  }
  return sum;
}

std::size_t prepared::product_of(std::uint32_t device) const noexcept {
  return plan ? program::product_of(*plan, device) : 0;
}

std::uint32_t prepared::connection_of(std::uint32_t device) const noexcept {
  const std::size_t number = product_of(device);
  for (const auto& p : products) {
    const auto& gateways = p.plan;
    if (products[number].plan.behind_gateway && gateways.children_each != 0
        && gateways.children_product == number
        && device - gateways.children_first
               < std::uint64_t{gateways.devices.count} * gateways.children_each) {
      return gateways.devices.first + (device - gateways.children_first) / gateways.children_each;
    }
  }
  return device;
}

bool prepared::has_profile(program::profile p) const noexcept {
  return std::any_of(products.begin(), products.end(),
                     [p](const prepared_product& each) { return each.profile() == p; });
}

} // namespace fleet::program
