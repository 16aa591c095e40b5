// The way of a datagram through a link: out by filter, faults and radio; in by radio, faults and
// filter.
#include "hal_sim/board/datagram_link.hpp"

#include <algorithm>
#include <utility>

#include "protocol/base/check.hpp"

namespace fleet::hal {

void datagram_link::open(const datagram_link_options& options, datagram_link_events& owner) {
  drop();
  owner_ = &owner;
  way_ = options.way;
  socket_ = home_.open_datagrams(way_, *this);
  if (gate_ != nullptr && gate_->weather != nullptr && gate_->weather->dns_failure) {
    nameless_ = true;
    open_at_ = later(home_.now(), plausible_round_trip(way_.kind));
    return;
  }
  if (options.security == nullptr) {
    open_at_ = home_.now();
    return;
  }
  filter_ = options.security->make(options.request);
  const filter_state state = filter_->start(home_.now(), out_);
  send_out();
  if (state == filter_state::failed) {
    open_at_ = home_.now(); // to be told in a later turn
  }
}

void datagram_link::drop() noexcept {
  // What is on its way out has left the board: it arrives, if early.
  datagram_gate::octets bytes;
  for (way to{}; gate_ != nullptr && socket_ != nullptr && gate_->take_due(never, to, bytes);) {
    if (to == way::up) {
      deliver(bytes, to);
    }
  }
  ++conversation_;
  owner_ = nullptr;
  socket_.reset();
  filter_.reset();
  out_.release();
  held_.release();
  if (gate_ != nullptr) {
    gate_->clear();
  }
  open_at_ = never;
  nameless_ = false;
  up_ = false;
}

void datagram_link::close() {
  if (filter_ != nullptr && up_) {
    filter_->close(out_);
    send_out();
  }
  drop();
}

bool datagram_link::send(bytes_view bytes) {
  if (!up_) {
    return false;
  }
  if (filter_ == nullptr) {
    if (bytes.size() > datagram_bytes_max) {
      return false;
    }
    out_.push(bytes);
  } else if (!filter_->send(bytes, out_)) {
    return false;
  }
  send_out();
  return true;
}

std::size_t datagram_link::payload_max() const {
  return filter_ != nullptr ? filter_->payload_max() : datagram_bytes_max;
}

std::unique_ptr<filter_memory> datagram_link::memory() {
  return filter_ != nullptr ? filter_->memory() : nullptr;
}

void datagram_link::rebind() {
  if (socket_ != nullptr) {
    ++counters_.rebound;
    socket_ = home_.open_datagrams(way_, *this);
  }
}

void datagram_link::set_radio(bool on, asleep policy) {
  policy_ = policy;
  radio_on_ = on;
  if (!on) {
    return;
  }
  const datagram_batch held = std::exchange(held_, {});
  for (std::size_t i = 0; i < held.size(); ++i) {
    transmit(held[i]);
  }
}

datagram_gate& datagram_link::gate_of() {
  if (gate_ == nullptr) {
    gate_ = std::make_unique<datagram_gate>();
  }
  return *gate_;
}

void datagram_link::under(const link_disturbance* weather) {
  if (weather != nullptr || gate_ != nullptr) {
    gate_of().weather = weather;
  }
}

void datagram_link::pass(bytes_view bytes, way to) {
  if (gate_ == nullptr) {
    for (int draw = 0; draw < datagram_gate::draws; ++draw) {
      (void)luck_.next(); // so that a fault's draws do not depend on when it begins
    }
    deliver(bytes, to);
    return;
  }
  const std::uint32_t mine = conversation_;
  switch (gate_->judge(bytes, to, home_.now(), luck_)) {
    case datagram_gate::verdict::lost: ++counters_.lost; return;
    case datagram_gate::verdict::held_back: ++counters_.held_back; return;
    case datagram_gate::verdict::refused:
      ++counters_.lost;
      gate_->refuse_at(later(home_.now(), plausible_round_trip(way_.kind)));
      return;
    case datagram_gate::verdict::passes_twice:
      ++counters_.repeated;
      go_on(bytes, to);
      break;
    case datagram_gate::verdict::passes: break;
  }
  if (conversation_ == mine) {
    go_on(bytes, to);
  }
  if (conversation_ == mine && gate_->holds_back(to)) {
    release(to);
  }
}

void datagram_link::go_on(bytes_view bytes, way to) {
  gate_->secured = filter_ != nullptr;
  switch (gate_->delay(bytes, to, home_.now(), luck_)) {
    case datagram_gate::passage::now: deliver(bytes, to); break;
    case datagram_gate::passage::late: break;
    case datagram_gate::passage::lost: ++counters_.lost; break;
  }
}

void datagram_link::deliver(bytes_view bytes, way to) {
  if (to == way::up) {
    transmit(bytes);
  } else if (radio_on_) {
    take(bytes);
  } else {
    ++counters_.slept_through; // it went off while this one was late
  }
}

void datagram_link::release(way to) {
  datagram_gate::octets bytes;
  if (gate_->take_held_back(to, bytes)) {
    go_on(bytes, to);
  }
}

void datagram_link::send_out() {
  const datagram_batch batch = std::exchange(out_, {});
  for (std::size_t i = 0; i < batch.size() && socket_ != nullptr; ++i) {
    pass(batch[i], way::up);
  }
}

void datagram_link::transmit(bytes_view bytes) {
  if (socket_ == nullptr) {
    return;
  }
  if (radio_on_) {
    ++counters_.sent;
    socket_->send(way_.peer, bytes);
  } else if (policy_ == asleep::hold && held_.size() < held_max) {
    held_.push(bytes);
  } else {
    ++counters_.slept_through;
  }
}

void datagram_link::on_datagram(const address& /*from*/, bytes_view bytes) {
  if (!radio_on_) {
    ++counters_.slept_through;
    return;
  }
  ++counters_.received;
  const time_point due = next_timeout();
  pass(bytes, way::down);
  if (owner_ != nullptr && next_timeout() < due) {
    owner_->on_link_hurry();
  }
}

void datagram_link::take(bytes_view bytes) {
  if (filter_ == nullptr) {
    if (up_) {
      owner_->on_link_datagram(bytes);
    }
    return;
  }
  const std::uint32_t mine = conversation_;
  datagram_batch plain;
  const filter_state state = filter_->receive(bytes, home_.now(), plain, out_);
  send_out();
  if (!up_ && (state == filter_state::open || state == filter_state::ended)) {
    settle(filter_state::open);
  }
  // The owner may have opened another one meanwhile.
  for (std::size_t i = 0; i < plain.size() && conversation_ == mine; ++i) {
    owner_->on_link_datagram(plain[i]);
  }
  if (conversation_ == mine) {
    settle(state);
  }
}

void datagram_link::settle(filter_state now) {
  switch (now) {
    case filter_state::handshaking: return;
    case filter_state::open:
      if (filter_ != nullptr && !up_ && gate_ != nullptr && gate_->sum().tls_failure) {
        end(close_reason::tls_failed, "the peer's certificate does not verify (a fault)");
      } else if (!up_) {
        up_ = true;
        owner_->on_link_open();
      }
      return;
    case filter_state::ended:
    case filter_state::failed: break;
  }
  const std::string detail = filter_->error();
  const close_reason reason = filter_->timed_out()          ? close_reason::timed_out
                              : now == filter_state::failed ? close_reason::tls_failed
                                                            : close_reason::closed_by_peer;
  end(reason, detail);
}

void datagram_link::end(close_reason reason, std::string_view detail) {
  datagram_link_events* const told = owner_;
  drop();
  told->on_link_closed(reason, detail);
}

void datagram_link::on_trouble(datagram_trouble trouble) {
  if (owner_ != nullptr) {
    owner_->on_link_trouble(trouble);
  }
}

time_point datagram_link::next_timeout() const noexcept {
  return std::min({open_at_, gate_ != nullptr ? gate_->next() : never,
                   filter_ != nullptr ? filter_->next_timeout() : never});
}

void datagram_link::handle_timeout(time_point now) {
  const std::uint32_t mine = conversation_;
  if (open_at_ <= now) {
    open_at_ = never;
    if (nameless_) {
      end(close_reason::dns_failed, "the name has no address (a fault)");
      return;
    }
    settle(filter_ == nullptr ? filter_state::open : filter_state::failed);
  }
  if (gate_ != nullptr && conversation_ == mine) {
    handle_late(now);
  }
  if (conversation_ != mine) {
    return; // another one, with times of its own
  }
  if (filter_ != nullptr && filter_->next_timeout() <= now) {
    const filter_state state = filter_->handle_timeout(now, out_);
    send_out();
    settle(state);
  }
}

void datagram_link::handle_late(time_point now) {
  const std::uint32_t mine = conversation_;
  if (gate_->refusal_due(now)) {
    on_trouble(datagram_trouble::refused);
  }
  way to{};
  datagram_gate::octets bytes;
  while (conversation_ == mine && gate_->take_due(now, to, bytes)) {
    deliver(bytes, to);
  }
  if (conversation_ == mine && gate_->release_due(now)) {
    release(way::up);
    if (conversation_ == mine) {
      release(way::down);
    }
  }
}

} // namespace fleet::hal
