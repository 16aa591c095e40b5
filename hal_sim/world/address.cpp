// Numeric addresses to text and back. No look-ups: those block and stand in real_world/resolve.
#include "hal_sim/world/address.hpp"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace fleet::hal {

namespace {

/// The longest numeric address, an IPv6 one with an IPv4 tail, and its terminator.
constexpr std::size_t text_max = INET6_ADDRSTRLEN;

bool read_port(std::string_view text, std::uint16_t& port) {
  const bool digits =
      std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (text.empty() || !digits) {
    return false;
  }
  const auto end = text.data() + text.size();
  const auto [rest, error] = std::from_chars(text.data(), end, port);
  return error == std::errc{} && rest == end;
}

bool read_ip(std::string_view text, bool v6, std::array<std::uint8_t, 16>& ip) {
  if (text.size() >= text_max || text.find('\0') != std::string_view::npos) {
    return false;
  }
  std::array<char, text_max> terminated{};
  std::copy(text.begin(), text.end(), terminated.begin());
  return inet_pton(v6 ? AF_INET6 : AF_INET, terminated.data(), ip.data()) == 1;
}

/// `[host]:port`, `[host]`, `host:port` or `host`; the host without its brackets.
struct parts {
  std::string_view host;
  std::string_view port;
  bool bracketed = false;
  bool has_port = false;
};

bool split(std::string_view text, parts& out) {
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) {
      return false;
    }
    out.bracketed = true;
    out.host = text.substr(1, close - 1);
    text.remove_prefix(close + 1);
    if (text.empty()) {
      return true;
    }
    if (text.front() != ':') {
      return false;
    }
    out.has_port = true;
    out.port = text.substr(1);
    return true;
  }
  const auto colon = text.rfind(':');
  // More than one colon without brackets is an IPv6 address without a port.
  out.has_port = colon != std::string_view::npos && text.find(':') == colon;
  out.host = out.has_port ? text.substr(0, colon) : text;
  out.port = out.has_port ? text.substr(colon + 1) : std::string_view{};
  return true;
}

} // namespace

bool address::loopback() const noexcept {
  if (!v6) {
    return ip[0] == 127;
  }
  return ip[15] == 1
         && std::all_of(ip.begin(), ip.end() - 1, [](std::uint8_t o) { return o == 0; });
}

std::string address::text() const {
  std::array<char, text_max> host{};
  inet_ntop(v6 ? AF_INET6 : AF_INET, ip.data(), host.data(), host.size());
  std::string out = v6 ? "[" : "";
  out += host.data();
  out += v6 ? "]:" : ":";
  out += std::to_string(port);
  return out;
}

result<address, address_error> parse_address(std::string_view text) {
  parts p;
  if (!split(text, p) || !p.has_port) {
    return fail(address_error::malformed);
  }
  address out;
  out.v6 = p.bracketed;
  if (!read_ip(p.host, p.bracketed, out.ip)) {
    return fail(address_error::malformed);
  }
  if (!read_port(p.port, out.port)) {
    return fail(address_error::bad_port);
  }
  return out;
}

result<host_port, address_error> parse_host_port(std::string_view text,
                                                 std::uint16_t default_port) {
  parts p;
  if (!split(text, p) || p.host.empty()) {
    return fail(address_error::malformed);
  }
  const bool spaced = std::any_of(p.host.begin(), p.host.end(), [](char c) {
    return static_cast<unsigned char>(c) <= ' ' || c == '[' || c == ']' || c == '/';
  });
  if (spaced) {
    return fail(address_error::malformed);
  }
  host_port out{std::string{p.host}, default_port};
  if (p.has_port && !read_port(p.port, out.port)) {
    return fail(address_error::bad_port);
  }
  return out;
}

} // namespace fleet::hal
