// Replies of either side beyond the bare envelope (aliyun-iot.md §10, §11): reading one, answering
// with values, and telling requests, replies and raw octets apart.
#pragma once

#include "protocol/alink/message.hpp"
#include "protocol/alink/thing_sample.hpp"

namespace fleet::alink {

/// The number an id stands for, `"12"` or `12`; none if it is no decimal from 0 to 4294967295
/// (§10).
std::optional<std::uint32_t> request_number(std::string_view raw_id) noexcept;

enum class reply_fault : std::uint8_t {
  none,
  malformed, ///< no envelope, or a broken one
  no_id,     ///< nothing to tell by which request it answers
  no_code    ///< no `code`, or one that is no integer: a request, or not Alink
};

/// A reply taken apart; the members last as long as those of the message.
struct reply_view {
  reply_fault fault = reply_fault::malformed;
  std::string_view raw_id;
  std::optional<std::uint32_t> number; ///< of raw_id; none for ids that are no plain decimals
  std::int64_t code = 0;
  std::string_view data; ///< raw, any type; empty if there was none, which V2.10 would not take
  std::span<const json_member> members; ///< of data
  [[nodiscard]] bool good() const noexcept { return fault == reply_fault::none; }
  [[nodiscard]] bool succeeded() const noexcept { return good() && code == code_success; }
};
reply_view read_reply(const message& reply) noexcept;

/// A reply with a code of §10.1, its message from the table, data `{}`.
void append_code_reply(byte_buffer& out, std::string_view raw_id, std::int64_t code);

/// A good reply whose data is a map of values: property get (§11.4), the outputs of a service
/// (§11.5). Read its members from reply_view.
void append_values_reply(byte_buffer& out, std::string_view raw_id, std::span<const sample> values);

/// What CMP takes an incoming payload for (§10).
enum class payload_class : std::uint8_t {
  raw,     ///< not JSON, or an object without id
  request, ///< id, method and params
  reply,   ///< id, code and data
  broken   ///< an id, but neither a whole request nor a whole reply
};
payload_class classify(const message& payload) noexcept;

} // namespace fleet::alink
