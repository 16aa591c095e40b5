// What both roles of CoAP share: codes, option numbers and messages as views. No octets are read or
// written here (codec.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "protocol/base/bytes.hpp"

namespace fleet::coap {

/// RFC 7252 §3, T.
enum class message_type : std::uint8_t { confirmable, non_confirmable, acknowledgement, reset };

/// Class and detail in one octet (RFC 7252 §3); the registered ones have names, any other value is
/// a code too.
enum class code : std::uint8_t {
  empty = 0x00,
  get = 0x01,
  post = 0x02,
  put = 0x03,
  remove = 0x04, ///< DELETE
  fetch = 0x05,  ///< RFC 8132, and the next two
  patch = 0x06,
  ipatch = 0x07,
  created = 0x41,
  deleted = 0x42,
  valid = 0x43,
  changed = 0x44,
  content = 0x45,
  continue_ = 0x5f, ///< 2.31, RFC 7959 §2.9.1
  bad_request = 0x80,
  unauthorized = 0x81,
  bad_option = 0x82,
  forbidden = 0x83,
  not_found = 0x84,
  method_not_allowed = 0x85,
  not_acceptable = 0x86,
  request_entity_incomplete = 0x88, ///< 4.08, RFC 7959 §2.9.2
  precondition_failed = 0x8c,
  request_entity_too_large = 0x8d, ///< 4.13
  unsupported_content_format = 0x8f,
  internal_server_error = 0xa0,
  not_implemented = 0xa1,
  bad_gateway = 0xa2,
  service_unavailable = 0xa3,
  gateway_timeout = 0xa4,
  proxying_not_supported = 0xa5
};

constexpr unsigned class_of(code c) noexcept {
  return static_cast<unsigned>(c) >> 5;
}
constexpr unsigned detail_of(code c) noexcept {
  return static_cast<unsigned>(c) & 0x1fU;
}
constexpr code make_code(unsigned of_class, unsigned detail) noexcept {
  return static_cast<code>(of_class << 5 | detail);
}
constexpr bool is_request(code c) noexcept {
  return class_of(c) == 0 && detail_of(c) != 0;
}
constexpr bool is_response(code c) noexcept {
  return class_of(c) >= 2 && class_of(c) <= 5; // 3.xx too (RFC 7252 §12.1)
}
constexpr bool is_success(code c) noexcept {
  return class_of(c) == 2;
}

/// Option numbers (RFC 7252 §5.10, RFC 7959 §2.1 and §4, RFC 7641 §2).
namespace option {
inline constexpr std::uint16_t if_match = 1;
inline constexpr std::uint16_t uri_host = 3;
inline constexpr std::uint16_t etag = 4;
inline constexpr std::uint16_t if_none_match = 5;
inline constexpr std::uint16_t observe = 6;
inline constexpr std::uint16_t uri_port = 7;
inline constexpr std::uint16_t location_path = 8;
inline constexpr std::uint16_t uri_path = 11;
inline constexpr std::uint16_t content_format = 12;
inline constexpr std::uint16_t max_age = 14;
inline constexpr std::uint16_t uri_query = 15;
inline constexpr std::uint16_t accept = 17;
inline constexpr std::uint16_t location_query = 20;
inline constexpr std::uint16_t block2 = 23;
inline constexpr std::uint16_t block1 = 27;
inline constexpr std::uint16_t size2 = 28;
inline constexpr std::uint16_t proxy_uri = 35;
inline constexpr std::uint16_t proxy_scheme = 39;
inline constexpr std::uint16_t size1 = 60;
} // namespace option

/// An option that must be understood (RFC 7252 §5.4.1).
constexpr bool is_critical(std::uint16_t option_number) noexcept {
  return (option_number & 1) != 0;
}
/// Whether the option is part of what tells two requests apart (RFC 7252 §5.4.2, §5.6).
constexpr bool is_cache_key(std::uint16_t option_number) noexcept {
  return (option_number & 0x1eU) != 0x1cU;
}

/// Content formats used here (RFC 7252 §12.3).
namespace content_format {
inline constexpr std::uint32_t text = 0;
inline constexpr std::uint32_t octets = 42;
inline constexpr std::uint32_t json = 50;
inline constexpr std::uint32_t cbor = 60;
} // namespace content_format

inline constexpr std::size_t token_max = 8;          ///< octets (RFC 7252 §3)
inline constexpr std::size_t message_default = 1152; ///< octets of a datagram (RFC 7252 §4.6)
inline constexpr std::size_t payload_default = 1024; ///< octets (RFC 7252 §4.6)
inline constexpr std::size_t options_max = 64;       ///< in one message, ours and the peer's

struct option_view {
  std::uint16_t number = 0;
  bytes_view value;
};
using options_view = std::span<const option_view>;

/// A message; `options` are as on the wire and whole: see option_reader.
struct message_view {
  message_type type = message_type::confirmable;
  coap::code code = code::empty;
  std::uint16_t id = 0;
  bytes_view token;
  bytes_view options;
  bytes_view payload;
};

/// Why a datagram is no message that can be taken.
enum class violation : std::uint8_t {
  too_short,        ///< less than the header's four octets
  wrong_version,    ///< not 1; must be ignored in silence (§3)
  too_large,        ///< more octets than the limit
  token_too_long,   ///< lengths 9 to 15 are reserved (§3)
  truncated_token,  ///< fewer octets than the header says
  empty_with_more,  ///< code 0.00 and octets after the message id (§4.1)
  reserved_class,   ///< classes 1, 6 and 7 (§4.2)
  bad_option,       ///< a nibble of 15, more octets than there are, or a number over 65,535 (§3.1)
  too_many_options, ///< over options_max
  empty_payload     ///< a payload marker with nothing behind it (§3)
};
/// One clear sentence without a full stop, for logs and reports.
std::string_view text(violation why) noexcept;

} // namespace fleet::coap
