// URLs of the two schemes this program speaks: what an OTA message or a command line names. Not a
// general URI reader: what is not needed is refused rather than guessed.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/base/result.hpp"

namespace fleet::http {

inline constexpr std::size_t max_url = 2048; ///< octets
inline constexpr std::size_t max_url_host = 253;

/// Where a request goes.
struct url {
  bool secure = false;    ///< https
  std::string host;       ///< lower case; an IPv6 address in its brackets
  std::uint16_t port = 0; ///< the scheme's own, 80 or 443, where none was given
  std::string target;     ///< path and query, at least `/`; as written, its escapes too

  bool operator==(const url&) const = default;
};

enum class url_error : std::uint8_t {
  too_long,      ///< over max_url, or a host over max_url_host
  bad_scheme,    ///< neither http:// nor https://
  user_info,     ///< a name or password before the host
  bad_host,      ///< empty, or not letters, digits, `-`, `.`, `_`; or a bad address in brackets
  bad_port,      ///< not 1 to 65535
  bad_character, ///< a blank, a control character, or one that only stands escaped
  bad_escape     ///< `%` without two hexadecimal digits behind it
};
std::string_view to_string(url_error why) noexcept;

/// Takes a URL apart (RFC 3986). A fragment is dropped; scheme and host may be in any case.
result<url, url_error> parse_url(std::string_view text);

/// What a Location field means beside the URL it came from: a whole URL, or a path on the same
/// host. Whether to follow it, and from https to http at that, is the caller's decision.
result<url, url_error> resolve(const url& base, std::string_view location);

/// The value of Host: with the port unless it is the scheme's own.
std::string authority(const url& where);

/// The URL as text; parse_url() reads it back the same.
std::string to_string(const url& where);

} // namespace fleet::http
