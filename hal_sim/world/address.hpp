// Where a stream goes: a numeric address and port, and what a user writes for it. Resolving a name
// blocks and so happens before a run starts, never on a home.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/base/result.hpp"

namespace fleet::hal {

/// An IPv4 or IPv6 address with a port.
struct address {
  std::array<std::uint8_t, 16> ip{}; ///< network order; IPv4 uses the first four octets
  bool v6 = false;
  std::uint16_t port = 0;

  friend bool operator==(const address&, const address&) = default;

  [[nodiscard]] bool loopback() const noexcept;
  /// `127.0.0.1:1883` or `[::1]:1883`.
  [[nodiscard]] std::string text() const;
};

enum class address_error : std::uint8_t { malformed, bad_port };

/// Reads `A.B.C.D:P` or `[v6]:P`; no names.
result<address, address_error> parse_address(std::string_view text);

/// `host[:port]` split, the port defaulted; no look-up.
struct host_port {
  std::string host;
  std::uint16_t port = 0;
};
result<host_port, address_error> parse_host_port(std::string_view text, std::uint16_t default_port);

} // namespace fleet::hal
