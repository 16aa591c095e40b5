// How a simulated connection comes about: TCP's three steps, then the modelled flights of TLS. One
// segment is under way at a time until both sides are open; it carries the next step.
#include <algorithm>
#include <string>

#include "hal_sim/virtual_world/virtual_connection.hpp"
#include "hal_sim/virtual_world/virtual_listener.hpp"
#include "hal_sim/virtual_world/virtual_network.hpp"
#include "protocol/base/check.hpp"

namespace fleet::hal {

namespace {

std::uint8_t rounds_of(const stream_filter_factory& security) {
  return std::max<std::uint8_t>(1, security.model().handshake_round_trips);
}

/// What flight `round` of `rounds` carries of `total` octets; the first takes the remainder.
std::uint32_t share(std::uint32_t total, std::uint8_t round, std::uint8_t rounds) noexcept {
  return total / rounds + (round == 1 ? total % rounds : 0);
}

} // namespace

void virtual_stream::send_bare(segment_kind kind) {
  segment* s = conn_->net->pool_.take();
  s->kind = kind;
  conn_->net->send(facing(), s);
}

void virtual_stream::send_hello(std::uint8_t round) {
  segment* s = conn_->net->pool_.take();
  s->kind = segment_kind::hello;
  s->round = round;
  s->overhead =
      share(conn_->security->model().handshake_bytes_up, round, rounds_of(*conn_->security));
  conn_->net->send(facing(), s);
}

void virtual_stream::shake(segment& s) {
  bump(conn_->net->meters_.bytes_received, s.bytes.size() + s.overhead);
  switch (s.kind) {
    case segment_kind::syn: on_syn(); break;
    case segment_kind::refusal:
      conn_->net->note(*conn_, net_event_kind::refused, side_, close_reason::refused);
      end(close_reason::refused, "nobody listens there");
      break;
    case segment_kind::syn_ack:
      send_bare(segment_kind::ack);
      if (conn_->security != nullptr) {
        send_hello(1);
        break;
      }
      opened();
      events_->on_connected();
      break;
    case segment_kind::ack: on_ack(); break;
    case segment_kind::hello: on_hello(s); break;
    case segment_kind::answer: on_answer(s); break;
    case segment_kind::alert: on_alert(); break;
    case segment_kind::data:
    case segment_kind::fin:
    case segment_kind::rst:
    case segment_kind::cut:
    case segment_kind::done: FLEET_CHECK(false);
  }
}

void virtual_stream::on_syn() {
  if (conn_->net->find(conn_->to) != nullptr) {
    send_bare(segment_kind::syn_ack);
    return;
  }
  send_bare(segment_kind::refusal);
  phase_ = virtual_phase::ended;
}

void virtual_stream::on_ack() {
  virtual_listener* l = conn_->net->find(conn_->to);
  if (l == nullptr) { // it was there when the attempt began
    phase_ = virtual_phase::handshaking;
    reset();
    return;
  }
  if (l->security() != nullptr) {
    phase_ = virtual_phase::handshaking;
  } else {
    hand_over(*l);
  }
}

void virtual_stream::hand_over(virtual_listener& to) {
  owned_ = true;
  opened();
  to.events().on_accepted(stream_ptr{this});
  FLEET_CHECK(!owned_ || events_ != nullptr); // on_accepted() must set them or drop the stream
}

void virtual_stream::on_hello(const segment& s) {
  if (phase_ != virtual_phase::handshaking) { // a plain server takes the hello for nonsense
    send_bare(segment_kind::alert);
    end(close_reason::closed_by_peer, {});
    return;
  }
  virtual_listener* l = conn_->net->find(conn_->to);
  if (l == nullptr || l->security() == nullptr) {
    reset();
    return;
  }
  const std::uint8_t rounds = rounds_of(*conn_->security);
  const filter_model& model = conn_->security->model();
  const std::string& failure = l->security()->model().failure;
  segment* answer = conn_->net->pool_.take();
  answer->kind = segment_kind::answer;
  answer->round = s.round;
  answer->overhead = share(model.handshake_bytes_down, s.round, rounds);
  if (s.round == rounds) { // what is wrong with it is part of the certificate, so to speak
    answer->bytes.append(std::string_view{failure}.substr(0, answer->overhead));
    answer->overhead -= static_cast<std::uint32_t>(answer->bytes.size());
  }
  conn_->net->send(facing(), answer);
  if (s.round == rounds && model.failure.empty() && failure.empty()) {
    hand_over(*l);
  }
}

void virtual_stream::on_answer(const segment& s) {
  if (s.round < rounds_of(*conn_->security)) {
    send_hello(static_cast<std::uint8_t>(s.round + 1));
    return;
  }
  const std::string& own = conn_->security->model().failure;
  const std::string_view failure = own.empty() ? as_text(s.bytes.view()) : std::string_view{own};
  if (!failure.empty()) {
    send_bare(segment_kind::alert);
    end(close_reason::tls_failed, failure);
    return;
  }
  opened();
  events_->on_connected();
}

void virtual_stream::on_alert() {
  if (side_ == side::device) {
    end(close_reason::tls_failed, "the peer does not speak TLS");
  } else {
    end(close_reason::tls_failed, "the peer ended the handshake");
  }
}

} // namespace fleet::hal
