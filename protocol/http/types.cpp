// Words of the grammar and of the failures.
#include "protocol/http/types.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"

namespace fleet::http {

namespace {

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

constexpr bool letter_or_digit(char c) noexcept {
  return (c >= '0' && c <= '9') || (lower(c) >= 'a' && lower(c) <= 'z');
}

bool one_of(char c, std::string_view set) noexcept {
  return set.find(c) != std::string_view::npos;
}

bool blank(char c) noexcept {
  return c == ' ' || c == '\t';
}

/// The colon before a port, or the end.
std::size_t port_colon(std::string_view text) noexcept {
  const std::size_t colon = text.rfind(':');
  const bool inside = colon != std::string_view::npos && text.find(']', colon) != text.npos;
  return colon == std::string_view::npos || inside ? text.size() : colon;
}

} // namespace

bool same_word(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::optional<std::string_view> find_field(fields_view fields, std::string_view name) noexcept {
  for (const field& f : fields) {
    if (same_word(f.name, name)) {
      return f.value;
    }
  }
  return std::nullopt;
}

bool valid_token(std::string_view text) noexcept {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return letter_or_digit(c) || one_of(c, "!#$%&'*+-.^_`|~");
  });
}

bool valid_value(std::string_view text) noexcept {
  const bool trimmed = text.empty() || (!blank(text.front()) && !blank(text.back()));
  return trimmed && std::all_of(text.begin(), text.end(), [](char c) {
           const auto u = static_cast<unsigned char>(c);
           return c == '\t' || (u >= 0x20 && u != 0x7f);
         });
}

bool valid_host(std::string_view text) noexcept {
  if (text.empty() || text.size() > 255 + 6) {
    return false;
  }
  const std::size_t colon = port_colon(text);
  const std::string_view host = text.substr(0, colon);
  const std::string_view port = text.substr(std::min(colon + 1, text.size()));
  const bool digits =
      std::all_of(port.begin(), port.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (host.empty() || port.size() > 5 || !digits) {
    return false;
  }
  if (host.front() == '[') {
    const std::string_view inside = host.substr(1, host.size() - 1);
    return inside.size() > 2 && inside.back() == ']'
           && std::all_of(inside.begin(), inside.end() - 1,
                          [](char c) { return one_of(lower(c), "0123456789abcdef:."); });
  }
  return std::all_of(host.begin(), host.end(),
                     [](char c) { return letter_or_digit(c) || one_of(c, "-._~"); });
}

std::string_view to_string(violation why) noexcept {
  switch (why) {
    case violation::malformed_head: return "the head is not HTTP/1.1";
    case violation::start_line_too_long: return "the first line is too long";
    case violation::head_too_large: return "the head is too large";
    case violation::too_many_fields: return "there are too many header fields";
    case violation::unsupported_version: return "the version is neither 1.0 nor 1.1";
    case violation::bad_length: return "Content-Length is contradictory or no length";
    case violation::bad_transfer_coding: return "Transfer-Encoding must not stand here";
    case violation::unknown_transfer_coding: return "the transfer coding is unknown";
    case violation::bad_host: return "Host is missing, repeated or unreadable";
    case violation::unknown_expectation: return "the expectation is unknown";
    case violation::body_too_large: return "the body is too large";
    case violation::bad_chunk: return "a chunk is malformed";
    case violation::pipelined_too_far: return "too much was sent ahead of the answers";
    case violation::unsolicited: return "octets came that answer no request";
    case violation::too_many_interim: return "interim answers do not end";
    case violation::closed_early: return "the connection was closed within a message";
    case violation::timed_out: return "the message did not come in time";
    case violation::idle: return "no request came for long enough";
  }
  FLEET_CHECK(false);
}

std::uint16_t status_of(violation why) noexcept {
  switch (why) {
    case violation::malformed_head:
    case violation::bad_length:
    case violation::bad_transfer_coding:
    case violation::bad_host:
    case violation::bad_chunk: return 400;
    case violation::timed_out: return 408;
    case violation::body_too_large: return 413;
    case violation::start_line_too_long: return 414;
    case violation::unknown_expectation: return 417;
    case violation::head_too_large:
    case violation::too_many_fields: return 431;
    case violation::unknown_transfer_coding: return 501;
    case violation::unsupported_version: return 505;
    case violation::pipelined_too_far:
    case violation::unsolicited:
    case violation::too_many_interim:
    case violation::closed_early:
    case violation::idle: break;
  }
  return 0;
}

} // namespace fleet::http
