// Topics of calls, apart and together.
#include "protocol/alink/rrpc.hpp"

#include <algorithm>

#include "protocol/alink/topics.hpp"

namespace fleet::alink {

namespace {

constexpr std::string_view ext_head = "/ext/rrpc/";

bool valid_id(std::string_view id) noexcept {
  return !id.empty() && id.size() <= max_rrpc_id
         && std::all_of(id.begin(), id.end(), [](char c) { return c >= '0' && c <= '9'; });
}

std::optional<rrpc_call> parse(std::string_view text, topic_kind system_kind) noexcept {
  const topic where = parse_topic(text);
  rrpc_call out;
  out.product_key = where.product_key;
  out.device_name = where.device_name;
  if (where.kind == system_kind) {
    out.message_id = where.rest;
  } else if (where.kind == topic_kind::ext_rrpc) {
    const std::size_t slash = where.rest.find('/');
    out.form = rrpc_form::custom;
    out.message_id = where.rest.substr(0, slash);
    out.topic = where.rest.substr(slash); // parse_topic() saw that there is one
  }
  return valid_id(out.message_id) ? std::optional{out} : std::nullopt;
}

void append_system(byte_buffer& out, const rrpc_call& call, std::string_view way) {
  const std::string_view parts[] = {"/sys/",          call.product_key, "/",
                                    call.device_name, "/rrpc/",         way};
  for (const std::string_view part : parts) {
    out.append(part);
  }
}

void append_custom(byte_buffer& out, const rrpc_call& call, std::string_view id) {
  out.append(ext_head);
  out.append(id);
  out.append(call.topic);
}

} // namespace

std::optional<rrpc_call> parse_rrpc_request(std::string_view topic) noexcept {
  return parse(topic, topic_kind::rrpc_request);
}

std::optional<rrpc_call> parse_rrpc_response(std::string_view topic) noexcept {
  return parse(topic, topic_kind::rrpc_response);
}

void append_rrpc_request_topic(byte_buffer& out, const rrpc_call& call) {
  if (call.form == rrpc_form::custom) {
    append_custom(out, call, call.message_id);
    return;
  }
  append_system(out, call, "request/");
  out.append(call.message_id);
}

void append_rrpc_response_topic(byte_buffer& out, const rrpc_call& call) {
  if (call.form == rrpc_form::custom) {
    append_custom(out, call, call.message_id);
    return;
  }
  append_system(out, call, "response/");
  out.append(call.message_id);
}

void append_rrpc_filter(byte_buffer& out, const rrpc_call& call) {
  if (call.form == rrpc_form::custom) {
    append_custom(out, call, "+");
    return;
  }
  append_system(out, call, "request/+");
}

std::string_view rrpc_service(const rrpc_call& call) noexcept {
  const topic inner = parse_topic(call.topic);
  if (inner.reply) {
    return {};
  }
  if (inner.kind == topic_kind::service) {
    return inner.rest;
  }
  return inner.kind == topic_kind::property_set   ? "property.set"
         : inner.kind == topic_kind::property_get ? "property.get"
                                                  : std::string_view{};
}

std::uint64_t rrpc_number(std::string_view message_id) noexcept {
  std::uint64_t number = 0;
  for (const char c : message_id.substr(0, max_rrpc_id)) {
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return number;
}

std::string_view rrpc_outcome_name(rrpc_outcome outcome) noexcept {
  switch (outcome) {
    case rrpc_outcome::success: return "SUCCESS";
    case rrpc_outcome::timeout: return "TIMEOUT";
    case rrpc_outcome::offline: return "OFFLINE";
    case rrpc_outcome::half_connection: return "HALFCONN";
    case rrpc_outcome::unknown: return "UNKNOW";
  }
  return {};
}

} // namespace fleet::alink
