// The server machine's calls and timers; what it does with packets is in server_packets.cpp.
#include "protocol/mqtt/server.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"
#include "protocol/base/fetch_ahead.hpp"
#include "protocol/mqtt/server_state.hpp"

namespace fleet::mqtt {

server_connection::server_connection(const server_limits& limits, time_point now)
  : state_(std::make_unique<state>(limits, now)) {}
server_connection::~server_connection() = default;
server_connection::server_connection(server_connection&&) noexcept = default;
server_connection& server_connection::operator=(server_connection&&) noexcept = default;

void server_connection::receive(bytes_view bytes, time_point now) {
  state& s = *state_;
  s.now = now;
  if (s.now_in == state::phase::over) {
    return;
  }
  FLEET_CHECK(s.input.drained());
  s.input.lend(bytes);
}

bytes_view server_connection::take_back() noexcept {
  return state_->input.take_back();
}

std::optional<server_event_variant> server_connection::next_event(byte_buffer& out) {
  state& s = *state_;
  s.lists.reset();
  framed found;
  while (s.now_in == state::phase::fresh || s.now_in == state::phase::accepted) {
    FLEET_CHECK(s.awaited_grant == 0); // the owner owes an answer
    switch (s.input.next(s.rules(), found)) {
      case framing::need_more: return std::nullopt;
      case framing::violated: s.fail(s.refine(found)); break;
      case framing::skipped: FLEET_CHECK(false); break; // never asked for
      case framing::packet:
        s.last_received = s.now;
        if (auto event = s.take(found.packet, out)) {
          return event;
        }
        break;
    }
  }
  FLEET_CHECK(s.now_in != state::phase::asking);
  if (s.has_failed) {
    s.has_failed = false;
    return server_event::failed{s.failure};
  }
  return std::nullopt;
}

time_point server_connection::state::deadline() const noexcept {
  switch (now_in) {
    case phase::fresh: return later(last_received, limits->connect_timeout);
    case phase::accepted:
      return keep_alive_s == 0
               ? never
               : later(last_received, std::chrono::milliseconds{1500} * keep_alive_s);
    case phase::asking:
    case phase::over: break;
  }
  return never;
}

void server_connection::handle_timeout(time_point now, byte_buffer& out) {
  state& s = *state_;
  s.now = std::max(s.now, now);
  if (now >= s.deadline()) {
    s.fail(s.now_in == state::phase::fresh ? violation::connect_timed_out
                                           : violation::keep_alive_missed);
    return;
  }
  if (s.now_in == state::phase::accepted && now >= s.resend_at) {
    s.resend_due(now, out);
  }
}

time_point server_connection::next_timeout() const noexcept {
  const state& s = *state_;
  return s.now_in == state::phase::accepted ? std::min(s.deadline(), s.resend_at) : s.deadline();
}

void server_connection::accept(session& s, bool session_present, std::uint16_t keep_alive_s,
                               time_point now, byte_buffer& out) {
  state& mine = *state_;
  FLEET_CHECK(mine.now_in == state::phase::asking);
  mine.now_in = state::phase::accepted;
  mine.bound = &s;
  mine.keep_alive_s = keep_alive_s;
  mine.now = now;
  mine.last_received = now;
  // MQTT 3.1 has no such flag.
  encode_connack(session_present && mine.version != version::v3_1, connack_code::accepted, out);
  mine.resend_all(out);
  mine.pump(out);
}

void server_connection::refuse(connack_code code, byte_buffer& out) {
  FLEET_CHECK(state_->now_in == state::phase::asking && code != connack_code::accepted);
  encode_connack(false, code, out); // [MQTT-3.2.2-4]
  state_->now_in = state::phase::over;
  state_->input.reset();
}

void server_connection::grant(std::uint16_t packet_id, std::span<const std::uint8_t> codes,
                              byte_buffer& out) {
  state& s = *state_;
  FLEET_CHECK(s.awaited_grant == packet_id && s.lists != nullptr);
  FLEET_CHECK(codes.size() == s.lists->asked.size()); // [MQTT-3.8.4-5]
  for (const std::uint8_t code : codes) {
    FLEET_CHECK(code <= 2 || code == subscribe_refused); // [MQTT-3.9.3-2]
  }
  s.awaited_grant = 0;
  const std::size_t before = out.size();
  encode_suback(packet_id, codes, out);
  if (s.version == version::v3_1) { // it has no code for refusal: the least QoS, and no messages
    const std::size_t first = out.size() - codes.size();
    FLEET_CHECK(first > before);
    for (std::size_t i = first; i < out.size(); ++i) {
      out[i] = out[i] == subscribe_refused ? std::uint8_t{0} : out[i];
    }
  }
}

session::state& server_connection::state::remembered() {
  FLEET_CHECK(bound != nullptr);
  return bound->remembered();
}

std::uint16_t server_connection::state::take_id() {
  const session::state& s = remembered();
  return ids.next([&s](auto mark) {
    s.sent.each([&](const sent_message& m) { mark(m.id); });
    s.released.each([&](const released_message& m) { mark(m.id); });
  });
}

void server_connection::state::expect_resend(time_point when) noexcept {
  if (version == version::v3_1) { // 3.1.1 resends on a new connection only (4.4)
    resend_at = std::min(resend_at, later(when, limits->resend_after));
  }
}

void server_connection::state::transmit(waiting_message message, std::uint16_t id,
                                        byte_buffer& out) {
  const auto& m = *message.message;
  encode_publish({m.topic, m.payload, message.qos, message.retain, false, id}, out);
  const sent_message& kept = remembered().sent.push_back(
    {std::move(message.message), now, message.place, id, message.qos, message.retain});
  if (bound->journal_ != nullptr) {
    bound->journal_->keep(kept.place, record_of(kept));
  }
  expect_resend(now);
}

/// Sends what waits as far as the window allows.
void server_connection::state::pump(byte_buffer& out) {
  session::state* s = bound->state_.get();
  while (s != nullptr && !s->waiting.empty() && s->in_flight() < limits->in_flight_max) {
    const std::uint16_t id = take_id();
    if (id == 0) {
      return;
    }
    waiting_message& first = s->waiting.front();
    transmit(std::move(first), id, out);
    s->waiting.erase(first);
  }
}

/// On a new connection: everything unacknowledged, in order, with DUP ([MQTT-4.4.0-1],
/// [MQTT-3.3.1-1], [MQTT-4.6.0-6]).
void server_connection::state::resend_all(byte_buffer& out) {
  session::state* s = bound->state_.get();
  if (s == nullptr) {
    return;
  }
  s->released.each([&](released_message& m) {
    encode_ack(packet_type::pubrel, m.id, out, version == version::v3_1);
    m.sent_at = now;
    expect_resend(now);
  });
  s->sent.each([&](sent_message& m) {
    encode_publish({m.message->topic, m.message->payload, m.qos, m.retain, true, m.id}, out);
    m.sent_at = now;
    expect_resend(now);
  });
}

void server_connection::state::resend_due(time_point when, byte_buffer& out) {
  resend_at = never;
  session::state* s = bound == nullptr ? nullptr : bound->state_.get();
  if (s == nullptr) {
    return;
  }
  s->released.each([&](released_message& m) {
    if (when >= later(m.sent_at, limits->resend_after)) {
      encode_ack(packet_type::pubrel, m.id, out, true);
      m.sent_at = when;
    }
    expect_resend(m.sent_at);
  });
  s->sent.each([&](sent_message& m) {
    if (when >= later(m.sent_at, limits->resend_after)) {
      encode_publish({m.message->topic, m.message->payload, m.qos, m.retain, true, m.id}, out);
      m.sent_at = when;
    }
    expect_resend(m.sent_at);
  });
}

deliver_outcome server_connection::deliver(const message_ptr& message, qos q, bool retain,
                                           time_point now, byte_buffer& out) {
  state& s = *state_;
  const bool live = s.now_in == state::phase::accepted;
  if (q == qos::at_most_once) {
    if (!live) {
      return deliver_outcome::dropped_offline;
    }
    encode_publish({message->topic, message->payload, q, retain, false, 0}, out);
    return deliver_outcome::sent;
  }
  if (s.bound == nullptr) {
    return deliver_outcome::dropped_offline;
  }
  s.now = std::max(s.now, now);
  session::state& held = s.remembered();
  if (live && held.waiting.empty() && held.in_flight() < s.limits->in_flight_max) {
    if (const std::uint16_t id = s.take_id()) {
      s.transmit({message, ++held.last_place, q, retain}, id, out);
      return deliver_outcome::sent;
    }
  }
  return s.bound->deliver_offline(message, q, retain, *s.limits);
}

void server_connection::deliver_now(std::string_view topic, bytes_view payload, bool retain,
                                    byte_buffer& out) {
  if (state_->now_in == state::phase::accepted) {
    encode_publish({topic, payload, qos::at_most_once, retain, false, 0}, out);
  }
}

void server_connection::unhear(std::uint16_t packet_id) {
  state_->remembered().incoming.erase(packet_id);
  if (state_->bound->journal_ != nullptr) {
    state_->bound->journal_->drop(place_of_incoming(packet_id));
  }
}

void server_connection::state::tidy() noexcept {
  if (bound != nullptr && bound->state_ != nullptr && bound->state_->empty()) {
    bound->state_.reset();
  }
}

void server_connection::unbind() noexcept {
  state& s = *state_;
  s.tidy();
  s.bound = nullptr;
  s.now_in = state::phase::over;
  s.input.reset();
  s.awaited_grant = 0;
}

bool server_connection::accepted() const noexcept {
  return state_->now_in == state::phase::accepted;
}

std::size_t server_connection::memory_bytes() const noexcept {
  std::size_t total = heap_octets(sizeof(state)) + state_->input.memory_bytes();
  if (state_->lists != nullptr) {
    total += heap_octets(sizeof(filter_lists))
             + heap_octets(state_->lists->asked.capacity() * sizeof(server_event::filter))
             + heap_octets(state_->lists->dropped.capacity() * sizeof(std::string_view));
  }
  return total;
}

void session::foresee(unsigned step) const noexcept {
  if (step == 1) {
    fetch_ahead(state_.get(), sizeof(state));
  } else if (state_ != nullptr) {
    state_->sent.foresee();
  }
}

void server_connection::foresee() const noexcept {
  fetch_ahead(state_.get(), sizeof(state));
}

} // namespace fleet::mqtt
