// One way to the cloud as cloud_connection.hpp needs it: MQTT subscribes, CoAP and HTTP only post.
// Holds no registration and no handler.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/base/bytes.hpp"
#include "protocol/base/result.hpp"
#include "protocol/base/time.hpp"
#include "protocol/mqtt/types.hpp"

namespace fleet::actors {

/// What a connection answers, by the numbers of the vendor's SDK (aliyun-iot.md §21).
enum class connection_code : std::int16_t {
  done = 0,
  failed = -1,            ///< the device itself holds that filter
  not_supported = -12,    ///< this channel cannot subscribe (§19: CoAP, HTTP)
  refused = -24,          ///< SUBACK said 0x80
  not_connected = -27,    ///< and nothing is remembered
  bad_topic = -41,        ///< no topic, or no filter, that the channel takes
  list_full = -42,        ///< too many registrations, requests or messages in flight
  unknown_topic = -43,    ///< nobody registered it
  buffer_exceeded = -1013 ///< larger than a message may be
};
std::string_view to_string(connection_code code) noexcept;

/// Whether the cloud shall acknowledge a message: NEED_ACK and NO_ACK of IOT_CMP_Send (§19), QoS 1
/// and 0 over MQTT, CON and NON over CoAP.
enum class delivery : std::uint8_t { unacknowledged, acknowledged };

/// A message on its way; views are read during the call only.
struct cloud_message {
  std::string_view topic;
  bytes_view payload;
  delivery how = delivery::unacknowledged;
  time_point due{};         ///< comes back with the acknowledgement, as does the cookie
  std::uint64_t cookie = 0; ///< cookie.hpp
};

class cloud_channel {
public:
  /// Whether bytes can go out now.
  [[nodiscard]] virtual bool open() const noexcept = 0;
  virtual connection_code send(const cloud_message& message) = 0;

  /// Whether there are filters at all; without, the calls below answer not_supported.
  [[nodiscard]] virtual bool subscribes() const noexcept { return false; }
  /// Asks for one filter, or gives it back; the number by which the answer will be known, above 0.
  virtual result<std::uint16_t, connection_code> subscribe(std::string_view /*filter*/,
                                                           mqtt::qos /*q*/) {
    return fail(connection_code::not_supported);
  }
  virtual result<std::uint16_t, connection_code> unsubscribe(std::string_view /*filter*/) {
    return fail(connection_code::not_supported);
  }

protected:
  ~cloud_channel() = default;
};

} // namespace fleet::actors
