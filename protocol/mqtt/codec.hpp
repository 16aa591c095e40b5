// Packets of MQTT 3.1 and 3.1.1 as octets: encoders, decoders and the sentence of each violation.
// Both roles use it. No state: cutting the stream into packets is framer.hpp's part.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "protocol/base/bytes.hpp"
#include "protocol/mqtt/types.hpp"

namespace fleet::mqtt {

/// One clear sentence without a full stop, for logs and reports.
std::string_view text(violation why) noexcept;

/// Type of a control packet: the upper half of its first octet (2.2.1).
enum class packet_type : std::uint8_t {
  connect = 1,
  connack = 2,
  publish = 3,
  puback = 4,
  pubrec = 5,
  pubrel = 6,
  pubcomp = 7,
  subscribe = 8,
  suback = 9,
  unsubscribe = 10,
  unsuback = 11,
  pingreq = 12,
  pingresp = 13,
  disconnect = 14
};

/// The bit of `type` in a set of types.
constexpr std::uint16_t type_bit(packet_type type) noexcept {
  return static_cast<std::uint16_t>(1U << static_cast<unsigned>(type));
}

/// Lower half of the first octet of PUBLISH (2.2.2).
inline constexpr std::uint8_t dup_flag = 0x08;
inline constexpr std::uint8_t retain_flag = 0x01;

/// Largest remaining length (2.2.3) and longest string (1.5.3), in octets.
inline constexpr std::size_t remaining_length_max = 268'435'455;
inline constexpr std::size_t string_max = 65'535;

/// A violation, or nothing when all is well.
using verdict = std::optional<violation>;

/// The first octet and the octets after the fixed header.
struct packet_view {
  std::uint8_t head = 0;
  bytes_view body;
  [[nodiscard]] packet_type type() const noexcept { return static_cast<packet_type>(head >> 4); }
};

// Encoders append one whole packet. Strings over string_max and packets over remaining_length_max
// are the caller's mistake.

/// The strings of `fields` must be valid UTF-8 of at most 65,535 octets; a password needs a user
/// name ([MQTT-3.1.2-22]), an empty client id a clean session ([MQTT-3.1.3-7]).
void encode_connect(const connect_view& fields, byte_buffer& out);
void encode_connack(bool session_present, connack_code code, byte_buffer& out);
void encode_publish(const message_view& message, byte_buffer& out);
/// PUBACK, PUBREC, PUBREL, PUBCOMP or UNSUBACK; `dup` exists for PUBREL of MQTT 3.1 only.
void encode_ack(packet_type type, std::uint16_t packet_id, byte_buffer& out, bool dup = false);
void encode_subscribe(std::uint16_t packet_id, std::span<const filter_request> filters,
                      byte_buffer& out);
void encode_suback(std::uint16_t packet_id, std::span<const std::uint8_t> codes, byte_buffer& out);
void encode_unsubscribe(std::uint16_t packet_id, std::span<const std::string_view> filters,
                        byte_buffer& out);
/// PINGREQ, PINGRESP or DISCONNECT.
void encode_empty(packet_type type, byte_buffer& out);

/// Octets after the fixed header of a PUBLISH.
std::size_t publish_remaining(std::size_t topic, std::size_t payload, qos q) noexcept;
/// Octets of a whole packet with this remaining length.
std::size_t packet_size(std::size_t remaining) noexcept;
/// Writes a PUBLISH into exactly packet_size(publish_remaining(…)) octets.
void write_publish(const message_view& message, std::span<std::uint8_t> to) noexcept;

// Decoders fill views into the packet's octets. They expect a first octet that check_header() let
// pass, and survive any body.

/// What the fixed header alone gives away: type, flags, and the length of packets of fixed length.
/// MQTT 3.1 knows DUP on PUBREL, SUBSCRIBE and UNSUBSCRIBE and leaves the other flags unused.
/// `allowed` has bit n set when type n may come now; another type is a reserved_type.
verdict check_header(std::uint8_t head, std::uint16_t allowed, version v) noexcept;
/// As above, once the remaining length is known.
verdict check_length(packet_type type, std::size_t remaining) noexcept;

/// bad_protocol_level and identifier_rejected (empty client id without a clean session) are found
/// here; the caller answers them with CONNACK. Nothing after the level is read when it is unknown.
verdict decode_connect(bytes_view body, connect_view& fields) noexcept;

struct connack_fields {
  std::uint8_t flags = 0;
  std::uint8_t code = 0;
};
connack_fields decode_connack(bytes_view body) noexcept;

verdict decode_publish(const packet_view& packet, message_view& message) noexcept;

/// For packets of two octets that are a packet id.
verdict decode_packet_id(bytes_view body, std::uint16_t& packet_id) noexcept;

verdict decode_suback(bytes_view body, version v, std::uint16_t& packet_id,
                      bytes_view& codes) noexcept;

/// Walks the filters of SUBSCRIBE (with_qos) or UNSUBSCRIBE one by one.
class filter_reader {
public:
  filter_reader(bytes_view body, bool with_qos) noexcept : rest_(body), with_qos_(with_qos) {}
  /// Reads the packet id; to be called first.
  verdict open(std::uint16_t& packet_id) noexcept;
  [[nodiscard]] bool done() const noexcept { return rest_.empty(); }
  verdict next(filter_request& filter) noexcept;

private:
  bytes_view rest_;
  bool with_qos_;
};

} // namespace fleet::mqtt
