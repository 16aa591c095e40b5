// What both roles of HTTP/1.1 share: fields, limits, and the ways in which a peer misbehaves.
// No parsing (reader.hpp) and no writing (writer.hpp).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "protocol/base/time.hpp"

namespace fleet::http {

/// One header field. Names mean the same in any letter case.
struct field {
  std::string_view name;
  std::string_view value;
};
using fields_view = std::span<const field>;

/// The value of the first field of that name, if there is one.
std::optional<std::string_view> find_field(fields_view fields, std::string_view name) noexcept;

/// Equality without regard to ASCII letter case.
bool same_word(std::string_view a, std::string_view b) noexcept;

/// Whether `text` is a token of RFC 9110 §5.6.2: a method or the name of a field.
bool valid_token(std::string_view text) noexcept;
/// Whether `text` may stand as the value of a field: no control characters but tabs, no blank at
/// either end.
bool valid_value(std::string_view text) noexcept;
/// Whether `text` is a Host that can be told apart from everything around it: a name or an address,
/// a port perhaps (RFC 9110 §7.2).
bool valid_host(std::string_view text) noexcept;

/// What is taken from a peer; shared by many connections. Sizes in octets.
struct read_limits {
  std::uint32_t start_line_max = 4096; ///< request line or status line, without its end
  std::uint32_t head_max = 8192;       ///< start line and all fields, with their ends
  std::uint16_t fields_max = 64;
  std::uint64_t body_max = 256 * 1024; ///< of a body that is collected
};

/// Octets of a chunk's size line or of all trailers; more is bad_chunk.
inline constexpr std::size_t chunk_line_max = 4096;
/// Empty lines taken before a start line (RFC 9112 §2.2).
inline constexpr unsigned leading_lines_max = 4;

/// Why a connection cannot go on.
enum class violation : std::uint8_t {
  malformed_head,      ///< not RFC 9112; also a line without CR, a folded one, control characters
  start_line_too_long, ///< over start_line_max
  head_too_large,      ///< over head_max
  too_many_fields,     ///< over fields_max
  unsupported_version, ///< neither HTTP/1.0 nor HTTP/1.1
  bad_length,          ///< Content-Length is no number, too large, contradicts another one or a
                       ///< Transfer-Encoding
  bad_transfer_coding, ///< Transfer-Encoding in HTTP/1.0, twice, or beside a Content-Length
  unknown_transfer_coding, ///< any other than `chunked` alone
  bad_host,                ///< Host missing in HTTP/1.1, twice, or unreadable
  unknown_expectation,     ///< Expect other than `100-continue`
  body_too_large,          ///< over body_max
  bad_chunk,               ///< a size that is none, a chunk not ended by CRLF, endless extensions
  pipelined_too_far,       ///< requests sent ahead of the answers fill more than pipelined_max
  unsolicited,             ///< octets that answer no request
  too_many_interim,        ///< 1xx answers without end, or a switch of protocols nobody asked for
  closed_early,            ///< the transport ended within a message
  timed_out,               ///< a deadline passed within a message
  idle                     ///< nothing is wrong: no next request came in time
};
std::string_view to_string(violation why) noexcept;

/// The status that a server answers a violation with; 0 for none at all.
std::uint16_t status_of(violation why) noexcept;

/// Why a message of our own is not sent; nothing was written then.
enum class write_error : std::uint8_t {
  none,
  busy,           ///< a request is in flight already
  over,           ///< the connection takes no more
  bad_start_line, ///< method, target or host would not be read back as given
  bad_field,      ///< so would a field; or it is one that the machine writes itself
  too_large       ///< a head over 32 KiB, or more than max_fields_written fields
};
inline constexpr std::size_t max_head_written = 32 * 1024; ///< octets of names and values
inline constexpr std::size_t max_fields_written = 128;

} // namespace fleet::http
