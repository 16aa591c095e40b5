// The decoders of codec.hpp, over octets that may hold anything, and the violations' sentences.
#include "protocol/mqtt/codec.hpp"

#include "protocol/mqtt/topic.hpp"

namespace fleet::mqtt {

namespace {

/// Reads fields from the front; a field that reaches past the end leaves `short_of` set.
class reader {
public:
  explicit reader(bytes_view body) noexcept : rest_(body) {}

  std::uint8_t u8() noexcept {
    if (rest_.empty()) {
      short_of_ = true;
      return 0;
    }
    const std::uint8_t value = rest_[0];
    rest_ = rest_.subspan(1);
    return value;
  }
  std::uint16_t u16() noexcept {
    if (rest_.size() < 2) {
      short_of_ = true;
      rest_ = {};
      return 0;
    }
    const auto value = static_cast<std::uint16_t>((rest_[0] << 8) | rest_[1]);
    rest_ = rest_.subspan(2);
    return value;
  }
  bytes_view string() noexcept {
    const std::uint16_t size = u16();
    if (short_of_ || size > rest_.size()) {
      short_of_ = true;
      rest_ = {};
      return {};
    }
    const bytes_view value = rest_.first(size);
    rest_ = rest_.subspan(size);
    return value;
  }
  std::string_view text() noexcept { return as_text(string()); }

