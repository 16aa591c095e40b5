// The console's questions to devices: properties, services, RRPC (aliyun-iot.md §11.3 to §11.5,
// §11.7, §15).
#include <algorithm>

#include "cloud_sim/platform_operations.hpp"
#include "protocol/alink/methods.hpp"
#include "protocol/alink/thing_messages.hpp"
#include "protocol/base/check.hpp"
#include "protocol/base/json_write.hpp"
#include "protocol/tsl/check.hpp"

namespace fleet::cloud {

namespace {

operation_failure malformed(std::string detail) {
  return {operation_error::malformed, std::move(detail)};
}

operation_failure refused(const tsl::finding& found) {
  byte_buffer text;
  tsl::append_path(text, found);
  text.append(std::string_view{": "});
  text.append(tsl::word_of(found.what));
  return {operation_error::refused, std::string{as_text(text.view())}};
}

} // namespace

const tsl::model* platform_operations::model_of(device_index device) {
  return platform_.state().product_of(device).model();
}

std::string platform_operations::system_topic(device_index device, std::string_view tail) const {
  const auto who = platform_.devices().identity_of(device);
  std::string out = "/sys/";
  out.append(who.product_key).append("/").append(who.device_name).append("/").append(tail);
  return out;
}

std::optional<operation_failure> platform_operations::read_properties(std::string_view properties) {
  if (json_.read(as_bytes(properties)) != json_error::none || json_.is_array()) {
    return malformed("the properties are no JSON object");
  }
  if (json_.top().size() > alink::max_command_members) {
    return malformed("those are more properties than a message takes");
  }
  return std::nullopt;
}

void platform_operations::set_properties(device_name_view who, std::string_view properties,
                                         duration patience, call_done done) {
  const auto found = find(who);
  if (!found.ok()) {
    return done(fail(found.error()));
  }
  const auto device = found.value();
  auto why = read_properties(properties);
  if (const auto* const model = model_of(device); !why && model != nullptr) {
    const auto wrong = tsl::check_properties(*model, json_.top(), tsl::access_right::write);
    if (!wrong.ok()) {
      why = refused(wrong);
    }
  }
  if (why) {
    return done(fail(std::move(*why)));
  }
  const broker::turn guard{platform_.core()};
  const auto id = platform_.calls().next_id();
  byte_buffer payload;
  alink::append_property_set(payload, id, properties, platform_.options().call_version());
  const auto topic = system_topic(device, "thing/service/property/set");
  platform_.calls().begin(id,
                          {.device = device,
                           .kind = alink::topic_kind::property_set,
                           .topic = topic,
                           .payload = payload.view(),
                           .patience = bounded(patience)},
                          std::move(done));
}

void platform_operations::get_properties(device_name_view who, std::string_view names,
                                         duration patience, call_done done) {
  const auto found = find(who);
  if (!found.ok()) {
    return done(fail(found.error()));
  }
  const auto device = found.value();
  if (json_.read(as_bytes(names)) != json_error::none || !json_.is_array()
      || json_.top().size() > alink::max_command_members
      || !std::all_of(json_.top().begin(), json_.top().end(),
                      [](const json_member& m) { return !alink::identifier_at(m).empty(); })) {
    return done(fail(malformed("the names are no JSON array of texts")));
  }
  if (const auto* const model = model_of(device)) {
    const auto wrong = tsl::check_property_names(*model, json_.top());
    if (!wrong.ok()) {
      return done(fail(refused(wrong)));
    }
  }
  const broker::turn guard{platform_.core()};
  const auto id = platform_.calls().next_id();
  byte_buffer payload;
  alink::append_request(payload, id, "thing.service.property.get", names);
  const auto topic = system_topic(device, "thing/service/property/get");
  platform_.calls().begin(id,
                          {.device = device,
                           .kind = alink::topic_kind::property_get,
                           .topic = topic,
                           .payload = payload.view(),
                           .patience = bounded(patience)},
                          std::move(done));
}

// §11.7: each is counted up and kept; a device that is online hears of it at once (§11.3).
operation_result platform_operations::set_desired(device_name_view who,
                                                  std::string_view properties) {
  const auto found = find(who);
  if (!found.ok()) {
    return fail(found.error());
  }
  const auto device = found.value();
  if (auto why = read_properties(properties)) {
    return fail(std::move(*why));
  }
  const auto* const model = model_of(device);
  for (const auto& m : json_.top()) {
    if (model == nullptr || m.type == json_type::null) {
      continue;
    }
    const auto wrong = tsl::check_property(*model, m.key, m.value, tsl::access_right::write);
    if (!wrong.ok()) {
      return fail(refused(wrong));
    }
  }
  if (!platform_.state().may_desire(device, json_.top())) {
    return fail(operation_failure{operation_error::busy, "no room for that many properties"});
  }
  const broker::turn guard{platform_.core()};
  byte_buffer set;
  byte_buffer answer;
  object_writer params{set};
  object_writer versions{answer};
  bool any = false;
  for (const auto& m : json_.top()) {
    if (m.type == json_type::null) {
      platform_.state().clear_desired(device, m.key, std::nullopt);
      continue;
    }
    any = true;
    const auto version = platform_.state().desire(device, m.key, m.value);
    FLEET_CHECK(version.has_value());
    params.raw(m.key, m.value);
    versions.integer(m.key, *version);
  }
  params.end();
  versions.end();
  if (any) {
    byte_buffer payload;
    alink::append_property_set(payload, platform_.calls().next_id(), as_text(set.view()),
                               platform_.options().call_version());
    platform_.lines().push(platform_.lines().find(device),
                           system_topic(device, "thing/service/property/set"), payload.view(),
                           mqtt::qos::at_least_once);
  }
  return std::string{as_text(answer.view())};
}

void platform_operations::call_service(device_name_view who, std::string_view service,
                                       std::string_view arguments, duration patience,
                                       call_done done) {
  const auto found = find(who);
  if (!found.ok()) {
    return done(fail(found.error()));
  }
  const auto device = found.value();
  if (service.empty() || service.find_first_of("/+#\"\\") != std::string_view::npos
      || json_.read(as_bytes(arguments)) != json_error::none || json_.is_array()
      || json_.top().size() > alink::max_command_members) {
    return done(fail(malformed("no name of a service, or the arguments are no JSON object")));
  }
  bool synchronous = false;
  if (const auto* const model = model_of(device)) {
    const auto wrong = tsl::check_service_input(*model, service, json_.top());
    if (!wrong.ok()) {
      return done(fail(refused(wrong)));
    }
    const auto* const known = model->find_service(service);
    synchronous = known != nullptr && known->call == tsl::call_kind::sync;
  }
  if (synchronous && patience > alink::max_rrpc_wait) {
    return done(fail(malformed("the service is synchronous, so it goes by RRPC, whose "
                               "timeout is 8 s at most")));
  }
  const broker::turn guard{platform_.core()};
  const auto id = platform_.calls().next_id();
  byte_buffer payload;
  alink::append_service_call(payload, id, service, arguments, platform_.options().call_version());
  std::string topic = system_topic(device, "thing/service/" + std::string{service});
  outgoing_call call{.device = device,
                     .kind = alink::topic_kind::service,
                     .topic = topic,
                     .payload = payload.view(),
                     .patience = bounded(patience),
                     .service = service};
  std::string own;
  if (synchronous) { // §11.5: by RRPC, in the form that the device listens to
    call.patience = alink::rrpc_wait(patience);
    own = system_topic(device, "rrpc/request/" + std::to_string(id));
    const auto to = platform_.lines().find(device);
    call.kind = alink::topic_kind::rrpc_response;
    if (to.as != nullptr && to.as->granted(own) < 0) {
      own = "/ext/rrpc/" + std::to_string(id) + topic;
      call.kind = alink::topic_kind::ext_rrpc;
    }
    call.topic = own;
  }
  platform_.calls().begin(id, call, std::move(done));
}

void platform_operations::rrpc(device_name_view who, std::string_view topic, bytes_view payload,
                               duration patience, call_done done) {
  const auto found = find(who);
  if (!found.ok()) {
    return done(fail(found.error()));
  }
  const auto device = found.value();
  if (payload.size() > alink::max_payload) {
    return done(fail(malformed("the payload is over 256 KiB")));
  }
  if (patience > alink::max_rrpc_wait) {
    return done(fail(malformed("the timeout of RRPC is 8 s at most")));
  }
  const auto id = platform_.calls().next_id();
  std::string whole = system_topic(device, "rrpc/request/" + std::to_string(id));
  auto kind = alink::topic_kind::rrpc_response;
  if (!topic.empty()) {
    whole = "/ext/rrpc/" + std::to_string(id);
    whole.append(topic.starts_with('/') ? "" : "/").append(topic);
    kind = alink::topic_kind::ext_rrpc;
    if (whole.find_first_of("+#") != std::string::npos
        || !alink::topic_rights(whole, who.product_key, who.device_name).may_subscribe) {
      return done(fail(malformed("that is no topic of this device")));
    }
  }
  const broker::turn guard{platform_.core()};
  platform_.calls().begin(id,
                          {.device = device,
                           .kind = kind,
                           .raw = true,
                           .topic = whole,
                           .payload = payload,
                           .qos = mqtt::qos::at_most_once,
                           .patience = alink::rrpc_wait(patience)},
                          std::move(done));
}

} // namespace fleet::cloud
