// What the twin counts: written by its home alone, read by any thread. Names only; who exports them
// is the program's business.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>

#include "hal_sim/world/datagram_counters.hpp"
#include "protocol/mqtt/types.hpp"

namespace fleet::cloud {

using counter = std::atomic<std::uint64_t>;

/// Why a connection ended, as the twin saw it.
enum class end_reason : std::uint8_t {
  disconnected,  ///< DISCONNECT came
  lost,          ///< the stream ended without one
  taken_over,    ///< the same client connected anew
  keep_alive,    ///< nothing within 1.5 × keep-alive
  violated,      ///< the client broke the standard, see violations
  refused,       ///< CONNACK with a code above 0
  slow_consumer, ///< it left more unread than unsent_max_bytes
  withdrawn,     ///< its device was disabled
  stopped,       ///< the twin stopped
  unkept,        ///< the store failed, so nothing may be acknowledged
  dispatched     ///< let in for a moment: it was told its secret, or it is disabled (§24)
};
inline constexpr std::size_t end_reason_count = 11;
/// Devices that only post, by one protocol (post_protocol).
struct post_counters {
  counter online{0};         ///< gauge: posted within the time of aliyun-iot.md §17.3
  counter tokens{0};         ///< log-ons that got one
  counter logons_refused{0};
  counter posts{0};          ///< taken
  counter tokens_refused{0}; ///< posts without a token that is good
  counter refused{0};        ///< other posts that were not taken
  counter unjudged{0};       ///< requests of who had got too much wrong before
};
inline constexpr std::size_t violation_count =
  static_cast<std::size_t>(mqtt::violation::identifier_rejected) + 1;

/// Totals since start, except the gauges.
struct twin_counters {
  counter connections_open{0}; ///< gauge: streams
  counter devices_online{0};   ///< gauge: clients with CONNACK 0, and devices that post
  std::array<post_counters, 2> posting{}; ///< by post_protocol
  counter coap_requests{0};          ///< each once
  counter coap_peers_displaced{0};   ///< that made room for others, which are remembered instead
  hal::datagram_door_counters dtls;  ///< of all doors of CoAP over DTLS
  counter connections{0};      ///< accepted streams
  counter connections_over_limit{0};
  std::array<counter, 6> connects{}; ///< by CONNACK code
  std::array<counter, end_reason_count> ends{};
  std::array<counter, violation_count> violations{};
  std::array<counter, 3> received{};  ///< PUBLISH from clients by QoS, repeats included
  std::array<counter, 3> delivered{}; ///< messages sent or queued to clients by QoS
  counter bytes_received{0};          ///< MQTT octets
  counter bytes_sent{0};
  counter acknowledged{0};        ///< deliveries that clients acknowledged
  counter subscribes_granted{0};  ///< filters
  counter subscribes_refused{0};  ///< filters answered 0x80
  counter publishes_refused{0};   ///< outside the sender's rights: acknowledged and dropped
  counter publishes_over_bound{0}; ///< beyond platform_bounds: acknowledged and dropped
  counter downlinks_over_bound{0}; ///< to a device, likewise: dropped
  counter connects_over_rate{0};   ///< good, but too many: CONNACK 3
  counter queue_drops{0};         ///< a client's queue, or all of storage, was full
  counter offline_drops{0};       ///< QoS 0 for an absent client
  counter slow_drops{0};          ///< QoS 0 for a client that reads too slowly
  counter retained_refused{0};    ///< routed, but no room to retain
  counter wills_published{0};
  counter commits{0};             ///< batches that the store took
  counter commits_failed{0};      ///< and did not; see end_reason::unkept
  counter connections_withheld{0}; ///< not taken while the store fails
  counter kept_unused{0};         ///< rows that found no place at start: of unknown devices
  counter sessions{0};            ///< gauge: remembered clients
  counter sessions_expired{0};
  counter malformed_requests{0};  ///< JSON that could not be read
  counter replies{0};             ///< answers to devices' requests
  counter downlinks{0};           ///< commands attempted
  counter downlinks_skipped{0};   ///< due, but nobody there to take them
  counter command_replies{0};     ///< set_reply and the like
  counter configs_taken{0};       ///< pushed configurations that devices answered with 200 (§14.6)
  counter configs_failed{0};      ///< with anything else
  counter firmware_offers{0};     ///< sent, answers to questions included (§14.2)
  counter firmware_offers_unsent{0}; ///< due, and the device could not be told
  counter firmware_downloads{0};  ///< answers of the firmware server with octets
  counter firmware_refused{0};    ///< its answers to what it did not let in
  counter firmware_octets{0};     ///< of images, that it gave to connections
  counter tags_intact{0};
  counter tags_corrupted{0};
  counter tags_unkept{0};         ///< beyond twin_limits::ledger_growth_max
  counter tags_foreign{0};        ///< a device used another's tag, or an index beyond devices_max
};

/// Adds to a counter that only the twin's home writes: no locked instruction.
inline void add(counter& c, std::uint64_t by = 1) noexcept {
  c.store(c.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}
inline void subtract(counter& c, std::uint64_t by = 1) noexcept {
  c.store(c.load(std::memory_order_relaxed) - by, std::memory_order_relaxed);
}
inline std::uint64_t value(const counter& c) noexcept {
  return c.load(std::memory_order_relaxed);
}

} // namespace fleet::cloud
