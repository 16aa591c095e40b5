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
  ++conversation_;
  owner_ = nullptr;
  socket_.reset();
  filter_.reset();
  out_.release();
  held_.release();
  late_up_ = {};
  late_down_ = {};
  release_at_ = never;
  open_at_ = never;
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

unsigned datagram_link::pass(bytes_view bytes, std::vector<std::uint8_t>& slot) {
  // Drawn in the same order whatever comes of it, so that one fault leaves the others' draws alone.
  const bool lost = luck_.chance_ppm(faults_.loss_ppm);
  const bool twice = luck_.chance_ppm(faults_.duplicate_ppm);
  const bool late = luck_.chance_ppm(faults_.reorder_ppm);
  if (lost || faults_.cut) {
    ++counters_.lost;
    return 0;
  }
  if (late && slot.empty() && !bytes.empty()) {
    ++counters_.held_back;
    slot.assign(bytes.begin(), bytes.end());
    release_at_ = std::min(release_at_, later(home_.now(), faults_.hold_back));
    return 0;
  }
  counters_.repeated += twice ? 1 : 0;
  return twice ? 2 : 1;
}

void datagram_link::send_out() {
  const datagram_batch batch = std::exchange(out_, {});
  for (std::size_t i = 0; i < batch.size() && socket_ != nullptr; ++i) {
    const unsigned copies = pass(batch[i], late_up_);
    for (unsigned c = 0; c < copies; ++c) {
      transmit(batch[i]);
    }
    if (copies > 0 && !late_up_.empty()) {
      release(true);
    }
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

void datagram_link::release(bool up) {
  const std::vector<std::uint8_t> bytes = std::exchange(up ? late_up_ : late_down_, {});
  if (late_up_.empty() && late_down_.empty()) {
    release_at_ = never;
  }
  if (bytes.empty()) {
    return;
  }
  if (up) {
    transmit(bytes);
  } else {
    take(bytes);
  }
}

void datagram_link::on_datagram(const address& /*from*/, bytes_view bytes) {
  if (!radio_on_) {
    ++counters_.slept_through;
    return;
  }
  ++counters_.received;
  const time_point due = next_timeout();
  const unsigned copies = pass(bytes, late_down_);
  for (unsigned c = 0; c < copies && owner_ != nullptr; ++c) {
    take(bytes);
  }
  if (copies > 0 && !late_down_.empty() && owner_ != nullptr) {
    release(false);
  }
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
      if (!up_) {
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
  return std::min({open_at_, release_at_, filter_ != nullptr ? filter_->next_timeout() : never});
}

void datagram_link::handle_timeout(time_point now) {
  if (open_at_ <= now) {
    open_at_ = never;
    settle(filter_ == nullptr ? filter_state::open : filter_state::failed);
  }
  if (release_at_ <= now) {
    release_at_ = never;
    release(true);
    if (owner_ != nullptr) {
      release(false);
    }
  }
  if (filter_ != nullptr && filter_->next_timeout() <= now) {
    const filter_state state = filter_->handle_timeout(now, out_);
    send_out();
    settle(state);
  }
}

} // namespace fleet::hal
