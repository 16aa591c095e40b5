// The vocabulary of MQTT 3.1 and 3.1.1 shared by codec, client machine and server machine. Shaped
// so that 5.0 can come as further fields of the same structs.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/base/bytes.hpp"

namespace fleet::mqtt {

/// Protocol level of CONNECT (MQTT 3.1.1, 3.1.2.2): 3 is "MQIsdp" (3.1), 4 is "MQTT" (3.1.1).
enum class version : std::uint8_t { v3_1 = 3, v3_1_1 = 4 };

/// Delivery guarantee (4.3).
enum class qos : std::uint8_t { at_most_once = 0, at_least_once = 1, exactly_once = 2 };

/// Return code of CONNACK (3.2.2.3).
enum class connack_code : std::uint8_t {
  accepted = 0,
  unacceptable_version = 1,
  identifier_rejected = 2,
  server_unavailable = 3,
  bad_credentials = 4,
  not_authorized = 5
};

/// Return code of one filter in SUBACK (3.9.3): the granted QoS, or this.
inline constexpr std::uint8_t subscribe_refused = 0x80;

/// An application message as it stands in a packet; the views live as long as the packet's bytes.
struct message_view {
  std::string_view topic;
  bytes_view payload;
  mqtt::qos qos = qos::at_most_once;
  bool retain = false;
  bool dup = false;
  std::uint16_t packet_id = 0; ///< 0 at QoS 0
};

/// The fields of CONNECT (3.1); the views live as long as the packet's bytes.
struct connect_view {
  mqtt::version version = version::v3_1_1;
  bool clean_session = true;
  std::uint16_t keep_alive_s = 0; ///< 0: no keep-alive
  std::string_view client_id;
  bool has_will = false;
  message_view will; ///< topic, payload, qos, retain
  bool has_username = false;
  std::string_view username;
  bool has_password = false;
  bytes_view password;
};

/// One filter of a SUBSCRIBE with the QoS asked for (3.8.3).
struct filter_request {
  std::string_view filter;
  mqtt::qos qos = qos::at_most_once;
};

/// What a peer did wrong, by the standard's clause; `text()` in codec.hpp gives the sentence.
enum class violation : std::uint8_t {
  malformed_length,      ///< remaining length over four octets (2.2.3)
  packet_too_large,      ///< beyond what this end agreed to hold
  truncated_packet,      ///< a field reaches past the packet's end
  trailing_bytes,        ///< octets after the last field
  reserved_type,         ///< type 0 or 15, or one the role never receives (2.2.1)
  bad_flags,             ///< reserved fixed-header flags (2.2.2, [MQTT-2.2.2-2])
  bad_qos,               ///< both QoS bits set ([MQTT-3.3.1-4]), or over 2 ([MQTT-3.8.3-4])
  dup_at_qos_0,          ///< [MQTT-3.3.1-2]
  zero_packet_id,        ///< [MQTT-2.3.1-1]
  bad_utf8,              ///< [MQTT-1.5.3-1]
  null_character,        ///< [MQTT-1.5.3-2]
  bad_topic,             ///< empty or with a wildcard in PUBLISH ([MQTT-3.3.2-2], [MQTT-4.7.3-1])
  bad_filter,            ///< [MQTT-4.7.1-2], [MQTT-4.7.1-3]
  no_filters,            ///< SUBSCRIBE or UNSUBSCRIBE with none ([MQTT-3.8.3-3], [MQTT-3.10.3-2])
  bad_protocol_name,     ///< [MQTT-3.1.2-1]
  bad_connect_flags,     ///< reserved bit, will bits without will, password without user name
  bad_connack,           ///< unknown code or flags, session present with a refusal ([MQTT-3.2.2-4])
  bad_suback,            ///< unknown return code ([MQTT-3.9.3-2]) or wrong count
  connect_expected,      ///< first packet is another ([MQTT-3.1.0-1])
  second_connect,        ///< [MQTT-3.1.0-2]
  connack_expected,      ///< the server's first packet is another ([MQTT-3.2.0-1])
  unexpected_ack,        ///< an acknowledgement of the wrong kind for what is outstanding
  keep_alive_missed,     ///< nothing within 1.5 × keep-alive ([MQTT-3.1.2-24])
  ping_unanswered,       ///< PINGRESP missing (3.1.2.10)
  connect_timed_out,     ///< CONNECT or CONNACK did not come in time
  too_many_pending,      ///< a stated limit of this end was reached by the peer
  bad_protocol_level,    ///< answered with CONNACK 1 ([MQTT-3.1.2-2])
  identifier_rejected    ///< answered with CONNACK 2 ([MQTT-3.1.3-8]; MQTT 3.1: not 1 to 23)
};

} // namespace fleet::mqtt
