// One sentence for each thing that does not go together.
#include "fleet/scenario/protocol_checks.hpp"

#include <array>
#include <utility>

#include "fleet/options/protocols.hpp"
#include "fleet/scenario/words.hpp"

namespace fleet::program {

namespace {

/// The key that asks for a way down to the device, or for a session; empty: none.
std::string_view beyond_posts(const product_plan& planned) {
  const auto& p = planned.product;
  const auto& reports = *p.report;
  const bool other_reports =
      reports.size() > 1
      || (!reports.empty()
          && (reports.front().what != report_kind::properties
              || !reports.front().identifiers.empty() || reports.front().replay));
  const std::array<std::pair<bool, std::string_view>, 10> asked{
      {{p.gateways.has_value(), "gateways"},
       {p.shadow, "shadow"},
       {p.ntp, "ntp"},
       {p.desired, "desired"},
       {p.config, "config"},
       {p.model_get, "model_get"},
       {!p.tags.empty(), "tags"},
       {!p.topics.empty(), "topics"},
       {p.logon != logon_mode::direct, "logon"},
       {other_reports, "report"}}};
  for (const auto& [is_asked, word] : asked) {
    if (is_asked) {
      return word;
    }
  }
  return {};
}

/// What the target's scheme says against it.
std::optional<product_mistake> target_mistake(const scenario_product& p, text::scheme at) {
  const auto there = std::string{text::to_string(at)} + ":// target";
  if (p.protocol != protocol_of(at)) {
    return product_mistake{"protocol", "has protocol " + std::string{to_string(p.protocol)}
                                           + ", which contradicts the " + there
                                           + "; products of several protocols need the embedded "
                                             "twin"};
  }
  // Plain products become what the target is.
  if (p.security == security::plain || scheme_takes(at, p.security)) {
    return std::nullopt;
  }
  std::string out =
      "has security " + std::string{to_string(p.security)} + ", which contradicts the " + there;
  if (at == text::scheme::mqtt) {
    out += "; write mqtts:// for TLS";
  } else if (at == text::scheme::mqtts && p.security == security::id2) {
    out += "; write id2-tls, or mqtt:// for TCP";
  }
  return product_mistake{"security", std::move(out)};
}

/// As a sentence names what a key asks for.
std::string_view asked_text(std::string_view key) {
  return key == "logon"    ? "another logon than direct"
         : key == "report" ? "another report than one of all properties"
                           : key;
}

} // namespace

std::optional<product_mistake> protocol_mistake(const product_plan& planned,
                                                const scenario_overrides& flags) {
  const auto& p = planned.product;
  if (planned.behind_gateway) {
    return std::nullopt;
  }
  if (flags.target) {
    if (auto wrong = target_mistake(p, *flags.target)) {
      return wrong;
    }
  }
  if (auto wrong = protocol_contradiction(p.protocol, p.profile, p.security)) {
    return product_mistake{"security", "has " + *wrong};
  }
  if (p.radio_sleep && p.protocol != device_protocol::coap) {
    return product_mistake{"radio_sleep",
                           "has radio_sleep, which needs protocol coap; a stream would break"};
  }
  if (p.token_option && p.protocol != device_protocol::coap) {
    return product_mistake{"token_option",
                           "has token_option, which needs protocol coap; others have no options"};
  }
  if (p.protocol != device_protocol::mqtt) {
    if (const auto key = beyond_posts(planned); !key.empty()) {
      return product_mistake{key, "has " + std::string{asked_text(key)}
                                      + ", which needs protocol mqtt; with "
                                      + std::string{to_string(p.protocol)} + " devices only post"};
    }
  }
  return std::nullopt;
}

std::optional<std::string> traffic_mistake(const cloud_traffic& traffic,
                                           const scenario_product& to) {
  if (to.protocol == device_protocol::mqtt) {
    return std::nullopt;
  }
  return "kind " + std::string{word_for(traffic.kind, traffic_kind_words)}
         + " goes to devices with protocol mqtt; those of " + to.name + " speak "
         + std::string{to_string(to.protocol)} + " and only post";
}

} // namespace fleet::program
