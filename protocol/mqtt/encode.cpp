// The encoders of codec.hpp. Each knows its size before it writes, so that the output grows once.
#include <cstring>

#include "protocol/base/check.hpp"
#include "protocol/mqtt/codec.hpp"

namespace fleet::mqtt {

namespace {

constexpr std::uint8_t first_octet(packet_type type, std::uint8_t flags) noexcept {
  return static_cast<std::uint8_t>((static_cast<unsigned>(type) << 4) | flags);
}

/// Flags that are not PUBLISH's (2.2.2): 0010 for those with a packet id of the sender's, else 0.
constexpr std::uint8_t fixed_flags(packet_type type) noexcept {
  return type == packet_type::pubrel || type == packet_type::subscribe
             || type == packet_type::unsubscribe
           ? 0x02
           : 0x00;
}

/// Writes into octets that are known to suffice.
class writer {
public:
  explicit writer(std::span<std::uint8_t> to) noexcept : at_(to.data()) {}

  void u8(unsigned value) noexcept { *at_++ = static_cast<std::uint8_t>(value); }
  void u16(std::size_t value) noexcept {
    u8(static_cast<unsigned>(value >> 8) & 0xff);
    u8(static_cast<unsigned>(value) & 0xff);
  }
  void octets(bytes_view bytes) noexcept {
    if (!bytes.empty()) {
      std::memcpy(at_, bytes.data(), bytes.size());
      at_ += bytes.size();
    }
  }
  void string(bytes_view bytes) noexcept {
    u16(bytes.size());
    octets(bytes);
  }
  void string(std::string_view text) noexcept { string(as_bytes(text)); }

  void header(std::uint8_t head, std::size_t remaining) noexcept {
    u8(head);
    do {
      const auto digit = static_cast<unsigned>(remaining & 0x7f);
      remaining >>= 7;
      u8(remaining == 0 ? digit : digit | 0x80);
    } while (remaining != 0);
  }

private:
  std::uint8_t* at_;
};

std::size_t string_size(std::size_t octets) noexcept {
  FLEET_CHECK(octets <= string_max);
  return 2 + octets;
}

/// Room for a whole packet at the end of `out`, with the fixed header written.
writer open_packet(std::uint8_t head, std::size_t remaining, byte_buffer& out) {
  FLEET_CHECK(remaining <= remaining_length_max);
  writer w{out.prepare(packet_size(remaining))};
  w.header(head, remaining);
  return w;
}

std::uint8_t publish_head(const message_view& message) noexcept {
  FLEET_CHECK(message.qos <= qos::exactly_once); // [MQTT-3.3.1-4]
  unsigned flags = static_cast<unsigned>(message.qos) << 1;
  flags |= message.retain ? retain_flag : 0U;
  flags |= message.dup && message.qos != qos::at_most_once ? dup_flag : 0U; // [MQTT-3.3.1-2]
  return first_octet(packet_type::publish, static_cast<std::uint8_t>(flags));
}

} // namespace

std::size_t publish_remaining(std::size_t topic, std::size_t payload, qos q) noexcept {
  return 2 + topic + (q == qos::at_most_once ? 0U : 2U) + payload;
}

std::size_t packet_size(std::size_t remaining) noexcept {
  return remaining
         + (remaining < 128 ? 2U : remaining < 16'384 ? 3U : remaining < 2'097'152 ? 4U : 5U);
}

void write_publish(const message_view& message, std::span<std::uint8_t> to) noexcept {
  writer w{to};
  w.header(publish_head(message),
           publish_remaining(message.topic.size(), message.payload.size(), message.qos));
  w.string(message.topic);
  if (message.qos != qos::at_most_once) {
    w.u16(message.packet_id);
  }
  w.octets(message.payload);
}

void encode_publish(const message_view& message, byte_buffer& out) {
  FLEET_CHECK(message.topic.size() <= string_max);
  const std::size_t remaining =
    publish_remaining(message.topic.size(), message.payload.size(), message.qos);
  FLEET_CHECK(remaining <= remaining_length_max);
  write_publish(message, out.prepare(packet_size(remaining)));
}

void encode_connect(const connect_view& c, byte_buffer& out) {
  FLEET_CHECK(c.has_username || !c.has_password);
  const std::string_view name = c.version == version::v3_1 ? "MQIsdp" : "MQTT";
  std::size_t remaining = string_size(name.size()) + 4 + string_size(c.client_id.size());
  unsigned flags = c.clean_session ? 0x02 : 0x00;
  if (c.has_will) {
    remaining += string_size(c.will.topic.size()) + string_size(c.will.payload.size());
    flags |= 0x04U | (static_cast<unsigned>(c.will.qos) << 3) | (c.will.retain ? 0x20U : 0U);
  }
  if (c.has_username) {
    remaining += string_size(c.username.size());
    flags |= 0x80;
  }
  if (c.has_password) {
    remaining += string_size(c.password.size());
    flags |= 0x40;
  }
  writer w = open_packet(first_octet(packet_type::connect, 0), remaining, out);
  w.string(name);
  w.u8(static_cast<unsigned>(c.version));
  w.u8(flags);
  w.u16(c.keep_alive_s);
  w.string(c.client_id);
  if (c.has_will) {
    w.string(c.will.topic);
    w.string(c.will.payload);
  }
  if (c.has_username) {
    w.string(c.username);
  }
  if (c.has_password) {
    w.string(c.password);
  }
}

void encode_connack(bool session_present, connack_code code, byte_buffer& out) {
  writer w = open_packet(first_octet(packet_type::connack, 0), 2, out);
  w.u8(session_present ? 1 : 0);
  w.u8(static_cast<unsigned>(code));
}

void encode_ack(packet_type type, std::uint16_t packet_id, byte_buffer& out, bool dup) {
  const auto flags = static_cast<std::uint8_t>(fixed_flags(type) | (dup ? dup_flag : 0U));
  writer w = open_packet(first_octet(type, flags), 2, out);
  w.u16(packet_id);
}

void encode_subscribe(std::uint16_t packet_id, std::span<const filter_request> filters,
                      byte_buffer& out) {
  std::size_t remaining = 2;
  for (const filter_request& f : filters) {
    FLEET_CHECK(f.qos <= qos::exactly_once); // [MQTT-3.8.3-4]
    remaining += string_size(f.filter.size()) + 1;
  }
  writer w = open_packet(first_octet(packet_type::subscribe, 0x02), remaining, out);
  w.u16(packet_id);
  for (const filter_request& f : filters) {
    w.string(f.filter);
    w.u8(static_cast<unsigned>(f.qos));
  }
}

void encode_suback(std::uint16_t packet_id, std::span<const std::uint8_t> codes,
                   byte_buffer& out) {
  writer w = open_packet(first_octet(packet_type::suback, 0), 2 + codes.size(), out);
  w.u16(packet_id);
  w.octets(codes);
}

void encode_unsubscribe(std::uint16_t packet_id, std::span<const std::string_view> filters,
                        byte_buffer& out) {
  std::size_t remaining = 2;
  for (const std::string_view filter : filters) {
    remaining += string_size(filter.size());
  }
  writer w = open_packet(first_octet(packet_type::unsubscribe, 0x02), remaining, out);
  w.u16(packet_id);
  for (const std::string_view filter : filters) {
    w.string(filter);
  }
}

void encode_empty(packet_type type, byte_buffer& out) {
  open_packet(first_octet(type, 0), 0, out);
}

} // namespace fleet::mqtt
