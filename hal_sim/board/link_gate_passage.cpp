// How octets and endings pass a gate: up to the far side, down to the owner, each in its turn.
// Whatever tells the owner something looks afterwards whether the gate still has a keeper.
#include <algorithm>
#include <utility>

#include "hal_sim/board/link_gate.hpp"

namespace fleet::hal {

namespace {

/// So that the world sends what it has before the next piece, and others have their turn.
constexpr duration next_turn{1};

std::size_t slice_of(const link_disturbance& by) noexcept {
  return by.slice_octets == 0 ? SIZE_MAX : by.slice_octets;
}

} // namespace

time_point link_gate::next() const noexcept {
  time_point due = std::min(collect_at_, open_ ? never : deadline_);
  if (end_ && end_->at_once) {
    due = std::min(due, end_->due);
  }
  if (!held()) {
    due = std::min(due, attempt_again());
  }
  if (over_ || (owner_ == nullptr && inner_ == nullptr) || (idle() && !keeper_->sum.on_streams())) {
    return keeper_->where.now();
  }
  if (held()) {
    return due;
  }
  due = std::min(due, connected_due_);
  if (owner_ != nullptr && open_ && !paused_ && !down_.empty()) {
    due = std::min(due, std::max(down_.next(), down_again_));
  }
  // What is being appended goes when it was collected, and nothing before it.
  if (collect_at_ == never && inner_ != nullptr && open_ && !up_.empty()) {
    due = std::min(due, std::max(up_.next(), up_again_));
  }
  if (end_ && connected_due_ == never) {
    const bool torn = end_->reason != close_reason::closed_by_peer;
    if (paused_ ? torn : down_.empty()) {
      due = std::min(due, end_->due);
    }
  }
  if (collect_at_ == never && closing_ && inner_ != nullptr && up_.empty()
      && !(inner_closed_ && owner_ != nullptr)) {
    due = std::min(due, fin_due_);
  }
  return due;
}

void link_gate::rearm() {
  if (keeper_ != nullptr) {
    keeper_->where.arm(*this, next());
  }
}

void link_gate::on_wake(time_point at) {
  const auto self = shared_from_this();
  if (collect_at_ <= at) {
    collect();
  }
  if (!open_ && deadline_ <= at) {
    give_up();
  }
  if (!held() && attempt_again() <= at) {
    try_attempt();
  }
  pump();
}

void link_gate::on_connected() {
  const auto self = shared_from_this();
  inner_up_ = true;
  if (keeper_->sum.tls_failure && secured_) {
    inner_.reset();
    end_with({close_reason::tls_failed, "the peer's certificate does not verify (a fault)",
              after_round_trips(round_trips_), false});
  } else {
    connected_due_ = after_round_trips(round_trips_);
  }
  pump();
}

void link_gate::on_received(bytes_view bytes) {
  const auto self = shared_from_this();
  if (half_open_) {
    swallowed_down_ += bytes.size();
    throttle();
    return;
  }
  if (closing_ || owner_ == nullptr) {
    return;
  }
  down_.append_at(now()).append(bytes);
  pump();
}

void link_gate::on_drained() {
  const auto self = shared_from_this();
  pump();
}

void link_gate::on_closed(close_reason reason, std::string_view detail) {
  const auto self = shared_from_this();
  inner_.reset();
  if (!half_open_) {
    up_.clear();
    const bool at_once = closing_ || reason == close_reason::timed_out;
    const time_point due = at_once     ? now()
                           : inner_up_ ? down_.arrival(now(), keeper_->sum, keeper_->luck)
                                       : after_round_trips(1);
    if (owner_ != nullptr && !(end_ && end_->at_once)) {
      end_with({reason, std::string{detail}, due, at_once});
    }
  }
  pump();
}

void link_gate::pump() {
  if (keeper_ == nullptr) {
    return;
  }
  if (!half_open_) {
    pump_up();
    pump_down();
  }
  if (keeper_ != nullptr) {
    tell_drained();
  }
  if (keeper_ != nullptr) {
    tell_end();
  }
  if (keeper_ != nullptr) {
    settle();
  }
}

void link_gate::pump_up() {
  const link_disturbance& by = keeper_->sum;
  if (!open_) {
    finish_up(); // of one dropped before it could be told that it stands
    return;
  }
  if (inner_ == nullptr || collect_at_ != never) {
    return; // what is appended in this turn may not be sealed yet
  }
  up_.advance(now(), by, keeper_->luck);
  while (inner_ != nullptr && !held() && up_again_ <= now()) {
    const auto piece = up_.arrived(now(), slice_of(by));
    if (piece.empty() || !fit(piece)) {
      break;
    }
    inner_->output().append(piece);
    up_.pop(piece.size());
    up_.advance(now(), by, keeper_->luck);
    if (by.slice_octets != 0) {
      up_again_ = later(now(), next_turn);
    }
  }
  finish_up();
}

void link_gate::finish_up() {
  if (!closing_ || inner_ == nullptr || !up_.empty() || held() || fin_due_ > now()) {
    return;
  }
  if (resetting_) {
    inner_->reset();
    inner_.reset();
  } else if (owner_ == nullptr) {
    inner_.reset();
  } else if (!inner_closed_) {
    inner_closed_ = true;
    inner_->close();
  }
}

bool link_gate::fit(std::span<std::uint8_t> piece) {
  random_stream& luck = keeper_->luck;
  if (keeper_->sum.corrupt_ppm == 0 || !luck.chance_ppm(keeper_->sum.corrupt_ppm)) {
    return true;
  }
  if (!secured_) {
    piece[luck.below(piece.size())] ^= static_cast<std::uint8_t>(1 + luck.below(255));
    return true;
  }
  // Above TLS a changed octet would come through; below it, no record with one does.
  inner_.reset();
  up_.clear();
  forget_down();
  if (owner_ != nullptr) {
    end_ = ending{close_reason::tls_failed, "a record arrived damaged: bad record MAC (a fault)",
                  now(), true};
  }
  return false;
}

void link_gate::pump_down() {
  const link_disturbance& by = keeper_->sum;
  down_.advance(now(), by, keeper_->luck);
  for (int i = 0; i < pieces_per_turn && keeper_ != nullptr && owner_ != nullptr && !held(); ++i) {
    if (connected_due_ != never) {
      if (connected_due_ > now()) {
        break;
      }
      connected_due_ = never;
      deadline_ = never;
      open_ = true;
      owner_->on_connected();
      continue;
    }
    const auto piece =
        paused_ || closing_ ? std::span<std::uint8_t>{} : down_.arrived(now(), slice_of(by));
    if (piece.empty() || !fit(piece)) {
      break;
    }
    delivering_ = true;
    owner_->on_received(piece);
    delivering_ = false;
    if (keeper_ == nullptr || forget_) {
      forget_ = false;
      down_.clear();
      continue;
    }
    down_.pop(piece.size());
    down_.advance(now(), by, keeper_->luck);
    if (i + 1 == pieces_per_turn) {
      down_again_ = later(now(), next_turn);
    }
  }
  if (keeper_ != nullptr) {
    throttle();
  }
}

void link_gate::throttle() {
  if (inner_ == nullptr) {
    return;
  }
  bool full = false;
  if (half_open_) {
    full = swallowed_down_ > blind_octets;
  } else if (owner_ != nullptr && !closing_) {
    full = down_.size() >= link_lane::window_octets
           || (inner_paused_ && down_.size() > link_lane::window_octets / 2);
  }
  const bool wanted = paused_ || full;
  if (wanted != inner_paused_) {
    inner_paused_ = wanted;
    inner_->pause_reading(wanted);
  }
}

void link_gate::tell_drained() {
  if (!drained_owed_ || owner_ == nullptr || !open_ || inner_ == nullptr || up_.waiting() != 0
      || closing_) {
    return;
  }
  if (inner_->unsent() != 0) {
    inner_->tell_when_sent();
    return;
  }
  drained_owed_ = false;
  owner_->on_drained();
}

void link_gate::tell_end() {
  if (!end_ || owner_ == nullptr || end_->due > now()) {
    return;
  }
  if (!end_->at_once) {
    const bool torn = end_->reason != close_reason::closed_by_peer;
    if (held() || connected_due_ != never || (paused_ ? !torn : !down_.empty())) {
      return;
    }
  }
  const ending told = *std::exchange(end_, std::nullopt);
  owner_->on_closed(told.reason, told.detail);
}

void link_gate::settle() {
  if (owner_ == nullptr) {
    if (inner_ == nullptr) {
      over_ = true;
      keeper_->on_over(*this);
      return;
    }
  } else if (idle() && !keeper_->sum.on_streams()) {
    keeper_->on_idle(*this);
    return;
  }
  rearm();
}

} // namespace fleet::hal
