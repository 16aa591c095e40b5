// The words by which devices are counted: phases, outcomes, latencies, what became of reports,
// updates and radios.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

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

} // namespace fleet::actors
