// What a product cannot have for the sake of what its devices speak, flags and keys taken together.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fleet/scenario/plan.hpp"

namespace fleet::program {

/// The key that it is about, and the sentence without its beginning, `product NAME`.
struct product_mistake {
  std::string_view key;
  std::string message;
};

/// What is wrong with a product, flags applied; nothing where all goes together. Of devices behind
/// gateways there is none: they speak nothing of their own.
std::optional<product_mistake> protocol_mistake(const product_plan& planned,
                                                const scenario_overrides& flags);

/// The same about cloud traffic: to devices that only post nothing can be sent (aliyun-iot.md
/// §17.3, §18).
std::optional<std::string> traffic_mistake(const cloud_traffic& traffic,
                                           const scenario_product& to);

} // namespace fleet::program
