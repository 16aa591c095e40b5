// What the platform asks of a thing and what it answers (aliyun-iot.md §11.3 to §11.6, §14.6, §15,
// §16.7): property set and get, services in both call types, raw octets, RRPC, orders.
#include <algorithm>
#include <array>
#include <charconv>

#include "actors/device/cookie.hpp"
#include "actors/device/device.hpp"
#include "actors/device/speech_scratch.hpp"
#include "actors/device/thing_arrival.hpp"
#include "protocol/base/json_write.hpp"
#include "protocol/tsl/sample.hpp"

namespace fleet::actors {

namespace {

using alink::topic_kind;

/// First octet of what a device answers to raw octets; their number follows.
constexpr std::uint8_t raw_answer = 0x81;

/// What a device refuses a command with, whatever is wrong with it (§10.1).
constexpr std::int64_t refusal = alink::code_parameter_error;

/// An RRPC id between quotes.
constexpr std::size_t max_quoted_rrpc_id = alink::max_rrpc_id + 2;

bool is_command(topic_kind kind) noexcept {
  return kind == topic_kind::property_set || kind == topic_kind::property_get
         || kind == topic_kind::service;
}

bool is_order(topic_kind kind) noexcept {
  return kind == topic_kind::disable || kind == topic_kind::enable || kind == topic_kind::remove;
}

/// The property that an identifier, dotted or not, belongs to.
std::string_view property_of(std::string_view identifier) noexcept {
  return identifier.substr(0, identifier.find('.'));
}

mqtt::qos answer_qos(mqtt::qos asked) noexcept {
  return std::min(asked, mqtt::qos::at_least_once);
}

} // namespace

bool thing::take(const mqtt::message_view& message) {
  if (features().takes_rrpc()) {
    const auto call = alink::parse_rrpc_request(message.topic);
    if (call && call->product_key == product_key_ && call->device_name == device_name_) {
      take_rrpc(message, *call);
      return true;
    }
  }
  const arrival m{message, alink::parse_topic(message.topic)};
  if (m.topic.kind == topic_kind::broadcast) {
    if (features().broadcasts && alink::read_broadcast(m.topic, message.payload, product_key_)) {
      bump(counts().broadcasts);
      (void)note_tag(message);
    }
    return true;
  }
  if (m.topic.product_key != product_key_ || m.topic.device_name != device_name_) {
    return false;
  }
  if (m.topic.kind == topic_kind::ntp_response) {
    take_time(message.payload);
    return true;
  }
  if (m.topic.kind == topic_kind::shadow_get) {
    take_shadow(message.payload);
    return true;
  }
  return m.topic.reply ? take_reply(m) : take_request(m);
}

bool thing::note_tag(const mqtt::message_view& message) {
  const auto found = ledger::find_tag(message.payload);
  switch (found.state) {
    case ledger::tag_state::corrupted: bump(counts().downlink_corrupted); return false;
    case ledger::tag_state::intact:
      if (ledger::is_new(slot_.downlink.accept(found.what, message.dup, slot_.connections))) {
        bump(counts().ledger_commands);
      }
      slot_.trace.note(now(), happening::command, found.what.sequence);
      return true;
    case ledger::tag_state::absent: return true;
  }
  FLEET_CHECK(false);
}

bool thing::take_request(const arrival& m) {
  const auto kind = m.topic.kind;
  if (is_command(kind)) {
    // Without a model there is nothing to judge by: the plain device takes it as it comes. A
    // sub-device has none beside it, and takes it by the plain device's model.
    if (!features().model && link_.has_plain_device()) {
      return false;
    }
    if (note_tag(m.message)) {
      obey(m);
    }
    return true;
  }
  if (kind == topic_kind::model_down_raw) {
    take_raw(m);
    return true;
  }
  const bool config = kind == topic_kind::config_push && features().config_push;
  if (!config && !is_order(kind) && kind != topic_kind::event_notify) {
    return false;
  }
  const auto request = alink::parse_message(around_.speech->json, m.message.payload);
  if (config) {
    const auto offer = alink::read_config_push(request, config_transport());
    take_config(offer, request.id, m.message.qos);
  } else {
    const int code =
        is_order(kind) ? alink::read_order(request) : alink::read_event_notify(request).code;
    answer(m, {.raw_id = request.id, .code = code});
  }
  return true;
}

void thing::obey(const arrival& m) {
  const auto request = alink::parse_message(around_.speech->json, m.message.payload);
  const std::string_view service = m.topic.kind == topic_kind::property_set   ? "property.set"
                                   : m.topic.kind == topic_kind::property_get ? "property.get"
                                                                              : m.topic.rest;
  auto& values = around_.part;
  values.clear();
  const auto code = run(request, service, values);
  if (request.wants_reply || request.state != alink::message_state::good) {
    answer(m, {.raw_id = request.id, .code = code, .data = as_text(values.view())});
  }
  if (code == alink::code_success) {
    post_what_was_set(request, service);
  }
}

std::int64_t thing::run(const alink::message& request, std::string_view service,
                        byte_buffer& values) {
  std::int64_t code = refusal;
  values.push('{');
  if (request.state == alink::message_state::good) {
    if (service == "property.set") {
      code = set_properties(request);
    } else if (service == "property.get") {
      code = get_properties(request, values);
    } else {
      const auto call = alink::read_service_call(request, service);
      code = call.code == alink::code_success ? call_service(call, values) : refusal;
    }
  }
  values.push('}');
  if (code != alink::code_success) {
    bump(counts().commands_refused);
  }
  return code;
}

std::int64_t thing::set_properties(const alink::message& request) {
  const auto wanted = alink::read_property_set(request);
  if (wanted.code != alink::code_success
      || !state_.set_all(wanted.members, tsl::access_right::write).ok()) {
    return refusal;
  }
  bump(counts().commands);
  return alink::code_success;
}

std::int64_t thing::get_properties(const alink::message& request, byte_buffer& values) {
  const auto wanted = alink::read_property_get(request);
  if (wanted.code != alink::code_success
      || !tsl::check_property_names(model(), wanted.identifiers).ok()) {
    return refusal;
  }
  std::vector<std::string_view> names;
  for (const auto& element : wanted.identifiers) {
    names.push_back(alink::identifier_at(element));
  }
  for (const auto name : names) {
    read_sensor(name);
  }
  if (!names.empty()) {
    append_members(values, names);
  }
  return alink::code_success;
}

std::int64_t thing::call_service(const alink::service_request& call, byte_buffer& values) {
  const auto* service = model().find_service(call.service);
  if (service == nullptr || !tsl::check_service_input(model(), call.service, call.inputs).ok()) {
    return refusal;
  }
  // An input that is a property's name sets it: what the service does to the thing.
  for (const auto& input : call.inputs) {
    (void)state_.set(input.key, input.value);
  }
  for (const auto& output : service->output) {
    values.append(std::string_view{&output == service->output.data() ? "" : ","});
    append_json_text(values, output.identifier);
    values.push(':');
    append_output(values, output, call.inputs);
  }
  bump(counts().services_answered);
  return alink::code_success;
}

/// The property of that name, the input of that name, or a value of the type.
void thing::append_output(byte_buffer& out, const tsl::parameter& output,
                          std::span<const json_member> inputs) {
  const auto* property = model().find_property(output.identifier);
  if (property != nullptr && property->type == output.type) {
    read_sensor(output.identifier);
    state_.append_value(out, output.identifier);
    return;
  }
  for (const auto& input : inputs) {
    if (input.key == output.identifier && tsl::check_value(output.type, input.value).ok()) {
      out.append(input.value);
      return;
    }
  }
  tsl::append_sample(out, output.type, values_);
}

/// The reply comes first, then the new values (§11.3).
void thing::post_what_was_set(const alink::message& request, std::string_view service) {
  if (service != "property.set") {
    return;
  }
  std::vector<std::string_view> names;
  for (const auto& member : request.params_members) {
    const auto name = property_of(member.key);
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(name);
    }
  }
  post_values(names);
}

