// URLs taken apart and put together.
#include "protocol/http/url.hpp"

#include <algorithm>
#include <charconv>

#include "protocol/base/check.hpp"
#include "protocol/http/types.hpp"

namespace fleet::http {

namespace {

bool hexadecimal(char c) noexcept {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Characters that RFC 3986 lets stand in a path or a query, without `%`.
bool plain(char c) noexcept {
  constexpr std::string_view refused = "\"<>\\^`{|}#[]%";
  return c > 0x20 && c < 0x7f && refused.find(c) == std::string_view::npos;
}

std::optional<url_error> check_target(std::string_view target) noexcept {
  for (std::size_t i = 0; i < target.size(); ++i) {
    if (target[i] == '%') {
      if (target.size() - i < 3 || !hexadecimal(target[i + 1]) || !hexadecimal(target[i + 2])) {
        return url_error::bad_escape;
      }
    } else if (!plain(target[i])) {
      return url_error::bad_character;
    }
  }
  return std::nullopt;
}

/// Splits `host[:port]`; the port with its colon, if there is one.
std::string_view take_port(std::string_view& host) noexcept {
  const std::size_t close = host.starts_with('[') ? host.find(']') : 0;
  const std::size_t colon = host.find(':', std::min(close, host.size()));
  const std::string_view port = host.substr(std::min(colon, host.size()));
  host = host.substr(0, colon);
  return port;
}

std::optional<url_error> read_authority(std::string_view text, url& out) {
  if (text.find('@') != std::string_view::npos) {
    return url_error::user_info;
  }
  std::string_view port = take_port(text);
  if (text.size() > max_url_host) {
    return url_error::too_long;
  }
  if (!valid_host(text) || text.find('~') != std::string_view::npos) {
    return url_error::bad_host;
  }
  out.host.assign(text);
  std::transform(out.host.begin(), out.host.end(), out.host.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  out.port = out.secure ? 443 : 80;
  if (port.size() > 1) { // a colon alone means the scheme's own (RFC 3986 §3.2.3)
    port.remove_prefix(1);
    const char* const end = port.data() + port.size();
    const auto [stop, error] = std::from_chars(port.data(), end, out.port);
    if (port.size() > 5 || error != std::errc{} || stop != end || out.port == 0) {
      return url_error::bad_port;
    }
  }
  return std::nullopt;
}

} // namespace

std::string_view to_string(url_error why) noexcept {
  switch (why) {
    case url_error::too_long: return "the URL is too long";
    case url_error::bad_scheme: return "the URL begins with neither http:// nor https://";
    case url_error::user_info: return "the URL holds a user name or a password";
    case url_error::bad_host: return "the URL's host is no host";
    case url_error::bad_port: return "the URL's port is not 1 to 65535";
    case url_error::bad_character: return "the URL holds a character that must be escaped";
    case url_error::bad_escape: return "the URL holds a % without two hexadecimal digits";
  }
  FLEET_CHECK(false);
}

result<url, url_error> parse_url(std::string_view text) {
  if (text.size() > max_url) {
    return fail(url_error::too_long);
  }
  url out;
  out.secure = same_word(text.substr(0, 8), "https://");
  if (!out.secure && !same_word(text.substr(0, 7), "http://")) {
    return fail(url_error::bad_scheme);
  }
  text.remove_prefix(out.secure ? 8 : 7);
  const std::size_t end = std::min(text.find_first_of("/?#"), text.size());
  if (const auto bad = read_authority(text.substr(0, end), out)) {
    return fail(*bad);
  }
  const std::string_view rest = text.substr(end);
  const std::string_view target = rest.substr(0, rest.find('#'));
  if (const auto bad = check_target(target)) {
    return fail(*bad);
  }
  out.target = target.starts_with('/') ? "" : "/";
  out.target.append(target);
  return out;
}

result<url, url_error> resolve(const url& base, std::string_view location) {
  if (!location.starts_with('/') || location.starts_with("//")) {
    return parse_url(location);
  }
  const std::string_view target = location.substr(0, location.find('#'));
  if (target.size() > max_url) {
    return fail(url_error::too_long);
  }
  if (const auto bad = check_target(target)) {
    return fail(*bad);
  }
  url out = base;
  out.target.assign(target);
  return out;
}

std::string authority(const url& where) {
  std::string out = where.host;
  if (where.port != (where.secure ? 443 : 80)) {
    out.append(1, ':').append(std::to_string(where.port));
  }
  return out;
}

std::string to_string(const url& where) {
  return (where.secure ? "https://" : "http://") + authority(where) + where.target;
}

} // namespace fleet::http
