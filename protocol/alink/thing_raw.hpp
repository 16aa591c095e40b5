// Octets that are nobody's JSON (aliyun-iot.md §11.6, §8.1, §9.1): raw pass-through and broadcast.
// The scripts that would understand them are not emulated.
#pragma once

#include <optional>

#include "protocol/alink/message.hpp"
#include "protocol/alink/topics.hpp"

namespace fleet::alink {

inline constexpr std::size_t max_payload = 256 * 1024;         ///< octets by MQTT (§8.1)
inline constexpr std::size_t max_broadcast_octets = 64 * 1024; ///< of one broadcast (§8.1)
inline constexpr std::size_t max_broadcast_listeners = 1000;   ///< subscribers of one topic (§8.1)

/// A raw message with what its topic says of it.
struct raw_message {
  enum class kind : std::uint8_t { up, up_reply, down, down_reply };
  kind what = kind::up;
  bytes_view octets; ///< any number of any octets
};

/// What came on a topic of `model/`; none for other topics, and above max_payload. The octets are
/// not looked at: devices must never take them for JSON.
std::optional<raw_message> read_raw(const topic& where, bytes_view payload) noexcept;

/// The platform's reply to up_raw where no script makes octets of it: `id` is the platform's own;
/// code 200, or 6200, 6201, 6203, 6450, 26001 to 26010 with their text.
void append_up_raw_reply(byte_buffer& out, std::uint64_t id, std::int64_t code = code_success);

/// What the platform's side of a test wants to know of such a reply: its code if it is that JSON.
std::optional<std::int64_t> up_raw_code(json_reader& reader, bytes_view payload);

/// A broadcast to the devices of a product.
struct broadcast_message {
  std::string_view product_key;
  std::string_view name; ///< behind `/broadcast/PK/`, any number of levels
  bytes_view octets;
};

/// What came on a topic; none if it is no broadcast to this product, or is over 64 KiB.
std::optional<broadcast_message> read_broadcast(const topic& where, bytes_view payload,
                                                std::string_view own_product_key) noexcept;

} // namespace fleet::alink
