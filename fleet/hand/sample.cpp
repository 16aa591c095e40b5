// The sample's words.
#include "fleet/hand/sample.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "protocol/base/json.hpp"

namespace fleet::program {

namespace {

constexpr std::string_view light_name = "LightSwitch";
constexpr std::string_view colour_name = "RGBColor";
constexpr std::uint64_t colour_parts = 255;

} // namespace

void sample_lamp::light(bool on) {
  light_ = on ? "1" : "0";
}

bool sample_lamp::set(std::string_view name, std::string_view raw) {
  if (name == light_name) {
    light_ = raw;
    return true;
  }
  if (name == colour_name) {
    colour_ = raw;
    return true;
  }
  const auto known = std::find_if(others_.begin(), others_.end(),
                                  [name](const auto& other) { return other.first == name; });
  if (known != others_.end()) {
    known->second = raw;
    return true;
  }
  if (others_.size() == others_max) {
    return false;
  }
  others_.emplace_back(name, raw);
  return true;
}

std::string_view sample_lamp::value(std::string_view name) const noexcept {
  if (name == light_name) {
    return light_;
  }
  if (name == colour_name) {
    return colour_;
  }
  const auto known = std::find_if(others_.begin(), others_.end(),
                                  [name](const auto& other) { return other.first == name; });
  return known == others_.end() ? std::string_view{} : std::string_view{known->second};
}

std::string sample_lamp::params(random_stream& colours) const {
  std::string colour = colour_;
  if (colour.empty()) {
    const auto red = colours.below(colour_parts);
    const auto green = colours.below(colour_parts);
    const auto blue = colours.below(colour_parts);
    colour = fmt::format(R"({{"Red":{},"Green":{},"Blue":{}}})", red, green, blue);
  }
  std::string out =
      fmt::format(R"({{"{}" : {},"{}" : {})", colour_name, colour, light_name, light_);
  for (const auto& [name, raw] : others_) {
    out += fmt::format(R"(,"{}" : {})", name, raw);
  }
  return out + "}";
}

std::string sample_payload(std::uint64_t id, std::string_view params) {
  return fmt::format(
      R"({{"id" : "{}","version":"1.0","params" : {},"method":"thing.event.property.post"}})", id,
      params);
}

std::string spaced_object(std::string_view object) {
  json_reader reader;
  if (reader.read(as_bytes(object)) != json_error::none || reader.is_array()) {
    return {};
  }
  std::string out = "{";
  for (const auto& member : reader.top()) {
    out += fmt::format(R"({}"{}" : {})", out.size() > 1 ? "," : "", member.key, member.value);
  }
  return out + "}";
}

std::string sample_topics::system(alink::topic_kind kind, bool reply, std::string_view rest) const {
  alink::topic what;
  what.kind = kind;
  what.reply = reply;
  what.product_key = names_.product_key;
  what.device_name = names_.device_name;
  what.rest = rest;
  return alink::make_topic(what);
}

std::vector<std::string> sample_topics::filters() const {
  using alink::topic_kind;
  if (names_.ota) {
    return {system(topic_kind::ota_upgrade)};
  }
  switch (names_.profile) {
    case profile::linkdevelop:
      return {system(topic_kind::property_set), system(topic_kind::property_post, true)};
    case profile::linkplatform: return {system(topic_kind::custom, false, "data")};
    case profile::mqtt: return {names_.command_topic};
  }
  FLEET_CHECK(false);
}

std::vector<std::string> sample_topics::reports() const {
  using alink::topic_kind;
  switch (names_.profile) {
    case profile::linkdevelop: return {system(topic_kind::property_post)};
    case profile::linkplatform:
      return {system(topic_kind::custom, false, "update"),
              system(topic_kind::custom, false, "data")};
    case profile::mqtt: return {names_.report_topic};
  }
  FLEET_CHECK(false);
}

std::string sample_topics::report_answer() const {
  switch (names_.profile) {
    case profile::linkdevelop: return system(alink::topic_kind::property_post, true);
    case profile::linkplatform: return system(alink::topic_kind::custom, false, "data");
    case profile::mqtt: return {};
  }
  FLEET_CHECK(false);
}

} // namespace fleet::program
