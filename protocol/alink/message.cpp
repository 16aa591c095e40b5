// Envelopes in and out.
#include "protocol/alink/message.hpp"

#include <algorithm>

#include "protocol/base/json_write.hpp"

namespace fleet::alink {

namespace {

enum field : std::size_t { id, method, version, code, params, data, sys, field_count };
constexpr std::string_view field_names[field_count] = {"id",     "method", "version", "code",
                                                       "params", "data",   "sys"};

std::size_t field_of(std::string_view key) noexcept {
  return static_cast<std::size_t>(std::find(field_names, field_names + field_count, key)
                                  - field_names);
}

std::string_view unquoted(const json_member& m) noexcept {
  return m.type == json_type::string ? m.value.substr(1, m.value.size() - 2) : std::string_view{};
}

bool is_id(json_type type) noexcept {
  return type == json_type::string || type == json_type::number;
}

bool declines_reply(std::span<const json_member> sys_members) noexcept {
  return std::any_of(sys_members.begin(), sys_members.end(),
                     [](const json_member& m) { return m.key == "ack" && m.value == "0"; });
}

void take(message& out, std::size_t which, const json_member& m, const json_reader& reader) {
  switch (which) {
    case id:
      out.id = is_id(m.type) && m.value.size() <= max_raw_id ? m.value : std::string_view{};
      break;
    case method: out.method = unquoted(m); break;
    case version: out.version = unquoted(m); break;
    case code: out.code = json_integer(m.type == json_type::string ? unquoted(m) : m.value); break;
    case params:
      out.params = m.value;
      out.params_members = reader.children(m);
      break;
    case data:
      out.data = m.value;
      out.data_members = reader.children(m);
      break;
    case sys: out.wants_reply = !declines_reply(reader.children(m)); break;
    default: break; // a field nobody here knows
  }
}

/// Where a string that begins behind a quote ends, or npos.
std::size_t string_end(std::string_view text, std::size_t at) noexcept {
  for (; at < text.size(); ++at) {
    if (text[at] == '"') {
      return at;
    }
    at += text[at] == '\\' ? 1 : 0;
  }
  return std::string_view::npos;
}

std::size_t skip_blanks(std::string_view text, std::size_t at) noexcept {
  return std::min(text.find_first_not_of(" \t\r\n", at), text.size());
}

/// The string or number that begins at `at`, raw; empty if it is neither or does not end.
std::string_view scalar_at(std::string_view text, std::size_t at) noexcept {
  if (at == text.size()) {
    return {};
  }
  if (text[at] == '"') {
    const std::size_t end = string_end(text, at + 1);
    return end == std::string_view::npos ? std::string_view{} : text.substr(at, end + 1 - at);
  }
  const std::size_t end = text.find_first_not_of("-0123456789", at);
  const bool delimited = end != std::string_view::npos
                         && std::string_view{",} \t\r\n"}.find(text[end]) != std::string_view::npos;
  const std::string_view number = text.substr(at, end - at);
  const std::string_view digits = number.substr(number.starts_with('-') ? 1 : 0);
  const bool padded = digits.size() > 1 && digits.front() == '0'; // RFC 8259 §6
  return delimited && !padded && json_integer(number) ? number : std::string_view{};
}

} // namespace

std::string_view recover_id(std::string_view text) noexcept {
  std::size_t depth = 0;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    depth += c == '{' || c == '[' ? 1 : 0;
    depth -= (c == '}' || c == ']') && depth > 0 ? 1 : 0;
    if (c != '"') {
      continue;
    }
    const std::size_t end = string_end(text, at + 1);
    if (end == std::string_view::npos) {
      return {};
    }
    const std::size_t colon = skip_blanks(text, end + 1);
    if (depth == 1 && text.substr(at + 1, end - at - 1) == "id" && colon < text.size()
        && text[colon] == ':') {
      const std::string_view raw = scalar_at(text, skip_blanks(text, colon + 1));
      // It will be echoed: it must not break the reply that carries it.
      const bool clean = std::all_of(raw.begin(), raw.end(),
                                     [](char x) { return x >= 0x20 && x < 0x7f && x != '\\'; });
      return clean && raw.size() <= max_raw_id ? raw : std::string_view{};
    }
    at = end;
  }
  return {};
}

message parse_message(json_reader& reader, bytes_view octets) {
  message out;
  const json_error error = reader.read(octets);
  unsigned seen = 0;
  bool repeated = false;
  if (!reader.is_array()) {
    for (const json_member& m : reader.top()) {
      const std::size_t which = field_of(m.key);
      repeated = repeated || (which != field_count && (seen >> which & 1U) != 0);
      if ((seen >> which & 1U) == 0) {
        take(out, which, m, reader);
      }
      seen |= which != field_count ? 1U << which : 0U;
    }
  }
  if (error == json_error::none && !repeated) {
    out.state = reader.is_array() ? message_state::no_object : message_state::good;
    return out;
  }
  // Nothing but the id may be used of what is broken.
  message broken;
  broken.state =
      error == json_error::no_container ? message_state::no_object : message_state::malformed;
  broken.id = out.id;
  if (broken.id.empty() && error == json_error::malformed) {
    broken.id = recover_id(as_text(octets));
  }
  return broken;
}

void begin_request(byte_buffer& out, std::uint64_t request_id) {
  out.append(std::string_view{R"({"id":")"});
  append_unsigned(out, request_id);
  out.append(std::string_view{R"(","version":"1.0","params":)"});
}

void end_request(byte_buffer& out, std::string_view method_name) {
  out.append(std::string_view{R"(,"method":")"});
  out.append(method_name);
  out.append(std::string_view{"\"}"});
}

void append_request(byte_buffer& out, std::uint64_t request_id, std::string_view method_name,
                    std::string_view params_json) {
  begin_request(out, request_id);
  out.append(params_json);
  end_request(out, method_name);
}

void append_property_post(byte_buffer& out, std::uint64_t request_id, std::string_view members) {
  begin_request(out, request_id);
  out.push('{');
  out.append(members);
  out.push('}');
  end_request(out, "thing.event.property.post");
}

void append_property_set(byte_buffer& out, std::uint64_t request_id, std::string_view params_json,
                         std::string_view version_text) {
  append_service_call(out, request_id, "property.set", params_json, version_text);
}

void append_service_call(byte_buffer& out, std::uint64_t request_id, std::string_view service,
                         std::string_view params_json, std::string_view version_text) {
  out.append(std::string_view{R"({"method":"thing.service.)"});
  out.append(service);
  out.append(std::string_view{R"(","id":")"});
  append_unsigned(out, request_id);
  out.append(std::string_view{R"(","params":)"});
  out.append(params_json);
  out.append(std::string_view{R"(,"version":")"});
  out.append(version_text);
  out.append(std::string_view{"\"}"});
}

void append_reply(byte_buffer& out, const reply_fields& reply) {
  out.append(std::string_view{R"({"id":)"});
  out.append(reply.raw_id.empty() ? std::string_view{"\"\""} : reply.raw_id);
  out.append(std::string_view{R"(,"code":)"});
  append_integer(out, reply.code);
  out.append(std::string_view{R"(,"data":)"});
  out.append(reply.data);
  if (!reply.message.empty()) {
    out.append(std::string_view{R"(,"message":)"});
    append_json_text(out, reply.message);
  }
  if (!reply.method.empty()) {
    out.append(std::string_view{R"(,"method":")"});
    out.append(reply.method);
    out.push('"');
  }
  out.push('}');
}

} // namespace fleet::alink
