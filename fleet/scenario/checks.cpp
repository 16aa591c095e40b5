// A product, its reports, a stage and cloud traffic, each by itself.
#include "fleet/scenario/checks.hpp"

#include <algorithm>
#include <array>

#include "fleet/options/subcommands.hpp"
#include "fleet/scenario/words.hpp"
#include "fleet/text/nearest.hpp"
#include "fleet/text/quantities.hpp"

namespace fleet::program {

namespace {

using namespace std::chrono_literals;

constexpr std::string_view vendor_profiles = "the profiles linkdevelop and linkplatform";
constexpr std::size_t vendor_topic_octets = 128;
constexpr std::size_t mqtt_topic_octets = 1024;
constexpr auto vendor_topic_slashes = 7;

/// Complains about a key that is there and must not be.
void refuse(reading& r, const yaml_value& map, std::string_view key, std::string_view why) {
  if (map.find(key) != nullptr) {
    r.complain(place_of(map, key), std::string{key} + " " + std::string{why});
  }
}

void check_plain_mqtt(reading& r, const yaml_value& map) {
  for (const std::string_view key : {"product_key", "model", "logon", "tags", "gateways"}) {
    refuse(r, map, key, "belongs to " + std::string{vendor_profiles});
  }
  for (const std::string_view key : {"shadow", "ntp", "desired", "config", "model_get"}) {
    const auto* const value = map.find(key);
    if (value != nullptr && (value->word == "on" || value->word == "true")) {
      r.complain(value->at, std::string{key} + " belongs to " + std::string{vendor_profiles});
    }
  }
}

/// What is about a thing model, and there is none.
void check_model(reading& r, const yaml_value& map, const scenario_product& product) {
  if (!product.model.empty() || !r.right(map, "model")) {
    return;
  }
  if (product.desired) {
    r.complain(place_of(map, "desired"), "desired: on is about a thing model; add model");
  }
  if (product.model_get) {
    r.complain(place_of(map, "model_get"), "model_get: on asks for a thing model; add model");
  }
}

void check_vendor(reading& r, const yaml_value& map, const scenario_product& product) {
  check_model(r, map, product);
  if (product.qos == mqtt::qos::exactly_once) {
    r.complain(place_of(map, "qos"), "qos 2 needs profile mqtt; the platform of profile "
                                         + std::string{to_string(product.profile)} + " refuses it");
  }
  if (product.keep_alive < platform_keep_alive_least
      || product.keep_alive > platform_keep_alive_most) {
    r.complain(place_of(map, "keep_alive"), "keep_alive must be 30s to 1200s with profile "
                                                + std::string{to_string(product.profile)}
                                                + "; the platform refuses others");
  }
}

bool takes_identifiers(report_kind what) {
  switch (what) {
    case report_kind::properties:
    case report_kind::event:
    case report_kind::shadow:
    case report_kind::shadow_async:
    case report_kind::shadow_delete:
    case report_kind::batch: return true;
    case report_kind::custom:
    case report_kind::raw: return false;
  }
  return false;
}

/// Whether the report is made from a thing model's parts.
bool names_model(report_kind what) {
  return takes_identifiers(what) && !is_of_shadow(what);
}

/// One report; `shadow_known` where the product's own key says whether there is a shadow.
void check_report(reading& r, const yaml_value& map, const scenario_product& product,
                  const report_rule& rule, bool shadow_known) {
  const std::string word{word_for(rule.what, report_kind_words)};
  if (product.profile == profile::mqtt && rule.what != report_kind::custom) {
    r.complain(place_of(map, "what"), "what " + word + " belongs to " + std::string{vendor_profiles}
                                          + "; with profile mqtt it takes custom");
    return;
  }
  if (!takes_identifiers(rule.what)) {
    refuse(r, map, "identifiers", "does not go with what " + word);
  } else if (names_model(rule.what) && !rule.identifiers.empty() && product.model.empty()) {
    r.complain(place_of(map, "identifiers"), "identifiers are of a thing model; add model");
  }
  if (rule.what == report_kind::event && product.model.empty() && rule.identifiers.empty()) {
    r.complain(place_of(map, "what"), "what event needs a thing model; add model");
  }
  if (is_of_shadow(rule.what) && !product.shadow && shadow_known) {
    r.complain(place_of(map, "what"), "what " + word + " needs shadow: on");
  }
  check_pace(r, map, rule);
  if (rule.what != report_kind::custom) {
    refuse(r, map, "topic", "goes with what custom only");
    if (rule.what != report_kind::raw) {
      refuse(r, map, "payload", "goes with what custom and raw only");
    }
  } else if (!rule.topic.empty()) {
    if (const auto wrong = topic_mistake(rule.topic, product.profile)) {
      r.complain("topic", *map.find("topic"), *wrong);
    }
  }
}

void check_gateways(reading& r, const yaml_value& map) {
  const auto* const gateways = map.find("gateways");
  if (gateways == nullptr || gateways->kind != yaml_kind::map || r.spoilt(*gateways)) {
    return;
  }
  const auto* const children = gateways->find("children");
  if (children == nullptr) {
    r.complain(gateways->at, "gateways need children, as children: {product: meter, each: 25}");
  } else if (children->find("product") == nullptr) {
    r.complain(children->at, "children need a product, as product: meter");
  }
}

} // namespace

text_place place_of(const yaml_value& map, std::string_view key) {
  const auto* const value = map.find(key);
  return value != nullptr ? value->at : map.at;
}

bool contradict(reading& r, const yaml_value& map, std::string_view one, std::string_view other) {
  if (map.find(one) == nullptr || map.find(other) == nullptr) {
    return false;
  }
  r.complain(place_of(map, other),
             std::string{one} + " and " + std::string{other} + " contradict each other; give one");
  return true;
}

std::optional<std::string> topic_mistake(std::string_view topic, program::profile profile) {
  if (topic.find_first_of("+#") != std::string_view::npos) {
    return "has a wildcard; messages go to one topic";
  }
  if (topic.find('\0') != std::string_view::npos) {
    return "holds U+0000, which no topic may"; // [MQTT-1.5.3-2]
  }
  if (profile == profile::mqtt) {
    if (topic.size() > mqtt_topic_octets) {
      return "is longer than 1,024 octets";
    }
    return std::nullopt;
  }
  // `/PK/DN/` comes before it and counts for three slashes.
  if (topic.front() == '/') {
    return "begins with a slash; it takes what follows /PK/DN/, as user/update";
  }
  if (topic.size() > vendor_topic_octets) {
    return "is longer than 128 octets";
  }
  if (std::count(topic.begin(), topic.end(), '/') > vendor_topic_slashes - 3) {
    return "has more than four slashes, seven with /PK/DN/";
  }
  return std::nullopt;
}

void check_product(reading& r, const yaml_value& map, const scenario_product& product) {
  if (product.keep_alive % 1s != 0s) {
    r.complain(place_of(map, "keep_alive"), "keep_alive is in whole seconds; "
                                                + text::format_duration(product.keep_alive)
                                                + " is not");
  }
  contradict(r, map, "count", "share");
  for (const std::string_view key : {"count", "share"}) {
    if (product.gateways) {
      refuse(r, map, key, "contradicts gateways, whose own count says how many there are");
    }
  }
  check_gateways(r, map);
  if (!r.right(map, "profile")) {
    return; // the rest depends on it
  }
  if (product.profile == profile::mqtt) {
    check_plain_mqtt(r, map);
  } else {
    check_vendor(r, map, product);
  }
  check_topics(r, map, product);
  const auto* const reports = map.find("report");
  for (std::size_t i = 0; product.report && i < product.report->size(); ++i) {
    const auto& item = reports->list[i];
    if (item.kind == yaml_kind::map && r.right(item, "what")) {
      check_report(r, item, product, (*product.report)[i], r.right(map, "shadow"));
    }
  }
}

/// What devices listen to with a thing model alone (§11.4), and without one alone (§9.1: `data`).
void check_model(reading& r, const yaml_value& map, const cloud_traffic& traffic,
                 const scenario_product& product) {
  if (traffic.kind == traffic_kind::property_get && product.model.empty()) {
    r.complain(place_of(map, "kind"),
               "kind property_get needs a product with a model"
                   + (product.name.empty() ? "" : ", and " + product.name + " has none"));
  } else if (traffic.kind == traffic_kind::custom && map.find("topic") == nullptr
             && (product.profile != profile::linkplatform || !product.model.empty())) {
    r.complain(place_of(map, "kind"),
               "kind custom needs topic, as topic: user/get; its product's "
               "devices listen to no custom topic but by the product's topics");
  }
}

/// What traffic asks of its product beyond listening.
void check_duty(reading& r, const yaml_value& map, const cloud_traffic& traffic,
                const traffic_addressee& target) {
  const auto& product = *target.product;
  if (product.profile == profile::mqtt) {
    return; // told
  }
  if (target.model_known) {
    check_model(r, map, traffic, product);
  }
  if (traffic.kind == traffic_kind::config_push && !product.config) {
    r.complain(place_of(map, "kind"), "kind config_push needs a product with config: on");
  } else if (traffic.kind == traffic_kind::desired_set && !product.desired) {
    r.complain(place_of(map, "kind"), "kind desired_set needs a product with desired: on");
  } else if (traffic.kind == traffic_kind::disable && !target.behind_gateway) {
    r.complain(place_of(map, "kind"), "kind disable is for devices behind gateways; the connection "
                                      "of another would be refused");
  }
}

void check_traffic(reading& r, const yaml_value& map, const cloud_traffic& traffic,
                   const traffic_addressee& target) {
  using enum traffic_kind;
  const std::string word{word_for(traffic.kind, traffic_kind_words)};
  const auto is = [&traffic](std::initializer_list<traffic_kind> kinds) {
    return std::find(kinds.begin(), kinds.end(), traffic.kind) != kinds.end();
  };
  if (!is({property_set, property_get, shadow_desired, desired_set})) {
    refuse(r, map, "identifiers", "does not go with kind " + word);
  }
  if (!is({broadcast, custom})) {
    refuse(r, map, "topic", "goes with the kinds broadcast and custom only");
  }
  if (is({property_get, disable})) {
    refuse(r, map, "payload", "does not go with kind " + word);
  }
  if (!is({service})) {
    refuse(r, map, "service", "goes with kind service only");
  } else if (map.find("service") == nullptr) {
    r.complain(map.at, "kind service needs service, the identifier of one");
  }
  if (target.product == nullptr) {
    return; // told already, or not to be known
  }
  const auto* const product = target.product;
  if (product->profile == profile::mqtt && !is({custom})) {
    r.complain(place_of(map, "kind"), "kind " + word + " belongs to " + std::string{vendor_profiles}
                                          + ", and product " + product->name
                                          + " has profile mqtt; it takes custom");
  } else if (is({shadow_desired}) && !product->shadow && target.shadow_known) {
    r.complain(place_of(map, "kind"),
               "kind shadow_desired needs a product with shadow: on"
                   + (product->name.empty() ? "" : ", and " + product->name + " has none"));
  }
  check_duty(r, map, traffic, target);
  if (is({broadcast, custom}) && !traffic.topic.empty()) {
    if (const auto wrong = topic_mistake(traffic.topic, product->profile)) {
      r.complain("topic", *map.find("topic"), *wrong);
    }
  }
}

} // namespace fleet::program