void thing::answer(const arrival& m, const alink::reply_fields& reply) {
  if (reply.raw_id.empty()) {
    return; // nobody could tell what it answers (§23)
  }
  alink::append_reply(fresh_payload(), reply);
  alink::topic where = m.topic;
  where.reply = true;
  (void)send(where, answer_qos(m.message.qos));
}

void thing::take_raw(const arrival& m) {
  if (!alink::read_raw(m.topic, m.message.payload) || !note_tag(m.message)) {
    return;
  }
  auto& out = fresh_payload();
  out.push(raw_answer);
  out.append_u16(
      static_cast<std::uint16_t>(std::min<std::size_t>(m.message.payload.size(), 0xffff)));
  alink::topic where = m.topic;
  where.reply = true;
  if (send(where, answer_qos(m.message.qos))) {
    bump(counts().commands);
  }
}

/// An Alink request is done as one; other octets are answered with their number and digest. What is
/// an answer already, our own sent back among them, is nobody's question.
void thing::take_rrpc(const mqtt::message_view& message, const alink::rrpc_call& call) {
  const auto request = alink::parse_message(around_.speech->json, message.payload);
  const auto what = alink::classify(request);
  if (what == alink::payload_class::reply || !note_tag(message)) {
    return;
  }
  auto& values = around_.part;
  values.clear();
  std::string_view service = alink::rrpc_service(call);
  if (service.empty()) {
    service = alink::service_of(request.method);
  }
  std::int64_t code = alink::code_success;
  std::array<char, max_quoted_rrpc_id> id;
  std::string_view raw_id = request.id;
  // Where the topic names the service, the method may be missing (§23).
  const bool known =
      !service.empty() && request.state == alink::message_state::good && !request.id.empty();
  if (known) {
    code = run(request, service, values);
  } else {
    id[0] = '"';
    std::copy(call.message_id.begin(), call.message_id.end(), id.begin() + 1);
    id[call.message_id.size() + 1] = '"';
    raw_id = {id.data(), call.message_id.size() + 2};
    object_writer data{values};
    data.integer("octets", static_cast<std::int64_t>(message.payload.size()));
    std::array<char, 16> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(),
                                   hash_text(as_text(message.payload)), 16)
                         .ptr;
    data.text("digest", {digits.data(), static_cast<std::size_t>(end - digits.data())});
    data.end();
  }
  alink::append_reply(fresh_payload(),
                      {.raw_id = raw_id, .code = code, .data = as_text(values.view())});
  auto& topic = around_.address;
  topic.clear();
  alink::append_rrpc_response_topic(topic, call);
  if (send_to(as_text(topic.view()), answer_qos(message.qos), now(), untagged)) {
    bump(counts().rrpc_answered);
  }
  if (known && code == alink::code_success) {
    post_what_was_set(request, service);
  }
}

} // namespace fleet::actors
