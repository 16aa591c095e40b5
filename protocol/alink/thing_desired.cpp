// Desired properties out and in.
#include "protocol/alink/thing_desired.hpp"

#include <algorithm>

#include "protocol/alink/fields.hpp"
#include "protocol/alink/methods.hpp"
#include "protocol/alink/thing_command.hpp"
#include "protocol/base/json_write.hpp"

namespace fleet::alink {

namespace {

constexpr std::string_view names[] = {"value", "version"};

/// Every entry readable; answers how many, or none.
std::optional<std::size_t> whole(std::string_view raw, bool with_values) noexcept {
  desired_cursor cursor{raw, with_values};
  std::size_t count = 0;
  for (desired_property p; cursor.next(p);) {
    ++count;
  }
  return cursor.broken() ? std::nullopt : std::optional{count};
}

void append_properties(byte_buffer& out, std::span<const desired_property> properties) {
  object_writer object{out};
  for (const desired_property& p : properties) {
    object.open(p.identifier);
    if (!p.value.empty()) {
      object.raw("value", p.value);
    }
    if (p.version) {
      object.integer("version", *p.version);
    }
    object.close();
  }
  object.end();
}

} // namespace

void append_desired_get(byte_buffer& out, std::uint64_t id,
                        std::span<const std::string_view> identifiers) {
  begin_request(out, id);
  out.push('[');
  for (std::size_t i = 0; i < identifiers.size(); ++i) {
    out.append(std::string_view{i > 0 ? "," : ""});
    append_json_text(out, identifiers[i]);
  }
  out.push(']');
  end_request(out, topic_kind::desired_get);
}

desired_get_request read_desired_get(const message& request) noexcept {
  desired_get_request out;
  out.code = fields::params_fault(request, json_type::array, fields::code_family::general);
  const auto& elements = request.params_members;
  if (out.code != code_success) {
    return out;
  }
  if (elements.size() > max_desired) {
    out.code = code_list_too_long;
  } else if (std::any_of(elements.begin(), elements.end(),
                         [](const json_member& m) { return identifier_at(m).empty(); })) {
    out.code = code_parameter_error;
  } else {
    out.identifiers = elements;
  }
  return out;
}

void append_desired_reply(byte_buffer& out, std::string_view raw_id,
                          std::span<const desired_property> properties) {
  append_reply(out, {.raw_id = raw_id});
  out.truncate(out.size() - 3); // `{}` of the data and the envelope's brace
  append_properties(out, properties);
  out.push('}');
}

void append_desired_delete(byte_buffer& out, std::uint64_t id,
                           std::span<const desired_property> properties) {
  begin_request(out, id);
  append_properties(out, properties);
  end_request(out, topic_kind::desired_delete);
}

bool desired_cursor::next(desired_property& out) noexcept {
  json_member m;
  if (broken_ || !walk_.next(m)) {
    return false;
  }
  const auto found = fields::pick(m.value, names);
  out.identifier = m.key;
  out.value = found.raw(0);
  out.version = found.has(1) ? fields::integer_of(found.raw(1)) : std::nullopt;
  const bool bad_version = found.has(1) && (!out.version || *out.version < 0);
  broken_ = m.type != json_type::object || m.key.empty() || found.repeated || bad_version
            || (with_values_ && !found.has(0));
  return !broken_;
}

desired_delete_request read_desired_delete(const message& request) noexcept {
  desired_delete_request out;
  const bool listed = request.params.starts_with('[') && request.params_members.size() == 1
                      && request.params_members.front().type == json_type::object;
  out.code = fields::params_fault(request, listed ? json_type::array : json_type::object,
                                  fields::code_family::general);
  if (out.code != code_success) {
    return out;
  }
  const std::string_view raw = listed ? request.params_members.front().value : request.params;
  const auto count = whole(raw, false);
  if (!count) {
    out.code = code_parameter_error;
  } else if (*count > max_desired) {
    out.code = code_list_too_long;
  } else {
    out.properties = raw;
  }
  return out;
}

desired_reply read_desired_reply(const message& reply) noexcept {
  desired_reply out;
  const bool readable = reply.state == message_state::good && reply.code && *reply.code >= 0
                        && *reply.code <= 0x7fff'ffff;
  out.code = readable ? static_cast<int>(*reply.code) : code_parameter_error;
  if (out.code != code_success || !readable) {
    return out;
  }
  if (json_type_of(reply.data) != json_type::object || !whole(reply.data, true)) {
    out.code = code_parameter_error;
    return out;
  }
  out.properties = reply.data;
  return out;
}

} // namespace fleet::alink
