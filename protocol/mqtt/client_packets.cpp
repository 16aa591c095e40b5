// What the client machine does with each packet of the server, and the events it tells.
#include "protocol/base/check.hpp"
#include "protocol/mqtt/client_state.hpp"

namespace fleet::mqtt {

using maybe_event = std::optional<client_event_variant>;

/// Leaves the connection: nothing is read or written on it any more.
std::nullopt_t client::state::fail(violation why) noexcept {
  now_in = phase::over;
  has_failed = true;
  failure = why;
  input.reset();
  return std::nullopt;
}

/// What is to be told before the next packet is looked at.
maybe_event client::state::news() {
  if (has_failed) {
    has_failed = false;
    return client_event::failed{failure};
  }
  if (untold != 0) {
    outgoing* m = messages.find_from(untold_hint, [](const outgoing& o) { return o.untold; });
    FLEET_CHECK(m != nullptr);
    m->untold = false;
    --untold;
    return client_event::publish_resent{m->id, m->cookie, m->on_resume};
  }
  if (rare != nullptr && !rare->timed_out.empty()) {
    const std::uint16_t id = rare->timed_out.front();
    rare->timed_out.erase(rare->timed_out.begin());
    return client_event::request_timed_out{id};
  }
  return std::nullopt;
}

/// The framer knows only that the type may not come now; here it is known why.
violation client::state::refine(const framed& found) const noexcept {
  const unsigned type = found.packet.head >> 4;
  if (found.why != violation::reserved_type || type == 0 || type == 15) {
    return found.why;
  }
  if (now_in == phase::connecting) {
    return violation::connack_expected; // [MQTT-3.2.0-1]
  }
  return found.packet.type() == packet_type::connack ? violation::unexpected_ack : found.why;
}

maybe_event client::state::take(const framed& found, byte_buffer& out) {
  const packet_type type = found.packet.type();
  switch (type) {
    case packet_type::connack: return take_connack(found.packet.body, out);
    case packet_type::publish: return take_publish(found.packet, out);
    case packet_type::suback: return take_suback(found.packet.body);
    case packet_type::puback:
    case packet_type::pubrec:
    case packet_type::pubrel:
    case packet_type::pubcomp:
    case packet_type::unsuback: {
      std::uint16_t id = 0;
      if (const verdict bad = decode_packet_id(found.packet.body, id)) {
        return fail(*bad);
      }
      return take_ack(type, id, out);
    }
    case packet_type::pingresp: pings = 0; return std::nullopt;
    case packet_type::connect:
    case packet_type::subscribe:
    case packet_type::unsubscribe:
    case packet_type::pingreq:
    case packet_type::disconnect: break;
  }
  return fail(violation::reserved_type);
}

maybe_event client::state::take_connack(bytes_view body, byte_buffer& out) {
  const connack_fields c = decode_connack(body);
  const bool has_flags = version != version::v3_1; // 3.1 leaves that octet unused
  const bool present = has_flags && (c.flags & 1) != 0;
  if ((has_flags && c.flags > 1) || c.code > 5
      || (present && (clean || c.code != 0))) { // [MQTT-3.2.2-1], [MQTT-3.2.2-4]
    return fail(violation::bad_connack);
  }
  if (c.code != 0) {
    now_in = phase::over;
    input.reset();
    return client_event::refused{static_cast<connack_code>(c.code)};
  }
  now_in = phase::connected;
  last_ping = now;
  resume(present || !has_flags, out);
  return client_event::connected{present};
}

/// Sends again what was unacknowledged when the last connection ended ([MQTT-4.4.0-1]), in order
/// ([MQTT-4.6.0-1], [MQTT-4.6.0-4]). When the server does not know the session any more
/// (`consistent` is false), publishes go out as new messages, so that none is lost; a PUBREL goes
/// out all the same, since its message is the server's already and PUBCOMP tells that it is done.
void client::state::resume(bool consistent, byte_buffer& out) {
  known_there = consistent;
  if (rare != nullptr) {
    if (!consistent) {
      rare->incoming.clear();
    }
    rare->releases.each([&](releasing& r) {
      encode_ack(packet_type::pubrel, r.id, out,
                 version == version::v3_1 && behaviour->dup_on_resend);
      r.sent_at = now;
      expect_resend(now);
      sent(now);
    });
  }
  messages.each([&](outgoing& m) {
#ifdef FLEET_CANARY
    // The bug that sweeps must find: what is to be acknowledged once is forgotten when a session is
    // taken up again. Only in the program fleet_canary.
    m.held = m.held || (consistent && m.quality() == qos::at_least_once);
#endif
    if (!m.held) {
      resend(m, consistent && behaviour->dup_on_resend, now, out);
      expect_resend(now);
    }
  });
}

bool client::state::acknowledge(qos q, std::uint16_t id, byte_buffer& out) {
  switch (q) {
    case qos::at_most_once: return true;
    case qos::at_least_once: // [MQTT-4.3.2-2]
      encode_ack(packet_type::puback, id, out);
      sent(now);
      return true;
    case qos::exactly_once: break;
  }
  id_set& incoming = rare_parts().incoming;
  const bool is_new = !incoming.contains(id);
  if (is_new && incoming.size() >= behaviour->incoming_qos2_max) {
    fail(violation::too_many_pending);
    return false;
  }
  incoming.insert(id); // told now, remembered until PUBREL ([MQTT-4.3.3-2])
  encode_ack(packet_type::pubrec, id, out);
  sent(now);
  return is_new;
}

maybe_event client::state::take_publish(const packet_view& packet, byte_buffer& out) {
  message_view m;
  if (const verdict bad = decode_publish(packet, m)) {
    return fail(*bad);
  }
  if (!acknowledge(m.qos, m.packet_id, out)) {
    return std::nullopt;
  }
  return client_event::message_arrived{m};
}

maybe_event client::state::take_oversized(const framed& found, byte_buffer& out) {
  const auto q = static_cast<qos>((found.packet.head >> 1) & 0x03);
  if (behaviour->acknowledge_oversized && !acknowledge(q, found.packet_id, out)) {
    return std::nullopt; // a repeat, told already
  }
  return client_event::packet_oversized{found.bytes, q};
}

maybe_event client::state::take_ack(packet_type type, std::uint16_t id, byte_buffer& out) {
  if (type == packet_type::puback) {
    return take_puback(id);
  }
  if (type == packet_type::pubrec) {
    return take_pubrec(id, out);
  }
  if (type == packet_type::pubcomp) {
    return take_pubcomp(id);
  }
  if (type == packet_type::unsuback) {
    return take_unsuback(id);
  }
  // PUBREL: answered even when unknown, for our PUBCOMP may have been lost ([MQTT-4.3.3-2]).
  if (rare != nullptr) {
    rare->incoming.erase(id);
  }
  encode_ack(packet_type::pubcomp, id, out);
  sent(now);
  return std::nullopt;
}

// An acknowledgement for an id that nobody waits for is a late repeat and ignored; one of another
// kind than the id waits for is a violation.

maybe_event client::state::take_puback(std::uint16_t id) {
  outgoing* m = messages.find([id](const outgoing& o) { return o.id == id; });
  if (m == nullptr) {
    const bool wrong = rare != nullptr
                       && rare->releases.find([id](const releasing& r) { return r.id == id; });
    return wrong ? fail(violation::unexpected_ack) : std::nullopt;
  }
  if (m->quality() != qos::at_least_once) {
    return fail(violation::unexpected_ack);
  }
  const client_event::publish_acknowledged done{id, m->cookie, m->due, m->was_resent};
  recycle(std::move(m->packet));
  let_go(*m);
  if (messages.empty() && (rare == nullptr || rare->nothing_to_resend())) {
    resend_at = never; // so that the usual round trip causes no wake-up
  }
  return done;
}

maybe_event client::state::take_pubrec(std::uint16_t id, byte_buffer& out) {
  outgoing* m = messages.find([id](const outgoing& o) { return o.id == id; });
  if (m != nullptr) {
    if (m->quality() != qos::exactly_once) {
      return fail(violation::unexpected_ack);
    }
    rare_parts().releases.push_back({m->due, m->cookie, now, m->order, id, m->was_resent});
    recycle(std::move(m->packet));
    let_go(*m);
    expect_resend(now);
  }
  // Also for an unknown id: only PUBREL frees it at the server ([MQTT-4.3.3-1]).
  encode_ack(packet_type::pubrel, id, out);
  sent(now);
  return std::nullopt;
}

maybe_event client::state::take_pubcomp(std::uint16_t id) {
  releasing* r = rare == nullptr ? nullptr
                                 : rare->releases.find([id](const releasing& x) {
                                     return x.id == id;
                                   });
  if (r == nullptr) {
    const bool wrong = messages.find([id](const outgoing& o) { return o.id == id; }) != nullptr;
    return wrong ? fail(violation::unexpected_ack) : std::nullopt;
  }
  const client_event::publish_acknowledged done{id, r->cookie, r->due, r->was_resent};
  rare->releases.erase(*r);
  return done;
}

maybe_event client::state::take_suback(bytes_view body) {
  std::uint16_t id = 0;
  bytes_view codes;
  if (const verdict bad = decode_suback(body, version, id, codes)) {
    return fail(*bad);
  }
  request* r = rare == nullptr
                 ? nullptr
                 : rare->requests.find([id](const request& q) { return q.id == id; });
  if (r == nullptr) {
    return std::nullopt;
  }
  if (r->filters == 0) {
    return fail(violation::unexpected_ack);
  }
  if (r->filters != codes.size()) { // [MQTT-3.8.4-5]
    return fail(violation::bad_suback);
  }
  rare->requests.erase(*r);
  tidy_rare();
  return client_event::subscribe_acknowledged{id, codes};
}

maybe_event client::state::take_unsuback(std::uint16_t id) {
  request* r = rare == nullptr
                 ? nullptr
                 : rare->requests.find([id](const request& q) { return q.id == id; });
  if (r == nullptr) {
    return std::nullopt;
  }
  if (r->filters != 0) {
    return fail(violation::unexpected_ack);
  }
  rare->requests.erase(*r);
  tidy_rare();
  return client_event::unsubscribe_acknowledged{id};
}

} // namespace fleet::mqtt
