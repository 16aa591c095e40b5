// Looking up, and recognizing.
#include "cloud_sim/platform_logons.hpp"

#include <utility>

#include "protocol/alink/registration.hpp"

namespace fleet::cloud {

platform_logons::platform_logons(hal::home& where, const registry& devices,
                                 const product_list& products, std::string key)
    : home_(where), devices_(devices), products_(products), gives_tokens_(!key.empty()),
      tokens_(std::move(key)) {}

std::optional<logon_device> platform_logons::find(device_name_view who) const {
  const auto device = devices_.find(who.product_key, who.device_name);
  if (!device || devices_.disabled(*device)) {
    return std::nullopt;
  }
  return logon_device{devices_.identity_of(*device), devices_.seen(*device)};
}

std::optional<logon_product> platform_logons::product(std::string_view product_key) const {
  const auto* const found = products_.find(product_key);
  if (found == nullptr) {
    return std::nullopt;
  }
  return logon_product{found->given.secret, !found->given.secret.empty()};
}

std::optional<logon_token> platform_logons::grant(device_name_view who) {
  const auto device = devices_.find(who.product_key, who.device_name);
  if (!device || !gives_tokens_) {
    return std::nullopt;
  }
  return tokens_.issue(*device, now_s());
}

std::optional<token_logon> platform_logons::recognize(const mqtt::connect_view& connect) const {
  if (!gives_tokens_ || !connect.has_username || !connect.has_password) {
    return std::nullopt;
  }
  const auto said = alink::parse_logon(connect.client_id, connect.username);
  if (!said || said.value().kind != alink::logon_kind::preauth) {
    return std::nullopt;
  }
  const auto device = tokens_.recognize(said.value().iot_id, as_text(connect.password), now_s());
  if (!device || !devices_.knows(*device)) {
    return std::nullopt;
  }
  return token_logon{*device, said.value().parts.auto_subscribe};
}

} // namespace fleet::cloud
