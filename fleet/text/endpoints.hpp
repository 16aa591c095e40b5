// What people write for the far end of a connection and for a listening address. Reads only;
// resolving a name happens where the run starts.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "fleet/text/quantities.hpp"
#include "hal_sim/world/address.hpp"

namespace fleet::text {

/// Which transport a target's scheme asks for.
enum class scheme : std::uint8_t { embedded, mqtt, mqtts, coap, coaps, coap_psk, http, https };

/// Where a fleet connects to.
struct target {
  text::scheme scheme = scheme::embedded;
  std::string host;       ///< a name or a numeric address; empty for embedded
  std::uint16_t port = 0; ///< 0 for embedded

  friend bool operator==(const target&, const target&) = default;
};

/// `mqtt` and so on, as in a URL; empty for embedded.
std::string_view to_string(scheme s) noexcept;

/// `embedded`, or a URL of a host with or without a port: the well-known one of the scheme is taken
/// then, of CoAP that of the vendor (aliyun-iot.md §17.1). IPv6 in brackets. A complaint never
/// repeats what stands before an `@`.
result<target, complaint> parse_target(std::string_view word);
/// As parse_target() reads it; `embedded` or a URL with its port.
std::string format_target(const target& t);

/// `127.0.0.1:1883`, `[::1]:1883`, `localhost:1883`, or `1883` alone, which means loopback. Port 0
/// picks a free one.
result<hal::address, complaint> parse_listen_address(std::string_view word);

/// A numeric address without a port: `127.0.0.2` or `::1`.
result<hal::address, complaint> parse_source_address(std::string_view word);

} // namespace fleet::text
