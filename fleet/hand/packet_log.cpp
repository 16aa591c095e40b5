// Framing either direction, and a line for each type of packet.
#include "fleet/hand/packet_log.hpp"

#include <fmt/format.h>

#include "protocol/base/check.hpp"
#include "protocol/mqtt/codec.hpp"

namespace fleet::program {

namespace {

using mqtt::packet_type;

/// Packets beyond are not held to be shown, only counted.
constexpr std::uint32_t held_most = 512 * 1024;
constexpr std::string_view unreadable = " (cannot be read)";

std::string_view name_of(packet_type type) noexcept {
  switch (type) {
    case packet_type::connect: return "CONNECT";
    case packet_type::connack: return "CONNACK";
    case packet_type::publish: return "PUBLISH";
    case packet_type::puback: return "PUBACK";
    case packet_type::pubrec: return "PUBREC";
    case packet_type::pubrel: return "PUBREL";
    case packet_type::pubcomp: return "PUBCOMP";
    case packet_type::subscribe: return "SUBSCRIBE";
    case packet_type::suback: return "SUBACK";
    case packet_type::unsubscribe: return "UNSUBSCRIBE";
    case packet_type::unsuback: return "UNSUBACK";
    case packet_type::pingreq: return "PINGREQ";
    case packet_type::pingresp: return "PINGRESP";
    case packet_type::disconnect: return "DISCONNECT";
  }
  return "a packet of an unknown type";
}

std::string connect_line(bytes_view body) {
  mqtt::connect_view c;
  if (mqtt::decode_connect(body, c)) {
    return std::string{unreadable};
  }
  std::string out = fmt::format(" client id {}", c.client_id);
  if (c.has_username) {
    out += fmt::format(", user name {}", c.username);
  }
  if (c.has_password) {
    out += ", password ***";
  }
  return out
         + fmt::format(", keep-alive {} s, {} session", c.keep_alive_s,
                       c.clean_session ? "clean" : "persistent");
}

std::string connack_line(bytes_view body, program::profile p) {
  const auto c = mqtt::decode_connack(body);
  if (c.code > 5) {
    return fmt::format(" code {}, which has no meaning", c.code);
  }
  const auto code = static_cast<mqtt::connack_code>(c.code);
  const bool good = code == mqtt::connack_code::accepted;
  return fmt::format(" code {}: {}{}", c.code, connack_text(code, p),
                     !good                ? ""
                     : (c.flags & 1) != 0 ? ", the session was kept"
                                          : ", a new session");
}

std::string publish_line(const mqtt::packet_view& packet, std::size_t most,
                         const secret_mask& mask) {
  mqtt::message_view m;
  if (mqtt::decode_publish(packet, m)) {
    return std::string{unreadable};
  }
  std::string out;
  if (m.qos != mqtt::qos::at_most_once) {
    out += fmt::format(" id {}", m.packet_id);
  }
  return out
         + fmt::format(" qos {}{}{} {} {}", static_cast<unsigned>(m.qos), m.dup ? " dup" : "",
                       m.retain ? " retain" : "", m.topic, payload_text(m.payload, most, mask));
}

std::string filters_line(bytes_view body, bool with_qos) {
  mqtt::filter_reader reader{body, with_qos};
  std::uint16_t id = 0;
  if (reader.open(id)) {
    return std::string{unreadable};
  }
  std::string out = fmt::format(" id {}", id);
  mqtt::filter_request filter;
  for (bool first = true; !reader.done(); first = false) {
    if (reader.next(filter)) {
      return out + std::string{unreadable};
    }
    out += fmt::format("{} {}", first ? "" : ",", filter.filter);
    if (with_qos) {
      out += fmt::format(" qos {}", static_cast<unsigned>(filter.qos));
    }
  }
  return out;
}

std::string suback_line(bytes_view body) {
  std::uint16_t id = 0;
  bytes_view codes;
  if (mqtt::decode_suback(body, mqtt::version::v3_1_1, id, codes)) {
    return std::string{unreadable};
  }
  std::string out = fmt::format(" id {}", id);
  for (const auto code : codes) {
    out += code == mqtt::subscribe_refused ? std::string{" refused"}
                                           : fmt::format(" granted qos {}", code);
  }
  return out;
}

std::string id_line(bytes_view body) {
  std::uint16_t id = 0;
  return mqtt::decode_packet_id(body, id) ? std::string{unreadable} : fmt::format(" id {}", id);
}

std::string rest_of(const mqtt::packet_view& packet, const packet_log_options& options,
                    const secret_mask& mask) {
  switch (packet.type()) {
    case packet_type::connect: return connect_line(packet.body);
    case packet_type::connack: return connack_line(packet.body, options.profile);
    case packet_type::publish:
      return publish_line(packet, options.verbose ? payload_whole : payload_short, mask);
    case packet_type::subscribe: return filters_line(packet.body, true);
    case packet_type::unsubscribe: return filters_line(packet.body, false);
    case packet_type::suback: return suback_line(packet.body);
    case packet_type::puback:
    case packet_type::pubrec:
    case packet_type::pubrel:
    case packet_type::pubcomp:
    case packet_type::unsuback: return id_line(packet.body);
    case packet_type::pingreq:
    case packet_type::pingresp:
    case packet_type::disconnect: break;
  }
  return {};
}

} // namespace

std::string packet_text(const mqtt::packet_view& packet, const packet_log_options& options,
                        const secret_mask& mask) {
  std::string out{name_of(packet.type())};
  out += mask.hide(rest_of(packet, options, mask));
  if (options.verbose) {
    out += fmt::format(" [{} octets]", mqtt::packet_size(packet.body.size()));
  }
  return out;
}

packet_log::packet_log(const packet_log_options& options, secret_mask mask, sink to)
    : options_(options), mask_(std::move(mask)), to_(std::move(to)) {}

void packet_log::reset() noexcept {
  for (auto& each : sides_) {
    each.framer.reset();
    each.lost = false;
  }
}

void packet_log::pass(line_kind way, bytes_view bytes) {
  side& s = sides_[way == line_kind::up ? 0 : 1];
  if (s.lost) {
    return;
  }
  mqtt::framing_rules rules;
  rules.limit_bytes = held_most;
  rules.skip_oversized = true;
  s.framer.lend(bytes);
  mqtt::framed found;
  for (;;) {
    switch (s.framer.next(rules, found)) {
      case mqtt::framing::need_more: return;
      case mqtt::framing::packet: to_(way, packet_text(found.packet, options_, mask_)); break;
      case mqtt::framing::skipped:
        to_(way, fmt::format("PUBLISH of {} octets, too large to be shown", found.bytes));
        break;
      case mqtt::framing::violated:
        s.lost = true;
        s.framer.reset();
        to_(line_kind::trouble,
            fmt::format("what {} is no MQTT: {}", way == line_kind::up ? "was sent" : "came",
                        mqtt::text(found.why)));
        return;
    }
  }
}

} // namespace fleet::program
