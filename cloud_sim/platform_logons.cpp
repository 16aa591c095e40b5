// Looking up, and recognizing.
#include "cloud_sim/platform_logons.hpp"

#include <utility>

#include "cloud_sim/secrets.hpp"
#include "protocol/alink/id2_model.hpp"

namespace fleet::cloud {

platform_logons::platform_logons(hal::home& where, const registry& devices,
                                 const product_list& products, std::string key)
    : home_(where), devices_(devices), products_(products), gives_tokens_(!key.empty()), key_(key),
      tokens_(std::move(key)) {}

std::optional<logon_device> platform_logons::find(device_name_view who) const {
  const auto device = devices_.find(who.product_key, who.device_name);
  if (!device || devices_.disabled(*device)
      || (faults_ != nullptr && faults_->refuses(*device))) {
    return std::nullopt; // refused as one whose sign is wrong
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

std::optional<std::string> platform_logons::codec_key(device_name_view who) const {
  if (!id2_ || !gives_tokens_) {
    return std::nullopt;
  }
  return alink::id2_codec_key(key_, iot_id_of(who.product_key, who.device_name));
}

logon_config platform_logons::config(std::string_view id, std::string_view token) const {
  logon_config out;
  out.verdict = links_ == nullptr ? token_verdict::forged : links_->judge(id, token, now_s());
  if (out.verdict != token_verdict::good) {
    return out;
  }
  // A product key may hold a dash itself; the count does not.
  const std::size_t dash = id.rfind('-');
  const auto* const of =
      dash == std::string_view::npos ? nullptr : products_.find(id.substr(0, dash));
  if (of != nullptr && !of->config.empty() && of->config_id() == id) {
    out.content = of->config;
  }
  return out;
}

std::optional<logon_token> platform_logons::grant(device_name_view who) {
  const auto device = devices_.find(who.product_key, who.device_name);
  if (!device || !gives_tokens_) {
    return std::nullopt;
  }
  return tokens_.issue(*device, iot_id_of(who.product_key, who.device_name), now_s());
}

std::optional<std::uint32_t> platform_logons::recognize(std::string_view iot_id,
                                                        std::string_view iot_token) const {
  const auto device = gives_tokens_ ? tokens_.recognize(iot_id, iot_token, now_s()) : std::nullopt;
  if (!device || !devices_.knows(*device)) {
    return std::nullopt;
  }
  const auto given_s = logon_tokens::given_s(iot_token);
  if (faults_ != nullptr && given_s && faults_->forgot_token(*device, *given_s)) {
    return std::nullopt;
  }
  const auto who = devices_.identity_of(*device);
  return iot_id_of(who.product_key, who.device_name) == iot_id ? device : std::nullopt;
}

} // namespace fleet::cloud