  [[nodiscard]] bool short_of() const noexcept { return short_of_; }
  [[nodiscard]] bytes_view rest() const noexcept { return rest_; }

private:
  bytes_view rest_;
  bool short_of_ = false;
};

verdict judge(const text_traits& found) noexcept {
  if (!found.well_formed) {
    return violation::bad_utf8;
  }
  if (found.has_null) {
    return violation::null_character;
  }
  return {};
}

verdict judge_text(std::string_view text) noexcept {
  return judge(scan(text));
}

verdict judge_topic(std::string_view topic) noexcept {
  const text_traits found = scan(topic);
  if (const verdict bad = judge(found)) {
    return bad;
  }
  if (topic.empty() || found.has_wildcard) {
    return violation::bad_topic;
  }
  return {};
}

verdict judge_connect_flags(unsigned flags) noexcept {
  const bool will = (flags & 0x04) != 0;
  const unsigned will_qos = (flags >> 3) & 0x03;
  const bool will_retain = (flags & 0x20) != 0;
  const bool password_alone = (flags & 0xc0) == 0x40;
  if ((flags & 0x01) != 0             // [MQTT-3.1.2-3]
      || (!will && (will_qos != 0     // [MQTT-3.1.2-11], [MQTT-3.1.2-13]
                    || will_retain))  // [MQTT-3.1.2-15]
      || password_alone) {            // [MQTT-3.1.2-22]
    return violation::bad_connect_flags;
  }
  if (will_qos == 3) { // [MQTT-3.1.2-14]
    return violation::bad_qos;
  }
  return {};
}

/// Protocol name and level (3.1.2.1, 3.1.2.2).
verdict read_version(reader& in, version& v) noexcept {
  const std::string_view name = in.text();
  if (in.short_of()) {
    return violation::truncated_packet;
  }
  if (name != "MQTT" && name != "MQIsdp") {
    return violation::bad_protocol_name;
  }
  const std::uint8_t level = in.u8();
  if (in.short_of()) {
    return violation::truncated_packet;
  }
  v = name == "MQTT" ? version::v3_1_1 : version::v3_1;
  if (level != static_cast<std::uint8_t>(v)) {
    return violation::bad_protocol_level;
  }
  return {};
}

verdict read_will(reader& in, unsigned flags, connect_view& c) noexcept {
  c.will.topic = in.text();
  c.will.payload = in.string();
  c.will.qos = static_cast<qos>((flags >> 3) & 0x03);
  c.will.retain = (flags & 0x20) != 0;
  if (in.short_of()) {
    return violation::truncated_packet;
  }
  return judge_topic(c.will.topic);
}

/// User name and password. MQTT 3.1 lets the remaining length overrule the flags: a string that is
/// announced but not there is no mistake.
verdict read_credentials(reader& in, unsigned flags, connect_view& c) noexcept {
  const auto there = [&](unsigned bit) {
    return (flags & bit) != 0 && !(c.version == version::v3_1 && in.rest().empty());
  };
  c.has_username = there(0x80);
  if (c.has_username) {
    c.username = in.text();
    if (in.short_of()) {
      return violation::truncated_packet;
    }
    if (const verdict bad = judge_text(c.username)) {
      return bad;
    }
  }
  c.has_password = there(0x40);
  if (c.has_password) {
    c.password = in.string();
  }
  if (in.short_of()) {
    return violation::truncated_packet;
  }
  return {};
}

constexpr std::uint8_t required_flags(packet_type type) noexcept {
  return type == packet_type::pubrel || type == packet_type::subscribe
             || type == packet_type::unsubscribe
           ? 0x02
           : 0x00;
}

verdict check_publish_flags(std::uint8_t flags, version v) noexcept {
  const unsigned q = (flags >> 1) & 0x03;
  if (q == 3) {
    return violation::bad_qos;
  }
  if (q == 0 && (flags & dup_flag) != 0 && v != version::v3_1) {
    return violation::dup_at_qos_0;
  }
  return {};
}

} // namespace

verdict check_header(std::uint8_t head, std::uint16_t allowed, version v) noexcept {
  const unsigned type = head >> 4;
  const auto flags = static_cast<std::uint8_t>(head & 0x0f);
  if (type == 0 || type == 15 || (allowed & (1U << type)) == 0) {
    return violation::reserved_type;
  }
  const auto t = static_cast<packet_type>(type);
  if (t == packet_type::publish) {
    return check_publish_flags(flags, v);
  }
  if (v == version::v3_1) {
    const std::uint8_t wanted = required_flags(t); // QoS 1 in 3.1's words
    const bool fits = wanted == 0 || (flags & 0x06) == wanted;
    return fits ? verdict{} : verdict{violation::bad_flags};
  }
  return flags == required_flags(t) ? verdict{} : verdict{violation::bad_flags};
}

verdict check_length(packet_type type, std::size_t remaining) noexcept {
  std::size_t least = 0;
  std::size_t most = remaining_length_max;
  switch (type) {
    case packet_type::connack:
    case packet_type::puback:
    case packet_type::pubrec:
    case packet_type::pubrel:
    case packet_type::pubcomp:
    case packet_type::unsuback:
      least = 2;
      most = 2;
      break;
    case packet_type::pingreq:
    case packet_type::pingresp:
    case packet_type::disconnect: most = 0; break;
    case packet_type::publish:
    case packet_type::suback:
    case packet_type::subscribe:
    case packet_type::unsubscribe: least = 2; break;
    case packet_type::connect: break;
  }
  if (remaining < least) {
    return violation::truncated_packet;
  }
  return remaining > most ? verdict{violation::trailing_bytes} : verdict{};
}

verdict decode_connect(bytes_view body, connect_view& c) noexcept {
  c = {};
  reader in{body};
  if (const verdict bad = read_version(in, c.version)) {
    return bad;
  }
  const unsigned flags = in.u8();
  c.keep_alive_s = in.u16();
  if (in.short_of()) {
    return violation::truncated_packet;
  }
  if (const verdict bad = judge_connect_flags(flags)) {
    return bad;
  }
  c.clean_session = (flags & 0x02) != 0;
  c.client_id = in.text();
  if (in.short_of()) {
    return violation::truncated_packet;
  }
  if (const verdict bad = judge_text(c.client_id)) {
    return bad;
  }
  c.has_will = (flags & 0x04) != 0;
  if (c.has_will) {
    if (const verdict bad = read_will(in, flags, c)) {
      return bad;
    }
  }
  if (const verdict bad = read_credentials(in, flags, c)) {
    return bad;
  }
  if (!in.rest().empty()) {
    return violation::trailing_bytes;
  }
  if (c.client_id.empty() && (!c.clean_session || c.version == version::v3_1)) {
    return violation::identifier_rejected; // [MQTT-3.1.3-8]; MQTT 3.1 has no empty ids at all
  }
  return {};
}

connack_fields decode_connack(bytes_view body) noexcept {
  reader in{body};
  connack_fields fields;
  fields.flags = in.u8();
  fields.code = in.u8();
  return fields;
}

verdict decode_publish(const packet_view& packet, message_view& m) noexcept {
  reader in{packet.body};
  m.topic = in.text();
  m.qos = static_cast<qos>((packet.head >> 1) & 0x03);
  m.retain = (packet.head & retain_flag) != 0;
  m.dup = (packet.head & dup_flag) != 0;
  m.packet_id = m.qos == qos::at_most_once ? std::uint16_t{0} : in.u16();
  if (in.short_of()) {
    return violation::truncated_packet;
  }
  if (m.qos != qos::at_most_once && m.packet_id == 0) {
    return violation::zero_packet_id;
  }
  m.payload = in.rest();
  return judge_topic(m.topic);
}

verdict decode_packet_id(bytes_view body, std::uint16_t& packet_id) noexcept {
  reader in{body};
  packet_id = in.u16();
  if (in.short_of()) {
    return violation::truncated_packet;
  }
  return packet_id == 0 ? verdict{violation::zero_packet_id} : verdict{};
}

verdict decode_suback(bytes_view body, version v, std::uint16_t& packet_id,
                      bytes_view& codes) noexcept {
  if (const verdict bad = decode_packet_id(body, packet_id)) {
    return bad;
  }
  codes = body.subspan(2);
  for (const std::uint8_t code : codes) {
    // MQTT 3.1 has no code for refusal.
    if (code > 2 && (code != subscribe_refused || v == version::v3_1)) {
      return violation::bad_suback;
    }
  }
  return {};
}

verdict filter_reader::open(std::uint16_t& packet_id) noexcept {
  if (const verdict bad = decode_packet_id(rest_, packet_id)) {
    return bad;
  }
  rest_ = rest_.subspan(2);
  return rest_.empty() ? verdict{violation::no_filters} : verdict{};
}

verdict filter_reader::next(filter_request& filter) noexcept {
  reader in{rest_};
  filter.filter = in.text();
  const std::uint8_t options = with_qos_ ? in.u8() : std::uint8_t{0};
  if (in.short_of()) {
    return violation::truncated_packet;
  }
  rest_ = in.rest();
  if (options > 2) { // [MQTT-3.8.3-4]: a QoS of 3 or a reserved bit
    return violation::bad_qos;
  }
  filter.qos = static_cast<qos>(options);
  const text_traits found = scan(filter.filter);
  if (const verdict bad = judge(found)) {
    return bad;
  }
  if (filter.filter.empty() || (found.has_wildcard && !valid_wildcards(filter.filter))) {
    return violation::bad_filter;
  }
  return {};
}

std::string_view text(violation why) noexcept {
  switch (why) {
    case violation::malformed_length: return "the remaining length takes more than four octets";
    case violation::packet_too_large: return "a packet is larger than this end accepts";
    case violation::truncated_packet: return "a field reaches past the end of its packet";
    case violation::trailing_bytes: return "a packet goes on after its last field";
    case violation::reserved_type: return "a packet type that this end never receives";
    case violation::bad_flags: return "reserved flags of a fixed header are wrong";
    case violation::bad_qos: return "a QoS that does not exist";
    case violation::dup_at_qos_0: return "DUP is set on a message of QoS 0";
    case violation::zero_packet_id: return "a packet id is zero";
    case violation::bad_utf8: return "a string is not well-formed UTF-8";
    case violation::null_character: return "a string contains U+0000";
    case violation::bad_topic: return "a topic name is empty or contains a wildcard";
    case violation::bad_filter: return "a topic filter is empty or misplaces a wildcard";
    case violation::no_filters: return "SUBSCRIBE or UNSUBSCRIBE names no filter";
    case violation::bad_protocol_name: return "CONNECT names another protocol";
    case violation::bad_connect_flags: return "the flags of CONNECT contradict each other";
    case violation::bad_connack: return "CONNACK has unknown flags or an unknown code";
    case violation::bad_suback: return "SUBACK has an unknown code or a wrong number of codes";
    case violation::connect_expected: return "the first packet is not CONNECT";
    case violation::second_connect: return "a second CONNECT on one connection";
    case violation::connack_expected: return "the first packet is not CONNACK";
    case violation::unexpected_ack: return "an acknowledgement of the wrong kind";
    case violation::keep_alive_missed: return "no packet within one and a half keep-alives";
    case violation::ping_unanswered: return "PINGREQ was not answered in time";
    case violation::connect_timed_out: return "CONNECT or CONNACK did not come in time";
    case violation::too_many_pending: return "the peer reached a limit of this end";
    case violation::bad_protocol_level: return "CONNECT asks for an unknown protocol level";
    case violation::identifier_rejected: return "the client identifier is not acceptable";
  }
  return "unknown";
}

} // namespace fleet::mqtt
