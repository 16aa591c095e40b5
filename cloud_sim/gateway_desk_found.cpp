// What a gateway found beside it (aliyun-iot.md §16.2, thing/list/found).
#include <algorithm>

#include "cloud_sim/gateway_desk.hpp"
#include "protocol/alink/gateway_codes.hpp"
#include "protocol/alink/reply_codes.hpp"

namespace fleet::cloud {

bool gateway_desk::product_known(std::string_view product_key) {
  if (parts_.rules.products != nullptr && parts_.rules.products->knows(product_key)) {
    return true;
  }
  const auto& devices = parts_.devices;
  if (!listed_products_ || listed_at_removal_ != devices.removals()) {
    listed_at_removal_ = devices.removals();
    listed_products_.emplace();
    if (!devices.finite()) { // a source without an end has one product
      listed_products_->insert(devices.identity_of(0).product_key);
    }
    for (auto d = devices.next(0); d; d = devices.next(*d + 1)) {
      listed_products_->insert(devices.identity_of(*d).product_key);
    }
  }
  return listed_products_->contains(product_key);
}

// Devices that a gateway sees beside it: taken note of, no more; they need not be registered.
void gateway_desk::serve_found(const context& at, const alink::gateway_request& request) {
  const bool known = std::all_of(
      request.devices.begin(), request.devices.end(),
      [this](const alink::sub_device_entry& e) { return product_known(e.who.product_key); });
  reply(at, request,
        known ? static_cast<int>(alink::code_success) : alink::gateway_code::product_not_found);
}

} // namespace fleet::cloud
