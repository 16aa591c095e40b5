// MQTT on the wire for tests: annotated octets in, packets and events as one line of text out.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/check.hpp"
#include "protocol/mqtt/client.hpp"
#include "protocol/mqtt/codec.hpp"
#include "protocol/mqtt/server.hpp"

namespace fleet::mqtt::test {

using wire = std::vector<std::uint8_t>;

/// Octets from text: pairs of hexadecimal digits, and 'letters' between quotes; blanks are skipped.
inline wire octets(std::string_view text) {
  wire out;
  bool quoted = false;
  int high = -1;
  for (const char c : text) {
    if (c == '\'') {
      quoted = !quoted;
    } else if (quoted) {
      out.push_back(static_cast<std::uint8_t>(c));
    } else if (c != ' ') {
      const int digit = c <= '9' ? c - '0' : c - 'a' + 10;
      FLEET_CHECK(digit >= 0 && digit < 16);
      if (high < 0) {
        high = digit;
      } else {
        out.push_back(static_cast<std::uint8_t>(high * 16 + digit));
        high = -1;
      }
    }
  }
  FLEET_CHECK(!quoted && high < 0);
  return out;
}

/// The opposite of octets(), without quotes: "c0 00".
inline std::string hex(bytes_view bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (const std::uint8_t b : bytes) {
    out += out.empty() ? "" : " ";
    out += digits[b >> 4];
    out += digits[b & 15];
  }
  return out;
}

inline std::string number(std::uint64_t value) {
  return std::to_string(value);
}

/// "a/b=hi q1 id7 dup retain"
inline std::string describe(const message_view& m) {
  std::string out = std::string{m.topic} + "=" + std::string{as_text(m.payload)} + " q"
                    + number(static_cast<std::uint64_t>(m.qos));
  out += m.packet_id != 0 ? " id" + number(m.packet_id) : "";
  out += m.dup ? " dup" : "";
  out += m.retain ? " retain" : "";
  return out;
}

inline std::string describe(const connect_view& c) {
  std::string out = "v" + number(static_cast<std::uint64_t>(c.version)) + " "
                    + (c.clean_session ? "clean" : "kept") + " keep" + number(c.keep_alive_s)
                    + " id=" + std::string{c.client_id};
  out += c.has_will ? " will(" + describe(c.will) + ")" : "";
  out += c.has_username ? " user=" + std::string{c.username} : "";
  out += c.has_password ? " password=" + std::string{as_text(c.password)} : "";
  return out;
}

inline std::string describe(violation why) {
  return "failed: " + std::string{text(why)};
}

/// One packet as text, decoded by the codec, or the violation.
inline std::string describe(const packet_view& p, version v = version::v3_1_1) {
  std::uint16_t id = 0;
  verdict bad;
  std::string out;
  switch (p.type()) {
    case packet_type::connect: {
      connect_view c;
      bad = decode_connect(p.body, c);
      out = "CONNECT " + describe(c);
      break;
    }
    case packet_type::connack: {
      const connack_fields c = decode_connack(p.body);
      return "CONNACK flags" + number(c.flags) + " code" + number(c.code);
    }
    case packet_type::publish: {
      message_view m;
      bad = decode_publish(p, m);
      out = "PUBLISH " + describe(m);
      break;
    }
    case packet_type::puback: out = "PUBACK"; break;
    case packet_type::pubrec: out = "PUBREC"; break;
    case packet_type::pubrel: out = (p.head & dup_flag) != 0 ? "PUBREL dup" : "PUBREL"; break;
    case packet_type::pubcomp: out = "PUBCOMP"; break;
    case packet_type::unsuback: out = "UNSUBACK"; break;
    case packet_type::suback: {
      bytes_view codes;
      bad = decode_suback(p.body, v, id, codes);
      return bad ? describe(*bad) : "SUBACK " + number(id) + " [" + hex(codes) + "]";
    }
    case packet_type::subscribe:
    case packet_type::unsubscribe: {
      const bool with_qos = p.type() == packet_type::subscribe;
      out = with_qos ? "SUBSCRIBE " : "UNSUBSCRIBE ";
      filter_reader reader{p.body, with_qos};
      bad = reader.open(id);
      out += number(id);
      while (!bad && !reader.done()) {
        filter_request f;
        bad = reader.next(f);
        out += " " + std::string{f.filter};
        out += with_qos ? ":" + number(static_cast<std::uint64_t>(f.qos)) : "";
      }
      break;
    }
    case packet_type::pingreq: return "PINGREQ";
    case packet_type::pingresp: return "PINGRESP";
    case packet_type::disconnect: return "DISCONNECT";
  }
  const bool is_ack = out.back() != ' ' && out.find(' ') == std::string::npos;
  if (is_ack || out == "PUBREL dup") {
    bad = decode_packet_id(p.body, id);
    out += " " + number(id);
  }
  return bad ? describe(*bad) : out;
}

struct client_event_text {
  std::string operator()(const client_event::connected& e) const {
    return e.session_present ? "connected, session present" : "connected";
  }
  std::string operator()(const client_event::refused& e) const {
    return "refused " + number(static_cast<std::uint64_t>(e.code));
  }
  std::string operator()(const client_event::message_arrived& e) const {
    return "arrived " + describe(e.message);
  }
  std::string operator()(const client_event::publish_acknowledged& e) const {
    return "acknowledged id" + number(e.packet_id) + " cookie" + number(e.cookie)
           + (e.was_resent ? " resent" : "");
  }
  std::string operator()(const client_event::publish_resent& e) const {
    return "resent id" + number(e.packet_id) + " cookie" + number(e.cookie)
           + (e.on_resume ? " on resume" : "");
  }
  std::string operator()(const client_event::subscribe_acknowledged& e) const {
    return "subscribed id" + number(e.packet_id) + " [" + hex(e.codes) + "]";
  }
  std::string operator()(const client_event::unsubscribe_acknowledged& e) const {
    return "unsubscribed id" + number(e.packet_id);
  }
  std::string operator()(const client_event::request_timed_out& e) const {
    return "timed out id" + number(e.packet_id);
  }
  std::string operator()(const client_event::packet_oversized& e) const {
    return "oversized " + number(e.bytes);
  }
  std::string operator()(const client_event::failed& e) const { return describe(e.why); }
};

inline std::string describe(const client_event_variant& event) {
  return std::visit(client_event_text{}, event);
}

struct server_event_text {
  std::string operator()(const server_event::connect_requested& e) const {
    return "connect " + describe(e.connect);
  }
  std::string operator()(const server_event::message_published& e) const {
    return "published " + describe(e.message);
  }
  std::string operator()(const server_event::subscribe_requested& e) const {
    std::string out = "subscribe id" + number(e.packet_id);
    for (const server_event::filter& f : e.filters) {
      out += " " + std::string{f.text} + ":" + number(static_cast<std::uint64_t>(f.qos));
    }
    return out;
  }
  std::string operator()(const server_event::unsubscribed& e) const {
    std::string out = "unsubscribe";
    for (const std::string_view f : e.filters) {
      out += " " + std::string{f};
    }
    return out;
  }
  std::string operator()(const server_event::message_acknowledged& e) const {
    return "acknowledged cookie" + number(e.cookie)
           + (e.due == never ? "" : " due" + std::to_string(e.due.time_since_epoch().count()));
  }
  std::string operator()(const server_event::disconnect_requested&) const { return "disconnect"; }
  std::string operator()(const server_event::failed& e) const { return describe(e.why); }
};

inline std::string describe(const server_event_variant& event) {
  return std::visit(server_event_text{}, event);
}

} // namespace fleet::mqtt::test
