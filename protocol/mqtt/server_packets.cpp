// What the server machine does with each packet of the client.
#include "protocol/base/check.hpp"
#include "protocol/mqtt/server_state.hpp"

namespace fleet::mqtt {

namespace {

using maybe_event = std::optional<server_event_variant>;

constexpr std::uint16_t only_connect = type_bit(packet_type::connect);
constexpr std::uint16_t after_connect = static_cast<std::uint16_t>(
    type_bit(packet_type::publish) | type_bit(packet_type::puback) | type_bit(packet_type::pubrec)
    | type_bit(packet_type::pubrel) | type_bit(packet_type::pubcomp)
    | type_bit(packet_type::subscribe) | type_bit(packet_type::unsubscribe)
    | type_bit(packet_type::pingreq) | type_bit(packet_type::disconnect));

/// Characters, not octets, of well-formed UTF-8.
std::size_t characters(std::string_view text) noexcept {
  std::size_t count = 0;
  for (const char c : text) {
    count += (static_cast<unsigned char>(c) & 0xc0) != 0x80 ? 1 : 0;
  }
  return count;
}

} // namespace

framing_rules server_connection::state::rules() const noexcept {
  const bool first = now_in == phase::fresh;
  return {first ? only_connect : after_connect, version,
          first ? limits->first_packet_max : limits->packet_max, false};
}

/// Leaves the connection: nothing is read or written on it any more.
std::nullopt_t server_connection::state::fail(violation why) noexcept {
  now_in = phase::over;
  has_failed = true;
  failure = why;
  input.reset();
  return std::nullopt;
}

/// The framer knows only that the type may not come now; here it is known why.
violation server_connection::state::refine(const framed& found) const noexcept {
  const unsigned type = found.packet.head >> 4;
  if (found.why != violation::reserved_type || type == 0 || type == 15) {
    return found.why;
  }
  if (now_in == phase::fresh) {
    return violation::connect_expected; // [MQTT-3.1.0-1]
  }
  return found.packet.type() == packet_type::connect ? violation::second_connect // [MQTT-3.1.0-2]
                                                     : found.why;
}

maybe_event server_connection::state::take(const packet_view& packet, byte_buffer& out) {
  switch (packet.type()) {
    case packet_type::connect: return take_connect(packet.body, out);
    case packet_type::publish: return take_publish(packet, out);
    case packet_type::puback:
    case packet_type::pubrec:
    case packet_type::pubrel:
    case packet_type::pubcomp: return take_ack(packet.type(), packet.body, out);
    case packet_type::subscribe: return take_subscribe(packet.body);
    case packet_type::unsubscribe: return take_unsubscribe(packet.body, out);
    case packet_type::pingreq: // [MQTT-3.12.4-1]
      encode_empty(packet_type::pingresp, out);
      tidy(); // the client is quiet: hold nothing
      return std::nullopt;
    case packet_type::disconnect:
      now_in = phase::over;
      input.reset();
      return server_event::disconnect_requested{};
    case packet_type::connack:
    case packet_type::suback:
    case packet_type::unsuback:
    case packet_type::pingresp: break;
  }
  return fail(violation::reserved_type);
}

maybe_event server_connection::state::take_connect(bytes_view body, byte_buffer& out) {
  connect_view c;
  verdict bad = decode_connect(body, c);
  if (!bad && c.version == version::v3_1 && characters(c.client_id) > limits->client_id_max_3_1) {
    bad = violation::identifier_rejected;
  }
  if (bad == violation::bad_protocol_level) { // [MQTT-3.1.2-2]
    encode_connack(false, connack_code::unacceptable_version, out);
  } else if (bad == violation::identifier_rejected) { // [MQTT-3.1.3-8]
    encode_connack(false, connack_code::identifier_rejected, out);
  }
  if (bad) {
    return fail(*bad);
  }
  version = c.version;
  now_in = phase::asking;
  return server_event::connect_requested{c};
}

maybe_event server_connection::state::take_publish(const packet_view& packet, byte_buffer& out) {
  message_view m;
  if (const verdict bad = decode_publish(packet, m)) {
    return fail(*bad);
  }
  if (m.qos > limits->publish_max) { // before any acknowledgement: nothing is kept of it
    return fail(violation::bad_qos);
  }
  switch (m.qos) {
    case qos::at_most_once: break;
    case qos::at_least_once: encode_ack(packet_type::puback, m.packet_id, out); break;
    case qos::exactly_once: {
      id_set& incoming = remembered().incoming;
      const bool is_new = !incoming.contains(m.packet_id);
      if (is_new && incoming.size() >= limits->incoming_qos2_max) {
        return fail(violation::too_many_pending);
      }
      encode_ack(packet_type::pubrec, m.packet_id, out);
      if (!is_new) { // told already ([MQTT-4.3.3-2])
        return std::nullopt;
      }
      incoming.insert(m.packet_id);
      if (bound->journal_ != nullptr) {
        bound->journal_->keep(place_of_incoming(m.packet_id), record_of_incoming(m.packet_id));
      }
      break;
    }
  }
  return server_event::message_published{m};
}

maybe_event server_connection::state::take_ack(packet_type type, bytes_view body,
                                               byte_buffer& out) {
  std::uint16_t id = 0;
  if (const verdict bad = decode_packet_id(body, id)) {
    return fail(*bad);
  }
  if (type == packet_type::puback) {
    return take_puback(id, out);
  }
  if (type == packet_type::pubrec) {
    return take_pubrec(id, out);
  }
  if (type == packet_type::pubcomp) {
    return take_pubcomp(id, out);
  }
  // PUBREL: answered even when unknown, for our PUBCOMP may have been lost ([MQTT-4.3.3-2]).
  if (bound->state_ != nullptr && bound->state_->incoming.contains(id)) {
    bound->state_->incoming.erase(id);
    forget_record(place_of_incoming(id));
  }
  encode_ack(packet_type::pubcomp, id, out);
  return std::nullopt;
}

void server_connection::state::forget_record(std::int64_t place) {
  if (bound->journal_ != nullptr) {
    bound->journal_->drop(place);
  }
}

// An acknowledgement for an id that nobody waits for is a late repeat and ignored; one of another
// kind than the id waits for is a violation.

maybe_event server_connection::state::take_puback(std::uint16_t id, byte_buffer& out) {
  session::state* s = bound->state_.get();
  if (s == nullptr) {
    return std::nullopt;
  }
  sent_message* m = s->sent.find([id](const sent_message& x) { return x.id == id; });
  if (m == nullptr) {
    const bool wrong =
        s->released.find([id](const released_message& x) { return x.id == id; }) != nullptr;
    return wrong ? fail(violation::unexpected_ack) : std::nullopt;
  }
  if (m->qos != qos::at_least_once) {
    return fail(violation::unexpected_ack);
  }
  const server_event::message_acknowledged done{m->message->cookie, m->message->due};
  forget_record(m->place);
  s->sent.erase(*m);
  pump(out);
  return done;
}

maybe_event server_connection::state::take_pubrec(std::uint16_t id, byte_buffer& out) {
  if (session::state* s = bound->state_.get()) {
    if (sent_message* m = s->sent.find([id](const sent_message& x) { return x.id == id; })) {
      if (m->qos != qos::exactly_once) {
        return fail(violation::unexpected_ack);
      }
      // A place of its own: PUBRELs keep the order of the PUBRECs.
      const released_message& kept =
          s->released.push_back({m->message->cookie, now, ++s->last_place, id, m->message->due});
      forget_record(m->place);
      if (bound->journal_ != nullptr) {
        bound->journal_->keep(kept.place, record_of(kept));
      }
      s->sent.erase(*m);
      expect_resend(now);
    }
  }
  // Also for an unknown id: only PUBREL frees it at the client ([MQTT-4.3.3-1]).
  encode_ack(packet_type::pubrel, id, out);
  return std::nullopt;
}

maybe_event server_connection::state::take_pubcomp(std::uint16_t id, byte_buffer& out) {
  session::state* s = bound->state_.get();
  if (s == nullptr) {
    return std::nullopt;
  }
  released_message* m = s->released.find([id](const released_message& x) { return x.id == id; });
  if (m == nullptr) {
    const bool wrong = s->sent.find([id](const sent_message& x) { return x.id == id; }) != nullptr;
    return wrong ? fail(violation::unexpected_ack) : std::nullopt;
  }
  const server_event::message_acknowledged done{m->cookie, m->due};
  forget_record(m->place);
  s->released.erase(*m);
  pump(out);
  return done;
}

maybe_event server_connection::state::take_subscribe(bytes_view body) {
  filter_reader reader{body, true};
  std::uint16_t id = 0;
  if (const verdict bad = reader.open(id)) {
    return fail(*bad);
  }
  lists = std::make_unique<filter_lists>();
  while (!reader.done()) {
    filter_request f;
    if (const verdict bad = reader.next(f)) {
      return fail(*bad);
    }
    lists->asked.push_back({f.filter, f.qos});
  }
  awaited_grant = id;
  return server_event::subscribe_requested{id, lists->asked};
}

maybe_event server_connection::state::take_unsubscribe(bytes_view body, byte_buffer& out) {
  filter_reader reader{body, false};
  std::uint16_t id = 0;
  if (const verdict bad = reader.open(id)) {
    return fail(*bad);
  }
  lists = std::make_unique<filter_lists>();
  while (!reader.done()) {
    filter_request f;
    if (const verdict bad = reader.next(f)) {
      return fail(*bad);
    }
    lists->dropped.push_back(f.filter);
  }
  encode_ack(packet_type::unsuback, id, out); // [MQTT-3.10.4-4], [MQTT-3.10.4-5]
  return server_event::unsubscribed{lists->dropped};
}

} // namespace fleet::mqtt
