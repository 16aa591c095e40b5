// What the devices of one home count: plain counters written by that home's thread alone and read
// by whoever scrapes. No label per device, ever (design, part 11).
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "actors/device/histogram.hpp"

namespace fleet::actors {

/// Where a device is in its life. The transitions are in device.cpp's table.
enum class phase : std::uint8_t {
  off,         ///< spawned, not yet asked to run
  backing_off, ///< waits before the next attempt to connect
  connecting,  ///< transport, and TLS where asked for
  logging_on,  ///< CONNECT is out
  subscribing, ///< SUBSCRIBE is out
  online,      ///< reports and receives
  stopping,    ///< drains, then says DISCONNECT
  stopped      ///< done; will not come back
};
inline constexpr std::size_t phase_count = 8;
std::string_view to_string(phase p) noexcept;

/// Why an attempt to get online, or a connection, ended.
enum class outcome : std::uint8_t {
  accepted,              ///< CONNACK 0
  refused_version,       ///< CONNACK 1
  refused_identifier,    ///< CONNACK 2
  refused_unavailable,   ///< CONNACK 3
  refused_credentials,   ///< CONNACK 4
  refused_authorization, ///< CONNACK 5
  connection_refused,
  unreachable,
  timed_out,
  reset,
  closed_by_peer,
  tls_failed,
  exhausted,
  protocol_error,
  keep_alive_lost,
  auth_host_failed,  ///< the auth host gave nothing to log on with (aliyun-iot.md §5.4)
  sub_device_refused ///< a sub-device that its gateway could not log in, for good
};
inline constexpr std::size_t outcome_count = 17;
std::string_view to_string(outcome o) noexcept;

enum class latency : std::uint8_t {
  connect,
  publish_ack,
  publish_reply,
  downlink ///< a twin's commands; it alone knows when they were due, so its home writes this one
};
inline constexpr std::size_t latency_count = 4;
std::string_view to_string(latency l) noexcept;

/// Why a report that was due did not go out.
enum class skip : std::uint8_t {
  offline,   ///< the device was not online
  window,    ///< as many are unacknowledged as the client may have
  memory,    ///< beside those, the board's RAM had no room
  too_large, ///< the board's RAM has no room even with nothing beside it, or MQTT has none
  bad_topic  ///< no topic that MQTT can publish to
};
inline constexpr std::size_t skip_count = 5;
std::string_view to_string(skip s) noexcept;

/// Topics that a product's devices may be told to listen to.
inline constexpr std::size_t topics_per_product_max = 8;

/// What became of an update of firmware (aliyun-iot.md §14); the first four by their steps.
enum class update_result : std::uint8_t {
  failed,              ///< step -1: an offer that cannot be taken, or a board that must not
  download_failed,     ///< step -2
  verification_failed, ///< step -3
  burn_failed,         ///< step -4
  succeeded,           ///< the new image came up and reached the cloud
  fell_back,           ///< the boot loader went back to the image before
  cut_off              ///< the device's software ended, or its power failed, in the middle of it
};
inline constexpr std::size_t update_result_count = 7;
std::string_view to_string(update_result r) noexcept;

/// Where the updates of devices that run stand; the phases of ota::updater.
enum class update_state : std::uint8_t {
  idle,
  asking,
  waiting,
  opening,
  downloading,
  staged,
  over
};
inline constexpr std::size_t update_state_count = 7;
std::string_view to_string(update_state s) noexcept;

/// What the radio of a board that speaks in datagrams is while its link is open.
enum class radio : std::uint8_t { on, asleep };
inline constexpr std::size_t radio_count = 2;
std::string_view to_string(radio r) noexcept;

using counter = std::atomic<std::uint64_t>;

/// Adds to a counter of this thread: no locked instruction.
inline void bump(counter& c, std::uint64_t by = 1) noexcept {
  c.store(c.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
}
inline void drop(counter& c, std::uint64_t by = 1) noexcept {
  c.store(c.load(std::memory_order_relaxed) - by, std::memory_order_relaxed);
}

struct meters {
  std::array<counter, phase_count> in_phase{};
  std::array<counter, outcome_count> outcomes{};
  std::array<counter, 3> published{}; ///< uplink, by QoS, first transmissions
  std::array<counter, 3> received{};  ///< downlink, by QoS
  counter acknowledged{0};            ///< uplink, QoS 1 and 2
  counter resent{0};
  counter replies{0};                        ///< post_reply with code 200
  counter replies_bad{0};                    ///< post_reply with another code
  counter replies_unexcused{0};              ///< of those, what error() was told
  counter commands{0};                       ///< property sets applied
  counter ledger_commands{0};                ///< messages of the ledger, each once
  std::array<counter, skip_count> skipped{}; ///< reports that were due and not sent
  counter oversized{0};                      ///< downlink packets beyond the receive buffer
  counter subscribe_refused{0};
  counter registrations{0}; ///< secrets that devices fetched (aliyun-iot.md §5.5)
  counter reconnects{0};    ///< connections after a device's first
  counter attempts{0};      ///< to get online, each from its first step on
  counter disconnects_unplanned{0};
  counter restarts{0};             ///< devices restarted after a crash
  counter in_flight{0};            ///< gauge: unacknowledged publishes of QoS 1 and 2
  counter abandoned{0};            ///< devices given up by the restart limit
  counter powered_off_by_fault{0}; ///< gauge: started, and without power for as long as faults last
  counter fault_reboots{0};        ///< resets and returns of the power by faults
  counter late_sends{0};           ///< publishes sent over 100 ms after they were due
  counter downlink_corrupted{0};
  counter online_max{0}; ///< this home's own maximum
  // Of things (thing.hpp).
  counter events_posted{0};
  counter commands_refused{0};  ///< commands and calls answered with another code than 200
  counter services_answered{0}; ///< calls of both types that were carried out
  counter rrpc_answered{0};
  counter broadcasts{0};
  counter desired_applied{0};  ///< desired properties of the thing model (§11.7)
  counter shadow_updates{0};   ///< updates and deletes that the platform acknowledged
  counter shadow_converged{0}; ///< desired values applied, reported and cleared
  counter ntp_syncs{0};
  counter configs_received{0};
  counter tags_told{0};          ///< tag updates that the platform took (§11.8)
  counter models_received{0};    ///< answers to dsltemplate/get (§12)
  counter request_timeouts{0};   ///< questions to the platform without an answer
  counter sub_devices_online{0}; ///< gauge
  counter sub_devices_refused{0};
  // Of topics registered while the device runs (topic_schedule.hpp).
  counter topics_registered{0};
  counter topics_unregistered{0};
  counter topics_refused{0};   ///< by the far side, or before they were asked for
  counter topics_timed_out{0}; ///< registering or unregistering
  counter topic_messages{0};   ///< all that handlers got
  counter topic_strays{0};     ///< messages that nobody listens to, or no longer
  std::array<counter, topics_per_product_max> messages_by_topic{}; ///< in the order of the plans
  counter sub_devices_registered{0}; ///< secrets that gateways were told for them (§16.1)
  counter sub_devices_left{0};       ///< unbound and unregistered by their gateways
  counter session_batches{0};        ///< logins and logouts of several at once (§16.3)
  counter topologies_read{0};        ///< topo/get (§16.2)
  counter found_told{0};             ///< list/found (§16.2)
  std::array<histogram, latency_count> latencies{};
  histogram backoff_waits; ///< between attempts, as they were drawn (backoff_settings)
  // Of firmware (firmware_part.hpp).
  counter firmware_offers{0};         ///< of all kinds
  counter firmware_offers_ignored{0}; ///< of those: a download or a reboot went before
  counter firmware_offers_bad{0};     ///< messages that could not be believed
  counter firmware_fetches{0};        ///< attempts to download
  counter firmware_octets{0};         ///< of images, as they came, those sent again too
  counter firmware_staged{0};         ///< downloaded, verified from flash, about to boot
  counter firmware_reboots{0};
  counter firmware_power_losses{0};
  counter firmware_dead{0}; ///< gauge: boards without an image that starts
  std::array<counter, update_result_count> update_results{};
  std::array<counter, update_state_count> in_update{}; ///< gauge
  histogram download_time;                             ///< from an offer to its verification
  histogram update_time;                       ///< from an offer to the report of the new version
  counter configs_offered{0};                  ///< files offered, in answers and pushes (§14.6)
  counter configs_fetched{0};                  ///< whole and of the digest that was said
  counter configs_failed{0};                   ///< not believed, not fetched, or not what was said
  std::array<counter, radio_count> radio_us{}; ///< of open links over CoAP, by their radios

  /// A device goes from one phase to another.
  void move(phase from, phase to) noexcept;
  /// The cloud answered with an error; `excused`: a report that may fail.
  void error(bool excused) noexcept {
    bump(replies_bad);
    bump(replies_unexcused, excused ? 0 : 1);
  }
  void skip_report(skip why) noexcept { bump(skipped[static_cast<std::size_t>(why)]); }
  [[nodiscard]] std::uint64_t skipped_for(skip why) const noexcept {
    return skipped[static_cast<std::size_t>(why)].load(std::memory_order_relaxed);
  }
};

} // namespace fleet::actors
