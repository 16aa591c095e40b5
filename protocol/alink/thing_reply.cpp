// Replies, read and written.
#include "protocol/alink/thing_reply.hpp"

#include "protocol/alink/fields.hpp"

namespace fleet::alink {

std::optional<std::uint32_t> request_number(std::string_view raw_id) noexcept {
  const std::string_view digits = json_plain_text(raw_id).value_or(raw_id);
  const auto number = json_integer(digits);
  const bool plain = digits.size() == 1 || !digits.starts_with('0'); // one spelling for a number
  return number && plain && *number >= 0 && *number <= 0xffff'ffffLL
             ? std::optional{static_cast<std::uint32_t>(*number)}
             : std::nullopt;
}

reply_view read_reply(const message& reply) noexcept {
  reply_view out;
  out.raw_id = reply.id;
  out.number = request_number(reply.id);
  if (reply.state != message_state::good) {
    return out;
  }
  if (!reply.code) {
    out.fault = reply_fault::no_code;
    return out;
  }
  out.code = *reply.code;
  out.data = reply.data;
  out.members = reply.data_members;
  out.fault = reply.id.empty() ? reply_fault::no_id : reply_fault::none;
  return out;
}

void append_code_reply(byte_buffer& out, std::string_view raw_id, std::int64_t code) {
  append_reply(out, {.raw_id = raw_id, .code = code, .message = code_text(code)});
}

void append_values_reply(byte_buffer& out, std::string_view raw_id,
                         std::span<const sample> values) {
  // The envelope first, to be cut open again where its empty data ends: `{}` and the final brace.
  append_reply(out, {.raw_id = raw_id});
  out.truncate(out.size() - 3);
  append_samples(out, values, sample_layout::flat);
  out.push('}');
}

payload_class classify(const message& payload) noexcept {
  if (payload.id.empty()) {
    return payload_class::raw;
  }
  if (payload.state != message_state::good) {
    return payload_class::broken;
  }
  if (payload.code) {
    return payload.data.empty() ? payload_class::broken : payload_class::reply;
  }
  return payload.method.empty() || payload.params.empty() ? payload_class::broken
                                                          : payload_class::request;
}

} // namespace fleet::alink
