// Who answers which topic, and the posts that thousands of devices send all day.
#include "cloud_sim/platform_things.hpp"

#include <algorithm>

#include "protocol/alink/methods.hpp"
#include "protocol/alink/thing_messages.hpp"
#include "protocol/tsl/check.hpp"

namespace fleet::cloud {

using enum alink::topic_kind;

const std::array<platform_things::entry, 16> platform_things::handlers{{
    {alink::topic_kind::property_post, &platform_things::checked_post},
    {property_batch_post, &platform_things::batch_post},
    {property_history_post, &platform_things::history_post},
    {alink::topic_kind::event_post, &platform_things::event_post},
    {alink::topic_kind::desired_get, &platform_things::desired_get},
    {alink::topic_kind::desired_delete, &platform_things::desired_delete},
    {deviceinfo_update, &platform_things::tags_update},
    {deviceinfo_delete, &platform_things::tags_delete},
    {dsltemplate_get, &platform_things::model_get},
    {dynamic_tsl_get, &platform_things::dynamic_model_get},
    {alink::topic_kind::config_get, &platform_things::config_get},
    {alink::topic_kind::reset, &platform_things::reset},
    {alink::topic_kind::log_post, &platform_things::log_post},
    {config_log_get, &platform_things::log_config_get},
    {alink::topic_kind::diag_post, &platform_things::diag_post},
    {ota_firmware_get, &platform_things::firmware_get},
}};

bool platform_things::take(const uplink& what) {
  if (what.on.reply) {
    return false;
  }
  if (what.on.kind == model_up_raw) {
    up_raw(what);
    return true;
  }
  if (what.on.kind == ntp_request) {
    ntp(what);
    return true;
  }
  const auto* const who = std::find_if(handlers.begin(), handlers.end(),
                                       [&](const entry& e) { return e.kind == what.on.kind; });
  if (who == handlers.end()) {
    return false;
  }
  const auto m = alink::parse_message(json_, what.message.payload);
  if (m.state != alink::message_state::good) {
    add(parts_.core.counters().malformed_requests);
    reply(what, m, alink::code_parameter_error);
  } else if (parts_.options.variants.check_methods
             && !alink::method_fits(m.method, what.on.kind, what.on.rest)) {
    reply(what, m, alink::code_no_such_method);
  } else {
    (this->*who->answer)(what, m);
  }
  return true;
}

void platform_things::send_reply(const line& to, std::string_view topic, mqtt::qos asked) {
  parts_.lines.reply(to, topic, payload_.view(), asked);
}

// §23.17: without an id there is nothing to answer to.
void platform_things::reply(const uplink& what, const alink::message& m, int code,
                            std::string_view data) {
  if (m.id.empty() || !m.wants_reply) {
    return;
  }
  topic_.assign(what.message.topic);
  if (what.on.kind != property_history_post || !parts_.options.variants.history_reply_bare) {
    topic_.append("_reply");
  }
  payload_.clear();
  alink::reply_fields fields;
  fields.raw_id = m.id;
  fields.code = code;
  fields.data = data;
  fields.message = code == alink::code_success ? std::string_view{} : alink::code_text(code);
  alink::append_reply(payload_, fields);
  send_reply(what.from, topic_, what.message.qos);
}

void platform_things::property_post(const line& from, const mqtt::message_view& message) {
  const auto& of = *from.as->of;
  if (of.model() != nullptr || of.has(product_keeps_values)
      || parts_.options.variants.check_methods) {
    alink::topic on;
    on.kind = alink::topic_kind::property_post;
    take({from, on, message});
    return;
  }
  const auto m = alink::parse_message(json_, message.payload);
  const bool good = m.state == alink::message_state::good;
  if (!good) {
    add(parts_.core.counters().malformed_requests);
  }
  alink::topic on;
  on.kind = alink::topic_kind::property_post;
  reply({from, on, message}, m, good ? alink::code_success : alink::code_parameter_error);
}

void platform_things::checked_post(const uplink& what, const alink::message& m) {
  auto& of = what.of();
  if (of.model() == nullptr && !of.has(product_keeps_values)) {
    return reply(what, m, alink::code_success);
  }
  const auto post = alink::read_property_post(m);
  reply(what, m,
        post.code == alink::code_success ? keep_members(what.device(), of, post.members)
                                         : post.code);
}

// §10.1: what is unknown or wrong is dropped, and the reply is 200 all the same (§24).
int platform_things::keep_members(device_index device, product& of,
                                  std::span<const json_member> members) {
  const std::int64_t now_ms = parts_.core.home().wall_ms();
  const auto* const model = of.model();
  if (model != nullptr && parts_.options.variants.refuse_wrong_values) {
    const auto found = tsl::check_properties(*model, members, tsl::access_right::report);
    if (!found.ok()) {
      return found.code;
    }
  }
  int first_wrong = alink::code_success;
  std::size_t right = 0;
  for (const auto& member : members) {
    if (model == nullptr) {
      const auto s = alink::read_sample(member.key, member.value, alink::timed_form::maybe);
      if (s) {
        parts_.state.report(device, member.key, s->value, s->time_ms.value_or(now_ms),
                            value_order::arrival);
      }
      continue;
    }
    const auto* const property = model->find_property(member.key);
    const auto found =
        tsl::check_property(*model, member.key, member.value, tsl::access_right::report);
    if (property == nullptr || !found.ok()) {
      first_wrong = first_wrong == alink::code_success ? found.code : first_wrong;
      continue;
    }
    ++right;
    const auto timed = tsl::take_timed(property->type, member.value);
    const auto text = json_plain_text(timed.time).value_or(timed.time);
    parts_.state.report(device, member.key, timed.value, json_integer(text).value_or(now_ms),
                        value_order::arrival);
  }
  return right == 0 && parts_.options.variants.refuse_all_wrong ? first_wrong : alink::code_success;
}

int platform_things::check_samples(const product& of, alink::sample_cursor samples) const {
  const auto* const model = of.model();
  if (model == nullptr || !parts_.options.variants.refuse_wrong_values) {
    return alink::code_success;
  }
  for (alink::sample s; samples.next(s);) {
    const auto* const property = model->find_property(s.identifier);
    if (property == nullptr) {
      return alink::code_no_such_property;
    }
    const auto found = tsl::check_value(property->type, s.value);
    if (!found.ok()) {
      return found.code;
    }
  }
  return samples.dropped() == 0 ? alink::code_success : alink::code_format_error;
}

int platform_things::keep_samples(device_index device, product& of, alink::sample_cursor samples,
                                  value_order order) {
  const int code = check_samples(of, samples);
  const auto* const model = of.model();
  if (code != alink::code_success || (model == nullptr && !of.has(product_keeps_values))) {
    return code;
  }
  const std::int64_t now_ms = parts_.core.home().wall_ms();
  for (alink::sample s; samples.next(s);) {
    if (model != nullptr) {
      const auto* const property = model->find_property(s.identifier);
      if (property == nullptr || !tsl::check_value(property->type, s.value).ok()) {
        continue;
      }
    }
    parts_.state.report(device, s.identifier, s.value, s.time_ms.value_or(now_ms), order);
  }
  return alink::code_success;
}

int platform_things::keep_pack_part(device_index device, product& of, std::string_view properties) {
  return keep_samples(device, of,
                      {properties, alink::sample_layout::flat, alink::timed_form::required},
                      value_order::arrival);
}

void platform_things::batch_post(const uplink& what, const alink::message& m) {
  auto& of = what.of();
  if (of.model() == nullptr && !of.has(product_keeps_values)) {
    return reply(what, m, alink::code_success);
  }
  const auto post = alink::read_property_batch(m);
  reply(what, m,
        post.code != alink::code_success
            ? post.code
            : keep_samples(
                what.device(), of,
                {post.properties, alink::sample_layout::by_name, alink::timed_form::required},
                value_order::moment));
}

// A share may be the device's own, or one of its sub-devices' if it is a gateway.
int platform_things::history_share(const uplink& what, const alink::device_report& share,
                                   bool keep) {
  const auto device = parts_.state.devices().find(share.product_key, share.device_name);
  if (!device
      || (*device != what.device()
          && parts_.state.relations.gateway_of(*device) != what.device())) {
    return alink::code_no_relation;
  }
  auto& of = *device == what.device() ? what.of() : parts_.state.product_of(*device);
  const alink::sample_cursor samples{share.properties, alink::sample_layout::in_list,
                                     alink::timed_form::required};
  return keep ? keep_samples(*device, of, samples, value_order::moment)
              : check_samples(of, samples);
}

void platform_things::history_post(const uplink& what, const alink::message& m) {
  if (m.params.empty() && what.of().model() == nullptr) {
    return reply(what, m, alink::code_success);
  }
  const auto post = alink::read_property_history(m);
  int code = post.code;
  for (const bool keep : {false, true}) { // all or nothing
    alink::report_cursor shares{post.entries, alink::sample_layout::in_list};
    for (alink::device_report share; code == alink::code_success && shares.next(share);) {
      code = history_share(what, share, keep);
    }
  }
  reply(what, m, code);
}

// §10.1: an event that is wrong is dropped, and told.
void platform_things::event_post(const uplink& what, const alink::message& m) {
  const auto* const model = what.of().model();
  if (model == nullptr) {
    return reply(what, m, alink::code_success);
  }
  const auto post = alink::read_event_post(m);
  reply(what, m,
        post.code != alink::code_success
            ? post.code
            : tsl::check_event(*model, what.on.rest, m.params_members).code);
}

} // namespace fleet::cloud
