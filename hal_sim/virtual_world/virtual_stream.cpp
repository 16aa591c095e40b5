// One end of a simulated connection: its inbox, its output, and how it ends. Everything an owner is
// told comes out of on_wake() or end_turn(), never out of a call the owner makes.
#include <algorithm>
#include <utility>

#include "hal_sim/virtual_world/virtual_connection.hpp"
#include "hal_sim/virtual_world/virtual_network.hpp"
#include "protocol/base/check.hpp"
#include "protocol/base/fetch_ahead.hpp"

namespace fleet::hal {

namespace {

/// Markers to oneself and cuts of the line do not travel, so no stall holds them up.
bool travels(segment_kind kind) noexcept {
  return kind != segment_kind::cut && kind != segment_kind::done;
}

/// Consumed octets that a half-sent output may keep before it is copied to a fresh buffer.
constexpr std::size_t slack_bytes_max = 64 * 1024;

} // namespace

virtual_connection::virtual_connection(virtual_network& network) noexcept : net(&network) {
  for (const side s : {side::device, side::cloud}) {
    at(s).conn_ = this;
    at(s).side_ = s;
  }
}

virtual_stream& virtual_stream::facing() const noexcept {
  return conn_->at(other(side_));
}

byte_buffer& virtual_stream::output() {
  FLEET_CHECK(conn_->net != nullptr);
  if (out_ == nullptr) {
    out_ = conn_->net->pool_.take();
    out_->kind = segment_kind::data;
  }
  mark_dirty();
  return out_->bytes;
}

std::size_t virtual_stream::unsent() const {
  return out_ == nullptr || !listening() ? 0 : out_->bytes.size();
}

void virtual_stream::mark_dirty() {
  if (!dirty_) {
    dirty_ = true;
    conn_->net->dirty_.push_back(this);
  }
}

void virtual_stream::opened() {
  phase_ = virtual_phase::open;
  bump(conn_->net->meters_.streams_open);
  conn_->net->note(*conn_, net_event_kind::connected, side_);
  if (out_ != nullptr) {
    mark_dirty();
  }
}

void virtual_stream::close() {
  switch (phase_) {
    case virtual_phase::open:
      phase_ = virtual_phase::closing;
      purge();
      mark_dirty();
      break;
    case virtual_phase::connecting:
    case virtual_phase::handshaking: reset(); break;
    case virtual_phase::idle:
    case virtual_phase::closing:
    case virtual_phase::finishing:
    case virtual_phase::ended: break;
  }
}

void virtual_stream::reset() {
  if (conn_->net != nullptr && listening()) {
    tear_peer();
    finish();
  }
}

void virtual_stream::abandon() noexcept {
  owned_ = false;
  events_ = nullptr;
  if (conn_->net == nullptr) {
    if (!facing().owned_) {
      delete conn_;
    }
    return;
  }
  if (phase_ == virtual_phase::finishing) {
    purge();
    phase_ = virtual_phase::ended;
  }
  close();
  conn_->net->bury(*conn_);
}

void virtual_stream::pause_reading(bool paused) {
  if (paused_ != paused) {
    paused_ = paused;
    if (conn_->net != nullptr) {
      rearm();
    }
  }
}

std::string virtual_stream::peer() const {
  if (side_ == side::device || conn_->net == nullptr) {
    return conn_->to.text();
  }
  // Each device has an address of its own in 10/8; beyond 2^24 devices they repeat.
  const std::uint64_t host = conn_->origin->key + 1;
  address from;
  from.ip = {10, static_cast<std::uint8_t>(host >> 16), static_cast<std::uint8_t>(host >> 8),
             static_cast<std::uint8_t>(host)};
  from.port = conn_->local_port;
  return from.text();
}

bool virtual_stream::held_back(const segment& s) const noexcept {
  return paused_ && (s.kind == segment_kind::data || s.kind == segment_kind::fin);
}

void virtual_stream::rearm() {
  home& h = conn_->net->home_;
  if (head_ == nullptr || held_back(*head_)) {
    h.disarm(*this);
    return;
  }
  time_point due = head_->due;
  if (travels(head_->kind)) {
    due = std::max(due, conn_->origin->stalled_until);
    if (conn_->connecting()) {
      due = std::min(due, conn_->deadline);
    }
  }
  h.arm(*this, due);
}

void virtual_stream::push(segment* s) {
  inbox_bytes_ += static_cast<std::uint32_t>(s->bytes.size());
  if (tail_ != nullptr) {
    tail_->next = s;
    tail_ = s;
    return;
  }
  head_ = s;
  tail_ = s;
  rearm();
}

void virtual_stream::push_now(segment_kind kind) {
  segment* s = conn_->net->pool_.take();
  s->kind = kind;
  s->due = conn_->net->home_.now();
  push(s);
}

void virtual_stream::purge() noexcept {
  while (head_ != nullptr) {
    conn_->net->pool_.give(std::exchange(head_, head_->next));
  }
  tail_ = nullptr;
  inbox_bytes_ = 0;
  conn_->net->home_.disarm(*this);
  if (facing().out_ != nullptr) {
    facing().mark_dirty();
  }
}

void virtual_stream::drop_output() noexcept {
  if (out_ != nullptr) {
    conn_->net->pool_.give(std::exchange(out_, nullptr));
  }
}

void virtual_stream::condemn_output() {
  // The owner may still append to it in this turn; flush() drops it.
  if (out_ != nullptr) {
    mark_dirty();
  }
}

void virtual_stream::flush() {
  dirty_ = false;
  if (out_ != nullptr && !listening()) {
    drop_output();
  }
  if (phase_ != virtual_phase::open && phase_ != virtual_phase::closing) {
    return;
  }
  virtual_network& net = *conn_->net;
  virtual_stream& to = facing();
  const link_figures& f = *conn_->link;
  if (!to.listening() || to.phase_ == virtual_phase::closing) {
    drop_output(); // nobody reads any more, so it shall not keep the line busy either
  }
  over_high_water_ = over_high_water_ || unsent() >= high_water_bytes;
  std::size_t framing = 0;
  if (out_ != nullptr && conn_->security != nullptr) {
    constexpr std::size_t record_bytes = 16'384;
    const std::size_t records = (out_->bytes.size() + record_bytes - 1) / record_bytes;
    framing = records * conn_->security->model().record_overhead_bytes;
  }
  while (unsent() != 0 && to.inbox_bytes_ < f.window_bytes) {
    const std::size_t count = std::min<std::size_t>(
        {unsent(), f.segment_bytes, std::size_t{f.window_bytes} - to.inbox_bytes_});
    segment* s = out_;
    if (count == unsent()) {
      out_ = nullptr;
    } else {
      s = net.pool_.take();
      s->kind = segment_kind::data;
      s->bytes.append(out_->bytes.view().first(count));
      out_->bytes.consume(count);
    }
    s->overhead = static_cast<std::uint32_t>(std::exchange(framing, 0));
    net.send(to, s);
  }
  if (unsent() == 0) {
    drop_output();
    if (std::exchange(over_high_water_, false) && phase_ == virtual_phase::open) {
      net.drained_.push_back(this);
    }
    if (phase_ == virtual_phase::closing) {
      send_bare(segment_kind::fin);
      finish();
    }
    return;
  }
  if (out_->bytes.capacity() > 2 * unsent() + slack_bytes_max) {
    segment* fresh = net.pool_.take();
    fresh->kind = segment_kind::data;
    fresh->bytes.append(out_->bytes.view());
    net.pool_.give(std::exchange(out_, fresh));
  }
}

void virtual_stream::finish() {
  virtual_network& net = *conn_->net;
  if (phase_ == virtual_phase::open || phase_ == virtual_phase::closing) {
    bump(net.meters_.streams_open, UINT64_MAX);
  }
  purge();
  condemn_output();
  over_high_water_ = false;
  net.note(*conn_, net_event_kind::closed, side_, close_reason::local);
  if (owned_) {
    phase_ = virtual_phase::finishing;
    push_now(segment_kind::done);
  } else {
    phase_ = virtual_phase::ended;
    net.bury(*conn_);
  }
}

void virtual_stream::tear_peer() {
  virtual_stream& to = facing();
  if (to.phase_ == virtual_phase::idle) { // it has not heard of us yet
    to.purge();
    to.phase_ = virtual_phase::ended;
    return;
  }
  if (to.listening() && (to.head_ == nullptr || to.head_->kind != segment_kind::cut)) {
    to.purge();
    send_bare(segment_kind::rst);
  }
}

void virtual_stream::on_wake(time_point now) {
  segment* s = head_;
  FLEET_CHECK(s != nullptr);
  if (travels(s->kind)) {
    const time_point ready = std::max(s->due, conn_->origin->stalled_until);
    if (ready > now) {
      if (!conn_->connecting() || now < conn_->deadline) {
        rearm(); // a stall began after this was armed
        return;
      }
      virtual_stream& device = conn_->at(side::device);
      device.tear_peer();
      device.end(close_reason::timed_out, "no answer in time");
      return;
    }
  }
  head_ = s->next;
  if (head_ == nullptr) {
    tail_ = nullptr;
  }
  inbox_bytes_ -= static_cast<std::uint32_t>(s->bytes.size());
  ++conn_->net->arrivals_;
  handle(*s);
  conn_->net->pool_.give(s);
  if (head_ != nullptr && !armed()) {
    rearm();
  }
}

void virtual_stream::foresee(unsigned step) const noexcept {
  if (step == 1) {
    fetch_ahead(conn_, sizeof *conn_);
    fetch_ahead(head_, sizeof *head_);
    fetch_ahead(events_, 192);
    return;
  }
  if (step == 2) {
    fetch_ahead(conn_->origin, sizeof *conn_->origin);
    if (head_ != nullptr) {
      fetch_ahead(head_->bytes.view().data(), 256);
    }
  }
  if (events_ != nullptr) {
    events_->foresee(step - 1);
  }
}

void virtual_stream::handle(segment& s) {
  switch (s.kind) {
    case segment_kind::data: deliver(s); break;
    case segment_kind::fin:
      if (phase_ == virtual_phase::connecting || phase_ == virtual_phase::handshaking) {
        end(close_reason::tls_failed, "the peer closed during the handshake");
      } else {
        end(close_reason::closed_by_peer, {});
      }
      break;
    case segment_kind::rst: end(close_reason::reset, "the peer reset the connection"); break;
    case segment_kind::cut: end(close_reason::reset, "the network cut the connection"); break;
    case segment_kind::done: end(close_reason::local, {}); break;
    case segment_kind::syn:
    case segment_kind::syn_ack:
    case segment_kind::refusal:
    case segment_kind::ack:
    case segment_kind::hello:
    case segment_kind::answer:
    case segment_kind::alert: shake(s); break;
  }
}

void virtual_stream::deliver(segment& s) {
  virtual_network& net = *conn_->net;
  bump(net.meters_.bytes_received, s.bytes.size() + s.overhead);
  if (facing().out_ != nullptr) {
    facing().mark_dirty(); // the window has opened
  }
  if (phase_ == virtual_phase::handshaking) {
    tear_peer();
    end(close_reason::tls_failed, "plain bytes where a TLS handshake was expected");
    return;
  }
  const std::size_t count = net.admit(*conn_, side_, s.bytes.size());
  const bytes_view bytes = s.bytes.view().first(count);
  if (!bytes.empty()) {
    net.note(*conn_, net_event_kind::delivered, side_, close_reason::local, bytes);
    events_->on_received(bytes);
  }
}

void virtual_stream::end(close_reason reason, std::string_view detail) {
  virtual_network& net = *conn_->net;
  if (phase_ == virtual_phase::ended) {
    return;
  }
  const virtual_phase before = std::exchange(phase_, virtual_phase::ended);
  if (before == virtual_phase::open || before == virtual_phase::closing) {
    bump(net.meters_.streams_open, UINT64_MAX);
  }
  purge();
  condemn_output();
  if (before != virtual_phase::idle && before != virtual_phase::finishing) {
    net.note(*conn_, net_event_kind::closed, side_, reason);
  }
  net.bury(*conn_);
  if (stream_events* told = std::exchange(events_, nullptr); told != nullptr) {
    told->on_closed(reason, detail);
  }
}

} // namespace fleet::hal
