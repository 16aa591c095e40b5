// Products by key, and names by number.
#include "cloud_sim/platform_products.hpp"

#include "protocol/base/hmac.hpp"

namespace fleet::cloud {

std::string_view node_type_of(std::uint32_t flags) noexcept {
  return (flags & product_is_no_gateway) != 0    ? "device"
         : (flags & product_is_of_gateways) != 0 ? "gateway"
                                                 : "any";
}

std::optional<std::uint32_t> with_node_type(std::uint32_t flags, std::string_view word) noexcept {
  const std::uint32_t others =
      flags & ~std::uint32_t{product_is_no_gateway | product_is_of_gateways};
  for (const std::uint32_t type :
       {std::uint32_t{product_is_no_gateway}, std::uint32_t{product_is_of_gateways}, 0U}) {
    if (node_type_of(type) == word) {
      return others | type;
    }
  }
  return std::nullopt;
}

std::string product::config_id() const {
  return given.product_key + "-" + std::to_string(config_count);
}

void product::set_config(std::string_view content, std::uint32_t count) {
  config = content;
  config_sign = content.empty() ? std::string{} : sha256_hex(content);
  config_count = count;
}

std::optional<std::uint16_t> product::number_of(std::string_view property) const {
  const auto known = numbers_.find(property);
  return known == numbers_.end() ? std::nullopt : std::optional{known->second};
}

std::optional<std::uint16_t> product::intern(std::string_view property) {
  if (const auto known = number_of(property)) {
    return known;
  }
  if (names_.size() >= product_names_max) {
    return std::nullopt;
  }
  const auto number = static_cast<std::uint16_t>(names_.size());
  names_.emplace_back(property);
  numbers_.emplace(property, number);
  return number;
}

const product* product_list::find(std::string_view product_key) const noexcept {
  const auto known = products_.find(product_key);
  return known == products_.end() ? nullptr : known->second.get();
}

product* product_list::find(std::string_view product_key) noexcept {
  const auto known = products_.find(product_key);
  return known == products_.end() ? nullptr : known->second.get();
}

product& product_list::open(std::string_view product_key) {
  if (auto* const known = find(product_key)) {
    return *known;
  }
  auto made = std::make_unique<product>();
  made->given.product_key = product_key;
  made->given.name = product_key;
  return *products_.emplace(std::string{product_key}, std::move(made)).first->second;
}

std::string_view product_list::secret_of(std::string_view product_key) const {
  const auto* const known = find(product_key);
  return known == nullptr ? std::string_view{} : std::string_view{known->given.secret};
}

} // namespace fleet::cloud
