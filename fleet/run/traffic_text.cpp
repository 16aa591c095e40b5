// Templates first, the model where there is none.
#include "fleet/run/traffic_text.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"
#include "protocol/tsl/sample.hpp"

namespace fleet::program {

namespace {

/// A template that the scenario's reader has compiled before.
alink::payload_template compiled(std::string_view text) {
  auto made = alink::payload_template::compile(text);
  FLEET_CHECK(made.ok());
  return std::move(made).value();
}

alink::template_values values_of(const traffic_subject& to) {
  alink::template_values values;
  values.device = to.who.device_name;
  values.client = to.who.device_name;
  values.index = to.index;
  values.sequence = to.sequence;
  values.timestamp_ms = to.wall_ms;
  values.product = to.who.product_key;
  return values;
}

std::string_view default_topic(const cloud_traffic& traffic, profile p) {
  if (p == profile::mqtt) {
    return "fleet/{device}/down";
  }
  return traffic.kind == traffic_kind::broadcast ? "notice"
                                                 : "data"; // linkplatform's samples (§9.1)
}

/// Appends `"key":`, after a comma where it is not the first.
void append_key(byte_buffer& out, std::string_view key, bool& first) {
  out.append(std::string_view{first ? "\"" : ",\""});
  first = false;
  out.append(key);
  out.append(std::string_view{"\":"});
}

} // namespace

traffic_text::traffic_text(const cloud_traffic& traffic, program::profile profile,
                           const tsl::model* model)
    : traffic_(traffic), profile_(profile), model_(model),
      topic_(compiled(traffic.topic.empty() ? default_topic(traffic, profile) : traffic.topic)) {
  if (!traffic.payload.empty()) {
    payload_ = compiled(traffic.payload);
  }
}

bool traffic_text::meant(std::string_view identifier) const {
  const auto& wanted = traffic_.identifiers;
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), identifier) != wanted.end();
}

void traffic_text::append_properties(byte_buffer& out, random_stream& random) const {
  out.push('{');
  bool first = true;
  if (model_ == nullptr) {
    append_key(out, "LightSwitch", first);
    out.push(random.below(2) == 0 ? '0' : '1');
  } else {
    for (const auto& property : model_->properties()) {
      if (property.writable && meant(property.identifier)) {
        append_key(out, property.identifier, first);
        tsl::append_sample(out, property.type, random);
      }
    }
  }
  out.push('}');
}

void traffic_text::append_arguments(byte_buffer& out, random_stream& random) const {
  out.push('{');
  bool first = true;
  const auto* const service = model_ == nullptr ? nullptr : model_->find_service(traffic_.service);
  if (service != nullptr) {
    for (const auto& input : service->input) {
      append_key(out, input.identifier, first);
      tsl::append_sample(out, input.type, random);
    }
  }
  out.push('}');
}

void traffic_text::payload(const traffic_subject& to, random_stream& random,
                           byte_buffer& out) const {
  out.clear();
  if (payload_) {
    (void)payload_->render(out, values_of(to), random);
    return;
  }
  switch (traffic_.kind) {
    case traffic_kind::desired_set:
    case traffic_kind::property_set: append_properties(out, random); return;
    case traffic_kind::service: append_arguments(out, random); return;
    case traffic_kind::shadow_desired:
      // Version 0: whatever the document's is (§13).
      out.append(std::string_view{R"({"method":"update","state":{"desired":)"});
      append_properties(out, random);
      out.append(std::string_view{R"(},"version":0})"});
      return;
    case traffic_kind::property_get:
    case traffic_kind::disable:
    case traffic_kind::config_push:
    case traffic_kind::rrpc:
    case traffic_kind::broadcast:
    case traffic_kind::custom: out.append("{\"seq\":" + std::to_string(to.sequence) + "}"); return;
  }
  FLEET_CHECK(false);
}

std::string traffic_text::topic(const traffic_subject& to, random_stream& random) const {
  byte_buffer text;
  if (profile_ != profile::mqtt) {
    const bool all = traffic_.kind == traffic_kind::broadcast;
    text.append((all ? "/broadcast/" : "/") + to.who.product_key + "/");
    text.append(all ? std::string{} : to.who.device_name + "/");
  }
  (void)topic_.render(text, values_of(to), random);
  return std::string{as_text(text.view())};
}

std::string traffic_text::names() const {
  std::string out = "[";
  const auto add = [&out](std::string_view name) {
    out += out.size() > 1 ? ",\"" : "\"";
    out += name;
    out += '"';
  };
  if (!traffic_.identifiers.empty()) {
    for (const auto& name : traffic_.identifiers) {
      add(name);
    }
  } else if (model_ != nullptr) {
    for (const auto& property : model_->properties()) {
      add(property.identifier);
    }
  } else {
    add("LightSwitch");
  }
  return out + "]";
}

} // namespace fleet::program
