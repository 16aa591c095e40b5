// What the owner, the world and the keeper ask of a gate. Nothing here tells the owner anything:
// that is link_gate_passage.cpp's, in a turn of the home.
#include "hal_sim/board/link_gate.hpp"

#include <algorithm>
#include <utility>

#include "protocol/base/check.hpp"

namespace fleet::hal {

/// An attempt that has not begun: what it needs outlives the call that asked for it.
struct link_gate::attempt {
  explicit attempt(const connect_options& o) : options(o), server_name(o.server_name) {}

  connect_options options;
  std::string server_name;
  time_point began{};
  time_point again = never; ///< not before, after a cut
  bool cut = false;         ///< its SYN was lost
};

link_gate::link_gate(gate_keeper& keeper, stream_events& owner) noexcept
    : keeper_(&keeper), owner_(&owner) {}

time_point link_gate::attempt_again() const noexcept {
  return attempt_ == nullptr ? never : attempt_->again;
}

link_gate::~link_gate() {
  if (keeper_ != nullptr) {
    keeper_->where.disarm(*this);
  }
}

void link_gate::leave() noexcept {
  if (keeper_ == nullptr) {
    return;
  }
  keeper_->where.disarm(*this);
  keeper_ = nullptr;
  owner_ = nullptr;
  inner_.reset();
  over_ = true;
}

void link_gate::open(const connect_options& options) {
  attempt_ = std::make_unique<attempt>(options);
  attempt_->began = now();
  deadline_ = later(now(), options.timeout);
  secured_ = options.security != nullptr;
  round_trips_ =
      1U + (secured_ ? std::max<unsigned>(1, options.security->model().handshake_round_trips) : 0U);
  try_attempt();
  rearm();
}

void link_gate::try_attempt() {
  const link_disturbance& by = keeper_->sum;
  const duration answer = plausible_round_trip(attempt_->options.kind);
  if (by.dns_failure) {
    attempt_.reset();
    end_with({close_reason::dns_failed, "the name has no address (a fault)",
              later(after_round_trips(1), answer), false});
  } else if (by.holds()) {
    attempt_->cut = attempt_->cut || by.cut;
  } else if (by.refuse) {
    attempt_.reset();
    end_with({close_reason::refused, "nobody listens there (a fault)",
              later(after_round_trips(1), answer), false});
  } else {
    const auto going = std::move(attempt_);
    connect_options options = going->options;
    options.server_name = going->server_name;
    options.timeout = deadline_ - now();
    // An answer that is late by order is not to take the place of others' attempts.
    options.pending_until_answered = options.pending_until_answered && !by.on_streams();
    inner_ = keeper_->where.connect(options, *this);
  }
}

void link_gate::give_up() {
  deadline_ = never;
  connected_due_ = never;
  attempt_.reset();
  inner_.reset();
  end_with({close_reason::timed_out, "no answer in time", now(), true});
}

void link_gate::take(stream_ptr inner, const standing& as) {
  inner_ = std::move(inner);
  inner_->set_events(*this);
  inner_up_ = as.connected;
  open_ = as.connected;
  paused_ = as.paused;
  inner_paused_ = as.paused;
  secured_ = as.secured;
  if (!as.connected) {
    deadline_ = later(now(), as.timeout);
  }
  rearm();
}

stream_ptr link_gate::give_back() {
  keeper_->where.disarm(*this);
  keeper_ = nullptr;
  owner_ = nullptr;
  over_ = true;
  if (inner_paused_ != paused_) {
    inner_->pause_reading(paused_);
  }
  return std::move(inner_);
}

time_point link_gate::after_round_trips(unsigned count) {
  const link_disturbance& by = keeper_->sum;
  time_point due = now();
  for (unsigned way = 0; way < 2 * count; ++way) {
    due = later(due, by.latency);
    if (by.jitter > duration::zero()) {
      due = later(due, keeper_->luck.between(duration::zero(), by.jitter));
    }
  }
  return due;
}

void link_gate::refresh() {
  const link_disturbance& by = keeper_->sum;
  if (attempt_ != nullptr && by.holds()) {
    attempt_->cut = attempt_->cut || by.cut;
    attempt_->again = never;
  } else if (attempt_ != nullptr && attempt_->again == never) {
    attempt_->again = now();
    for (unsigned round = 0; attempt_->cut && round <= syn_rounds_max; ++round) {
      attempt_->again = later(attempt_->began, syn_again(round));
      if (attempt_->again >= now()) {
        break;
      }
    }
  }
  up_.advance(now(), by, keeper_->luck);
  down_.advance(now(), by, keeper_->luck);
  rearm();
}

byte_buffer& link_gate::output() {
  FLEET_CHECK(keeper_ != nullptr);
  if (collect_at_ == never) {
    collect_at_ = later(now(), duration{1}); // the next turn: then nothing is appended any more
    rearm();
  }
  return up_.append_at(now());
}

void link_gate::collect() {
  if (keeper_ == nullptr || collect_at_ == never) {
    return;
  }
  collect_at_ = never;
  if (half_open_ || resetting_ || (open_ && inner_ == nullptr)) {
    swallow_output();
  } else {
    drained_owed_ = drained_owed_ || unsent() >= high_water_bytes;
    pump_up();
  }
  rearm();
}

void link_gate::swallow_output() {
  swallowed_up_ += up_.size();
  up_.clear();
}

std::size_t link_gate::unsent() const {
  if (half_open_) { // as much as a socket's buffer takes looks like sent
    const std::size_t blind = swallowed_up_ + up_.size();
    return blind - std::min(blind, blind_octets);
  }
  return up_.waiting() + (inner_ == nullptr ? 0 : inner_->unsent());
}

void link_gate::forget_down() noexcept {
  if (delivering_) {
    forget_ = true;
  } else {
    down_.clear();
  }
}

void link_gate::end_with(ending why) {
  end_ = std::move(why);
  rearm();
}

void link_gate::close() {
  if (keeper_ == nullptr || closing_) {
    return;
  }
  closing_ = true;
  attempt_.reset();
  connected_due_ = never;
  deadline_ = never;
  forget_down();
  end_.reset();
  if (!open_ && !half_open_) {
    inner_.reset();
  }
  if (half_open_ || inner_ == nullptr) {
    end_with({close_reason::local, {}, now(), true});
    return;
  }
  collect();
  fin_due_ = up_.arrival(now(), keeper_->sum, keeper_->luck);
  finish_up();
  rearm();
}

void link_gate::reset() {
  if (keeper_ == nullptr) {
    return;
  }
  closing_ = true;
  resetting_ = !half_open_;
  attempt_.reset();
  connected_due_ = never;
  deadline_ = never;
  forget_down();
  up_.clear();
  fin_due_ = now();
  finish_up();
  end_with({close_reason::local, {}, now(), true});
}

void link_gate::abandon() noexcept {
  owner_ = nullptr;
  if (keeper_ == nullptr) {
    return;
  }
  if (!closing_) {
    closing_ = true;
    collect();
    fin_due_ = up_.arrival(now(), keeper_->sum, keeper_->luck);
  }
  attempt_.reset();
  end_.reset();
  connected_due_ = never;
  deadline_ = never;
  forget_down();
  if (!open_) {
    up_.clear();
  }
  if (!inner_up_) {
    inner_.reset();
  }
  paused_ = false;
  throttle();
  finish_up();
  over_ = inner_ == nullptr;
  rearm();
}

void link_gate::pause_reading(bool paused) {
  paused_ = paused;
  throttle();
  if (keeper_ != nullptr) {
    rearm();
  }
}

std::string link_gate::peer() const {
  return inner_ != nullptr     ? inner_->peer()
         : attempt_ != nullptr ? attempt_->options.peer.text()
                               : std::string{};
}

void link_gate::tear() {
  if (keeper_ == nullptr || (inner_ == nullptr && !half_open_)) {
    return;
  }
  half_open_ = false;
  connected_due_ = never;
  deadline_ = never;
  up_.clear();
  forget_down();
  if (inner_ != nullptr) {
    inner_->reset();
    inner_.reset();
  }
  if (owner_ != nullptr) {
    const bool ours = closing_ && end_ && end_->reason == close_reason::local;
    end_with({ours ? close_reason::local : close_reason::reset,
              ours ? "" : "the network tore the connection down (a fault)", now(), true});
  }
  rearm();
}

void link_gate::go_half_open() {
  if (keeper_ == nullptr || !open_ || closing_ || half_open_) {
    return;
  }
  half_open_ = true;
  drained_owed_ = false;
  swallow_output();
  forget_down();
  end_.reset();
  rearm();
}

bool link_gate::idle() const noexcept {
  return owner_ != nullptr && inner_ != nullptr && open_ == inner_up_ && !half_open_ && !closing_
         && !end_ && collect_at_ == never && up_.empty() && down_.empty();
}

std::size_t link_gate::memory_bytes() const noexcept {
  return sizeof *this + up_.memory_bytes() + down_.memory_bytes()
         + (attempt_ == nullptr ? 0 : sizeof(attempt));
}

} // namespace fleet::hal
