// Commands out and in.
#include "protocol/alink/thing_command.hpp"

#include <algorithm>

#include "protocol/alink/fields.hpp"
#include "protocol/alink/methods.hpp"
#include "protocol/base/json_write.hpp"

namespace fleet::alink {

namespace {

using fields::code_family;

/// §24: calls of the platform carry version 1.0.0, and the method comes first.
void begin_call(byte_buffer& out, std::uint64_t id, std::string_view service) {
  out.append(std::string_view{R"({"method":"thing.service.)"});
  out.append(service);
  out.append(std::string_view{R"(","id":")"});
  append_unsigned(out, id);
  out.append(std::string_view{R"(","params":)"});
}

void end_call(byte_buffer& out) {
  out.append(std::string_view{R"(,"version":"1.0.0"})"});
}

void append_inputs(byte_buffer& out, std::span<const sample> inputs) {
  object_writer object{out};
  for (const sample& s : inputs) {
    object.raw(s.identifier, s.value);
  }
  object.end();
}

bool too_many_or_twice(std::span<const json_member> members) noexcept {
  return members.size() > max_command_members || fields::repeats_key(members);
}

} // namespace

void append_property_set(byte_buffer& out, std::uint64_t id, std::span<const sample> values) {
  append_service_call(out, id, "property.set", values);
}

property_set_request read_property_set(const message& request) noexcept {
  property_set_request out;
  out.code = fields::params_fault(request, json_type::object, code_family::general);
  if (out.code == code_success && too_many_or_twice(request.params_members)) {
    out.code = code_parameter_error;
  }
  if (out.code == code_success) {
    out.members = request.params_members;
  }
  return out;
}

void append_property_get(byte_buffer& out, std::uint64_t id,
                         std::span<const std::string_view> identifiers) {
  begin_call(out, id, "property.get");
  out.push('[');
  for (std::size_t i = 0; i < identifiers.size(); ++i) {
    out.append(std::string_view{i > 0 ? "," : ""});
    append_json_text(out, identifiers[i]);
  }
  out.push(']');
  end_call(out);
}

property_get_request read_property_get(const message& request) noexcept {
  property_get_request out;
  out.code = fields::params_fault(request, json_type::array, code_family::general);
  const auto& elements = request.params_members;
  if (out.code != code_success) {
    return out;
  }
  if (elements.size() > max_command_members
      || std::any_of(elements.begin(), elements.end(),
                     [](const json_member& m) { return identifier_at(m).empty(); })) {
    out.code = code_parameter_error;
    return out;
  }
  out.identifiers = elements;
  return out;
}

std::string_view identifier_at(const json_member& element) noexcept {
  return fields::text_of(element.value);
}

void append_service_call(byte_buffer& out, std::uint64_t id, std::string_view service,
                         std::span<const sample> inputs) {
  begin_call(out, id, service);
  append_inputs(out, inputs);
  end_call(out);
}

service_request read_service_call(const message& request, std::string_view by_topic) noexcept {
  service_request out;
  const std::string_view service = by_topic.empty() ? service_of(request.method) : by_topic;
  const bool wants_list = service == "property.get";
  out.code = fields::params_fault(request, wants_list ? json_type::array : json_type::object,
                                  code_family::general);
  if (out.code == code_success
      && (service.empty() || (!wants_list && too_many_or_twice(request.params_members))
          || (wants_list && read_property_get(request).code != code_success))) {
    out.code = code_parameter_error;
  }
  if (out.code == code_success) {
    out.service = service;
    out.inputs = request.params_members;
    out.raw = request.params;
  }
  return out;
}

void append_event_notify(byte_buffer& out, std::uint64_t id, std::string_view identifier,
                         std::string_view value) {
  begin_request(out, id);
  object_writer object{out};
  object.text("identifier", identifier);
  object.raw("value", value);
  object.end();
  end_request(out, topic_kind::event_notify);
}

event_notification read_event_notify(const message& request) noexcept {
  constexpr std::string_view names[] = {"identifier", "value"};
  event_notification out;
  out.code = fields::params_fault(request, json_type::object, code_family::general);
  if (out.code != code_success) {
    return out;
  }
  const auto found = fields::pick(request.params_members, names);
  const std::string_view identifier = fields::text_of(found.raw(0));
  if (found.repeated || identifier.empty() || !found.has(1)) {
    out.code = code_parameter_error;
    return out;
  }
  out.identifier = identifier;
  out.value = found.raw(1);
  return out;
}

void append_order(byte_buffer& out, std::uint64_t id, topic_kind kind) {
  begin_request(out, id);
  out.append(std::string_view{"{}"});
  end_request(out, kind);
}

int read_order(const message& request) noexcept {
  return request.state == message_state::good && request.params.empty()
             ? code_success
             : fields::params_fault(request, json_type::object, code_family::general);
}

} // namespace fleet::alink
