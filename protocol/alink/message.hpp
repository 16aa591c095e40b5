// The Alink envelope (aliyun-iot.md §10): requests and replies written straight into a buffer, and
// taken apart again. What their params mean is the thing model's business.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "protocol/alink/reply_codes.hpp"
#include "protocol/base/json.hpp"

namespace fleet::alink {

enum class message_state : std::uint8_t {
  good,
  malformed, ///< broken, hostile or oversize JSON; `id` may be known all the same: reply 460 then
             ///< (§23)
  no_object  ///< nothing like an envelope
};

/// An envelope taken apart; absent fields are empty. Views point into the octets that were parsed;
/// the members last until the reader reads again.
struct message {
  message_state state = message_state::good;
  std::string_view id;              ///< raw: `"12"` with its quotes, or `12`; to be echoed as it is
  std::string_view method;          ///< between its quotes
  std::string_view version;         ///< between its quotes
  std::optional<std::int64_t> code; ///< a reply; read from a number or a string
  std::string_view params;          ///< raw
  std::string_view data;            ///< raw
  std::span<const json_member> params_members;
  std::span<const json_member> data_members;
  bool wants_reply = true; ///< false for `"sys":{"ack":0}`
};

/// Longest id that is understood, raw: what is echoed must not grow with the peer's whim.
inline constexpr std::size_t max_raw_id = 256;

/// Takes one envelope apart. A repeated field of the envelope makes it malformed; unknown fields
/// are ignored; an id that is neither string nor number, or longer than max_raw_id, is none.
message parse_message(json_reader& reader, bytes_view octets);

/// The raw id of an envelope whose JSON is broken behind it; empty if there is none. Linear.
std::string_view recover_id(std::string_view text) noexcept;

/// Where the params of a request go: append them between begin and end.
/// `{"id":"N","version":"1.0","params":` … `,"method":"M"}`
void begin_request(byte_buffer& out, std::uint64_t id);
void end_request(byte_buffer& out, std::string_view method);

/// A whole request of a device; `params` is JSON.
void append_request(byte_buffer& out, std::uint64_t id, std::string_view method,
                    std::string_view params);

/// §11.1: the members of params, without their braces, as pre-formatted JSON.
void append_property_post(byte_buffer& out, std::uint64_t id, std::string_view members);

/// What the platform's calls say their version is (§24).
inline constexpr std::string_view call_version = "1.0.0";

/// §11.3, as the platform writes it: method first. `params` is JSON.
void append_property_set(byte_buffer& out, std::uint64_t id, std::string_view params,
                         std::string_view version = call_version);
/// §11.5, likewise.
void append_service_call(byte_buffer& out, std::uint64_t id, std::string_view service,
                         std::string_view params, std::string_view version = call_version);

/// A reply: `raw_id` echoed as it came, with its JSON type, `""` if it is empty; `data` is JSON and
/// always present; `message` and `method` are left out when empty.
struct reply_fields {
  std::string_view raw_id;
  std::int64_t code = code_success;
  std::string_view data = "{}";
  std::string_view message = {};
  std::string_view method = {};
};
void append_reply(byte_buffer& out, const reply_fields& reply);

} // namespace fleet::alink
