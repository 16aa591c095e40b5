// One machine on a test bench: octets go in by hand, events and packets come out as lines of text.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/mqtt/framer.hpp"
#include "tests/support/mqtt_wire.hpp"

namespace fleet::mqtt::test {

using lines = std::vector<std::string>;

/// How the octets of one feeding reach the machine.
enum class feeding : std::uint8_t { whole, byte_by_byte };

/// Every packet in `bytes` as text; whatever is no packet ends the list with its violation.
inline lines packets(bytes_view bytes, version v = version::v3_1_1) {
  lines out;
  framer cut;
  cut.lend(bytes);
  framed found;
  for (;;) {
    const framing what = cut.next({0xffff, v, 0xffff'ffff, false}, found);
    if (what == framing::packet) {
      out.push_back(describe(found.packet, v));
      continue;
    }
    if (what == framing::violated) {
      out.push_back(describe(found.why));
    }
    return out;
  }
}

/// What both benches share: a clock that only the test moves, and the output.
struct bench {
  time_point now{};
  byte_buffer out;
  version wire_version = version::v3_1_1;

  void advance(duration by) { now += by; }
  /// What was sent since the last call, packet by packet.
  lines sent() {
    const lines result = packets(out.view(), wire_version);
    out.clear();
    return result;
  }
};

struct client_rig : bench {
  client_behaviour behaviour;
  client machine{behaviour};

  client_rig() = default;
  explicit client_rig(client_behaviour b) : behaviour(b) {}

  lines drain() {
    lines events;
    while (auto event = machine.next_event(out)) {
      events.push_back(describe(*event));
    }
    return events;
  }
  lines feed(const wire& bytes, feeding how = feeding::whole) {
    const std::size_t piece = how == feeding::whole ? std::max<std::size_t>(bytes.size(), 1) : 1;
    lines events;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      // A copy of its own, so that a view kept too long is found out.
      const wire lent(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                      bytes.begin() + static_cast<std::ptrdiff_t>(std::min(at + piece,
                                                                            bytes.size())));
      machine.receive(lent, now);
      const lines more = drain();
      events.insert(events.end(), more.begin(), more.end());
    }
    return events;
  }
  lines feed(std::string_view text, feeding how = feeding::whole) {
    return feed(octets(text), how);
  }
  /// Moves to the next time-out and handles it.
  lines next_timeout() {
    now = machine.next_timeout();
    machine.handle_timeout(now, out);
    return drain();
  }
  lines timeout_after(duration by) {
    advance(by);
    machine.handle_timeout(now, out);
    return drain();
  }

  /// CONNECT and CONNACK; nothing of it is left in `out`.
  lines open(bool clean = true, bool session_present = false, std::uint16_t keep_alive_s = 0) {
    connect_fields c;
    c.version = wire_version;
    c.client_id = "d";
    c.clean_session = clean;
    c.keep_alive_s = keep_alive_s;
    machine.start(c, now, out);
    out.clear();
    return feed(session_present ? "20 02 01 00" : "20 02 00 00");
  }

  /// Publishes "t"; the payload is the cookie as text. Answers the packet id.
  std::uint16_t publish(qos q, std::uint64_t cookie = 1) {
    const std::string payload = number(cookie);
    const auto id = machine.publish({"t", as_bytes(payload), q}, now, cookie, now, out);
    FLEET_CHECK(id.ok());
    return id.value();
  }
};

struct server_rig : bench {
  server_limits limits;
  session kept;
  server_connection machine{limits, time_point{}};
  /// What the owner answers.
  connack_code connect_answer = connack_code::accepted;
  bool session_present = false;
  std::uint8_t grant_at_most = 2; ///< or subscribe_refused

  server_rig() = default;
  explicit server_rig(server_limits l) : limits(l) {}

  lines drain() {
    lines events;
    while (auto event = machine.next_event(out)) {
      events.push_back(describe(*event));
      if (const auto* c = std::get_if<server_event::connect_requested>(&*event)) {
        answer(*c);
      } else if (const auto* s = std::get_if<server_event::subscribe_requested>(&*event)) {
        std::vector<std::uint8_t> codes;
        for (const server_event::filter& f : s->filters) {
          codes.push_back(grant_at_most == subscribe_refused
                            ? subscribe_refused
                            : std::min(grant_at_most, static_cast<std::uint8_t>(f.qos)));
        }
        machine.grant(s->packet_id, codes, out);
      }
    }
    return events;
  }
  void answer(const server_event::connect_requested& c) {
    wire_version = c.connect.version;
    if (connect_answer == connack_code::accepted) {
      machine.accept(kept, session_present, c.connect.keep_alive_s, now, out);
    } else {
      machine.refuse(connect_answer, out);
    }
  }
  lines feed(const wire& bytes, feeding how = feeding::whole) {
    const std::size_t piece = how == feeding::whole ? std::max<std::size_t>(bytes.size(), 1) : 1;
    lines events;
    for (std::size_t at = 0; at < bytes.size(); at += piece) {
      const wire lent(bytes.begin() + static_cast<std::ptrdiff_t>(at),
                      bytes.begin() + static_cast<std::ptrdiff_t>(std::min(at + piece,
                                                                            bytes.size())));
      machine.receive(lent, now);
      const lines more = drain();
      events.insert(events.end(), more.begin(), more.end());
    }
    return events;
  }
  lines feed(std::string_view text, feeding how = feeding::whole) {
    return feed(octets(text), how);
  }
  lines timeout_after(duration by) {
    advance(by);
    machine.handle_timeout(now, out);
    return drain();
  }
  lines next_timeout() {
    now = machine.next_timeout();
    machine.handle_timeout(now, out);
    return drain();
  }

  /// CONNECT of client "d" and CONNACK; CONNACK and what follows it stay in `out` for sent().
  lines open(version v = version::v3_1_1, std::uint16_t keep_alive_s = 0) {
    byte_buffer connect;
    connect_view c;
    c.version = v;
    c.client_id = "d";
    c.clean_session = false;
    c.keep_alive_s = keep_alive_s;
    encode_connect(c, connect);
    return feed(wire(connect.view().begin(), connect.view().end()));
  }
  /// The connection breaks and another takes its place.
  void reconnect() {
    machine.unbind();
    out.clear();
    machine = server_connection{limits, now};
    session_present = true;
  }
  /// Delivers topic "t"; the payload is the cookie as text.
  deliver_outcome deliver(qos q, std::uint64_t cookie, bool retain = false) {
    return machine.deliver(message(cookie), q, retain, now, out);
  }
  static message_ptr message(std::uint64_t cookie) {
    const std::string payload = number(cookie);
    return std::make_shared<const stored_message>(
      stored_message{"t", {payload.begin(), payload.end()}, cookie});
  }
};

} // namespace fleet::mqtt::test
