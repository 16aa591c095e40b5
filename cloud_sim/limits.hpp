// Every bound the twin keeps, in one place, with the default that a user gets. No behaviour.
#pragma once

#include <cstdint>

#include "protocol/base/time.hpp"
#include "protocol/mqtt/server.hpp"

namespace fleet::cloud {

/// What the twin is willing to hold. Each is reached by a test.
struct twin_limits {
  /// Per connection: packet sizes, windows, queues. One client reads what a whole fleet sends, and
  /// has been away for some seconds: its queue must not be what acknowledged messages are lost in.
  mqtt::server_limits mqtt{.queue_max = 100'000};
  std::uint32_t connections_max = 100'000;     ///< more are dropped as they arrive
  std::uint32_t sessions_max = 200'000;        ///< remembered clients; a new one beyond: CONNACK 3
  std::uint32_t devices_max = 1'000'000;       ///< indices of the registry and of the ledger
  /// Octets that restarts of devices and gaps in what they send may add to the ledger, together.
  std::uint64_t ledger_growth_max = 256ULL * 1024 * 1024;
  duration session_expiry = std::chrono::hours{7 * 24}; ///< of a persistent session after its end
  duration linger = std::chrono::seconds{5};   ///< for a last answer to leave before the end
  std::uint32_t subscriptions_max = 1000;      ///< per client; the platform's own is 100
  std::uint32_t filter_levels_max = 128;       ///< deeper filters are refused with 0x80
  std::uint32_t tree_nodes_max = 4'000'000;    ///< levels of all filters together
  std::uint32_t client_id_max = 1024;          ///< octets
  /// Octets a client may leave unread: beyond, it is cut off; QoS 0 is dropped far earlier, at
  /// hal::high_water_bytes.
  std::uint32_t unsent_max_bytes = 1024 * 1024;
  std::uint64_t stored_bytes_max = 256ULL * 1024 * 1024; ///< messages held for later, all together
  std::uint32_t retained_max = 100'000;
  std::uint64_t retained_bytes_max = 64ULL * 1024 * 1024;
};

} // namespace fleet::cloud
