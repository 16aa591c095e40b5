// What devices ask for and tell beside their values.
#include <algorithm>

#include "cloud_sim/dynamic_model.hpp"
#include "cloud_sim/platform_firmware.hpp"
#include "cloud_sim/platform_things.hpp"
#include "protocol/alink/thing_messages.hpp"
#include "protocol/tsl/write.hpp"

namespace fleet::cloud {

namespace {
constexpr int success = alink::code_success;
} // namespace

void platform_things::desired_get(const uplink& what, const alink::message& m) {
  const auto asked = alink::read_desired_get(m);
  if (asked.code != success) {
    return reply(what, m, asked.code);
  }
  if (m.id.empty() || !m.wants_reply) {
    return;
  }
  std::vector<alink::desired_property> found;
  for (const auto& element : asked.identifiers) {
    const auto name = alink::identifier_at(element);
    if (const auto* const wanted = parts_.state.desired(what.device(), name)) {
      found.push_back({name, wanted->value, wanted->version});
    }
  }
  payload_.clear();
  alink::append_desired_reply(payload_, m.id, found);
  topic_.assign(what.message.topic).append("_reply");
  send_reply(what.from, topic_, what.message.qos);
}

void platform_things::desired_delete(const uplink& what, const alink::message& m) {
  const auto asked = alink::read_desired_delete(m);
  if (asked.code == success) {
    alink::desired_cursor properties{asked.properties, false};
    for (alink::desired_property p; properties.next(p);) {
      parts_.state.clear_desired(what.device(), p.identifier, p.version);
    }
  }
  reply(what, m, asked.code);
}

void platform_things::tags_update(const uplink& what, const alink::message& m) {
  const auto asked = alink::read_tags(m, alink::tag_use::update);
  int code = asked.code;
  alink::tag_cursor tags{asked.tags, alink::tag_use::update};
  for (alink::device_tag t; code == success && tags.next(t);) {
    if (!parts_.state.set_tag(what.device(), t.key, t.value)) {
      code = alink::code_parameter_error;
    }
  }
  reply(what, m, code);
}

void platform_things::tags_delete(const uplink& what, const alink::message& m) {
  const auto asked = alink::read_tags(m, alink::tag_use::remove);
  alink::tag_cursor tags{asked.tags, alink::tag_use::remove};
  for (alink::device_tag t; asked.code == success && tags.next(t);) {
    parts_.state.remove_tag(what.device(), t.key);
  }
  reply(what, m, asked.code);
}

void platform_things::model_get(const uplink& what, const alink::message& m) {
  const int code = alink::read_model_get(m);
  const auto* const model = what.of().model();
  if (code != success || model == nullptr) {
    return reply(what, m, code != success ? code : static_cast<int>(alink::code_tsl_lookup_failed));
  }
  byte_buffer data;
  tsl::append_model(data, *model, what.from.as->product_key(), what.from.as->device_name());
  reply(what, m, success, as_text(data.view()));
}

void platform_things::dynamic_model_get(const uplink& what, const alink::message& m) {
  const auto asked = alink::read_dynamic_model_get(m);
  const auto* const model = what.of().model();
  if (asked.code != success || model == nullptr) {
    return reply(what, m,
                 asked.code != success ? asked.code
                                       : static_cast<int>(alink::code_tsl_lookup_failed));
  }
  byte_buffer whole;
  tsl::append_model(whole, *model, what.from.as->product_key(), what.from.as->device_name());
  byte_buffer data;
  append_dynamic_model(data, as_text(whole.view()), asked.nodes, asked.add_default);
  reply(what, m, success, as_text(data.view()));
}

void platform_things::config_get(const uplink& what, const alink::message& m) {
  const auto& of = what.of();
  int code = alink::read_config_get(m);
  if (code == success && of.config.empty()) {
    code = alink::code_no_config;
  } else if (code == success && !parts_.state.configs.served()) {
    code = alink::code_config_off; // kept from a twin that had a door for it
  }
  if (code != success) {
    return reply(what, m, code);
  }
  if (m.id.empty() || !m.wants_reply) {
    return;
  }
  payload_.clear();
  const std::string id = of.config_id();
  const std::string url =
      parts_.state.configs.url(id, what.device(), parts_.core.home().wall_ms() / 1000);
  alink::append_config_reply(payload_, m.id, config_info_of(of, id, url));
  topic_.assign(what.message.topic).append("_reply");
  send_reply(what.from, topic_, what.message.qos);
}

void platform_things::config_answered(bytes_view payload) {
  const auto answer = alink::read_config_push_reply(json_, payload);
  auto& counters = parts_.core.counters();
  add(answer.code == success ? counters.configs_taken : counters.configs_failed);
}

void platform_things::reset(const uplink& what, const alink::message& m) {
  reply(what, m, alink::read_reset(m));
}

void platform_things::log_post(const uplink& what, const alink::message& m) {
  reply(what, m, alink::read_log_post(m).code);
}

void platform_things::log_config_get(const uplink& what, const alink::message& m) {
  const int code = alink::read_log_config_get(m);
  if (code != success) {
    return reply(what, m, code);
  }
  if (m.id.empty() || !m.wants_reply) {
    return;
  }
  payload_.clear();
  alink::append_log_config_reply(payload_, m.id, what.of().has(product_uploads_logs));
  topic_.assign(what.message.topic).append("_reply");
  send_reply(what.from, topic_, what.message.qos);
}

void platform_things::diag_post(const uplink& what, const alink::message& m) {
  reply(what, m, alink::read_diag_post(m).code);
}

void platform_things::firmware_get(const uplink& what, const alink::message& m) {
  if (m.id.empty() || !m.wants_reply) {
    return;
  }
  payload_.clear();
  firmware_->answer_get(what, m, payload_);
  topic_.assign(what.message.topic).append("_reply");
  send_reply(what.from, topic_, what.message.qos);
}

// §11.6: the octets are nobody's JSON. Without a script they are merely acknowledged.
void platform_things::up_raw(const uplink& what) {
  payload_.clear();
  if (what.of().has(product_echoes_raw)) {
    payload_.append(what.message.payload);
  } else {
    next_id_ = next_id_ % INT32_MAX + 1;
    alink::append_up_raw_reply(payload_, next_id_);
  }
  topic_.assign(what.message.topic).append("_reply");
  send_reply(what.from, topic_, what.message.qos);
}

void platform_things::ntp(const uplink& what) {
  const auto asked = alink::read_ntp_request(json_, what.message.payload);
  if (!asked) {
    add(parts_.core.counters().malformed_requests);
    return;
  }
  const alink::milliseconds now{parts_.core.home().wall_ms()};
  payload_.clear();
  alink::append_ntp_answer(payload_, {*asked, now, now});
  topic_.assign("/ext/ntp").append(what.from.as->own).append("response");
  send_reply(what.from, topic_, what.message.qos);
}

} // namespace fleet::cloud
