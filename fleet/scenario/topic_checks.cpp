// The topics that devices listen to for a while: what would only come out when they ask for them.
#include <algorithm>
#include <array>

#include "fleet/scenario/checks.hpp"
#include "fleet/text/quantities.hpp"
#include "protocol/alink/template.hpp"
#include "protocol/mqtt/topic.hpp"

namespace fleet::program {

namespace {

using complaint = std::optional<std::string>;
using actors::uri_type;

constexpr std::size_t vendor_filter_octets = 128;
constexpr std::size_t mqtt_filter_octets = 1024;

/// The filter of one device with long names; it has no more placeholders than that needs.
complaint sample_of(std::string_view text, std::string& out) {
  const auto compiled = alink::payload_template::compile(text);
  if (!compiled) {
    return "is no template"; // the key's own check has said why
  }
  for (const std::string_view word : {"{seq}", "{timestamp}", "{random"}) {
    if (text.find(word) != std::string_view::npos) {
      return "changes from message to message; a filter takes {device}, {client} and {index}";
    }
  }
  alink::template_values values;
  values.device = values.client = "dev_000001";
  values.index = 999'999;
  random_stream random{0, 0, "sample"};
  byte_buffer rendered;
  compiled.value().render(rendered, values, random);
  out = as_text(rendered.view());
  return std::nullopt;
}

complaint filter_mistake(const scenario_product& product, const topic_rule& rule) {
  std::string filter;
  if (auto wrong = sample_of(rule.filter, filter)) {
    return wrong;
  }
  const bool plain = product.profile == profile::mqtt;
  if (!mqtt::valid_filter(filter)) {
    return "is no filter; + stands for a level and # for all that follow";
  }
  if (filter.size() > (plain ? mqtt_filter_octets : vendor_filter_octets)) {
    return plain ? "is longer than 1,024 octets" : "is longer than 128 octets";
  }
  const bool whole = plain || rule.type == uri_type::undefine;
  if (!whole && filter.front() == '/') {
    return "begins with a slash; it takes what follows the device's name, as user/get";
  }
  if (whole && product.behaviour == actors::behaviour::sdk && filter.front() != '/') {
    return "begins without a slash, which behaviour sdk refuses as the SDK does";
  }
  return std::nullopt;
}

void check_times(reading& r, const yaml_value& map, const topic_rule& rule) {
  if (!rule.every || !r.right(map, "for")) {
    return;
  }
  if (!rule.span) {
    r.complain(place_of(map, "every"), "every needs for, which says when it is unregistered");
  } else if (*rule.every <= *rule.span) {
    r.complain(place_of(map, "every"),
               "every must be longer than for, " + text::format_duration(*rule.span));
  }
}

void check_topic(reading& r, const yaml_value& map, const scenario_product& product,
                 const topic_rule& rule) {
  const bool plain = product.profile == profile::mqtt;
  if (map.find("filter") == nullptr) {
    r.complain(map.at, "a topic needs filter, as filter: user/get");
  } else if (plain && map.find("type") != nullptr) {
    r.complain(place_of(map, "type"),
               "type belongs to the profiles linkdevelop and linkplatform; with profile mqtt the "
               "filter is the whole one");
  } else if (r.right(map, "filter") && r.right(map, "type")) {
    if (const auto wrong = filter_mistake(product, rule)) {
      r.complain("filter", *map.find("filter"), *wrong);
    }
  }
  if (!plain && rule.qos == mqtt::qos::exactly_once) {
    r.complain(place_of(map, "qos"), "qos 2 needs profile mqtt; the platform of profile "
                                         + std::string{to_string(product.profile)}
                                         + " grants no more than 1");
  }
  check_times(r, map, rule);
}

} // namespace

void check_topics(reading& r, const yaml_value& map, const scenario_product& product) {
  const auto* const topics = map.find("topics");
  for (std::size_t i = 0; i < product.topics.size(); ++i) {
    const auto& item = topics->list[i];
    if (item.kind == yaml_kind::map) {
      check_topic(r, item, product, product.topics[i]);
    }
  }
  // The same filter twice would be one registration, which the first to go takes with it.
  for (std::size_t i = 1; i < product.topics.size(); ++i) {
    const auto same = std::find_if(
        product.topics.begin(), product.topics.begin() + i, [&](const topic_rule& other) {
          return other.filter == product.topics[i].filter && other.type == product.topics[i].type
                 && !other.filter.empty();
        });
    if (same != product.topics.begin() + static_cast<std::ptrdiff_t>(i)) {
      r.complain("filter", *topics->list[i].find("filter"), "comes twice; write it once");
    }
  }
}

} // namespace fleet::program
