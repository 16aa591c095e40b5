// Tables of what goes with what.
#include "fleet/options/protocols.hpp"

#include "protocol/base/check.hpp"

namespace fleet::program {

device_protocol protocol_of(text::scheme scheme) noexcept {
  switch (scheme) {
    case text::scheme::embedded:
    case text::scheme::mqtt:
    case text::scheme::mqtts: return device_protocol::mqtt;
    case text::scheme::coap:
    case text::scheme::coaps:
    case text::scheme::coap_psk: return device_protocol::coap;
    case text::scheme::http:
    case text::scheme::https: return device_protocol::http;
  }
  FLEET_CHECK(false);
}

security security_of(text::scheme scheme) noexcept {
  switch (scheme) {
    case text::scheme::embedded:
    case text::scheme::mqtt:
    case text::scheme::coap:
    case text::scheme::http: return security::plain;
    case text::scheme::mqtts:
    case text::scheme::https: return security::tls;
    case text::scheme::coaps: return security::dtls;
    case text::scheme::coap_psk: return security::aes;
  }
  FLEET_CHECK(false);
}

bool scheme_takes(text::scheme scheme, security tier) noexcept {
  switch (scheme) {
    case text::scheme::embedded: return true;
    case text::scheme::mqtt: return tier == security::plain || tier == security::id2;
    case text::scheme::mqtts: return over_tls(tier);
    case text::scheme::coaps: return over_dtls(tier);
    case text::scheme::coap:
    case text::scheme::coap_psk:
    case text::scheme::http:
    case text::scheme::https: return tier == security_of(scheme);
  }
  FLEET_CHECK(false);
}

std::optional<std::string> protocol_contradiction(device_protocol spoken, profile whose,
                                                  security tier) {
  const std::string start = "protocol " + std::string{to_string(spoken)} + " with ";
  const auto tier_text = start + "security " + std::string{to_string(tier)};
  const bool of_coap = over_dtls(tier) || tier == security::aes;
  if (spoken == device_protocol::mqtt) {
    return of_coap ? std::optional{tier_text + ", which is of CoAP; write plain or tls"}
                   : std::nullopt;
  }
  if (whose == profile::mqtt) {
    return start + "profile mqtt, which is for brokers; write linkdevelop or linkplatform";
  }
  if (spoken == device_protocol::coap && !of_coap && tier != security::plain) {
    return tier_text + ", which is of streams; write plain, dtls, psk or aes";
  }
  if (spoken == device_protocol::http && tier != security::plain && tier != security::tls) {
    return tier_text + "; write plain or tls";
  }
  return std::nullopt;
}

} // namespace fleet::program
