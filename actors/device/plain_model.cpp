// The sample's model, as data.
#include "actors/device/plain_model.hpp"

namespace fleet::actors {

namespace {

tsl::data_type number(tsl::data_kind kind, double min, double max, double step) {
  tsl::data_type type;
  type.kind = kind;
  type.min = min;
  type.max = max;
  type.step = step;
  return type;
}

tsl::property property_of(std::string identifier, tsl::data_type type, bool writable) {
  tsl::property p;
  p.name = identifier;
  p.identifier = std::move(identifier);
  p.writable = writable;
  p.required = true;
  p.type = std::move(type);
  return p;
}

tsl::model make() {
  tsl::data_type light;
  light.kind = tsl::data_kind::boolean;
  light.labels = {{0, "off"}, {1, "on"}};
  tsl::data_type color;
  color.kind = tsl::data_kind::structure;
  for (const auto* part : {"Red", "Green", "Blue"}) {
    color.members.push_back({part, part, number(tsl::data_kind::integer, 0, 255, 1), true});
  }
  tsl::model_parts parts;
  parts.properties.push_back(property_of("LightSwitch", light, true));
  parts.properties.push_back(property_of("RGBColor", color, true));
  parts.properties.push_back(
      property_of("Temperature", number(tsl::data_kind::single, -40, 125, 0.001), false));
  return tsl::model{std::move(parts)};
}

} // namespace

const tsl::model& plain_model() {
  static const tsl::model one = make();
  return one;
}

} // namespace fleet::actors
