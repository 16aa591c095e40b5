// The device's life, phase by phase: on, off, attempts, back-off, its end. Time comes from its
// home. What it says on a link that stands is device_session.cpp's and device_messages.cpp's.
#include "actors/device/device.hpp"

#include <algorithm>
#include <utility>

#include "actors/device/board_faults.hpp"
#include "actors/device/close_outcome.hpp"
#include "actors/device/device_extras.hpp"
#include "actors/device/guide.hpp"
#include "actors/device/registrar.hpp"
#include "actors/device/topic_schedule.hpp"
#include "protocol/base/fetch_ahead.hpp"

namespace fleet::actors {

namespace {

mqtt::client& session_of(device_slot& slot, const product_settings& product) {
  return slot.session ? *slot.session : slot.session.emplace(product.client);
}

} // namespace

device::device(device_surroundings& around, device_slot& slot, std::uint32_t index,
               turn_giver* turns)
    : around_(around), product_(around.products->at(index)), slot_(slot),
      client_(session_of(slot, product_)), jitter_(product_.seed, index, "backoff"),
      values_(product_.seed, index, "values"), index_(index), turns_(turns) {
  bump(counts().in_phase[static_cast<std::size_t>(phase::off)]);
  product_.speech->report_topic(index_, topic_);
  topic_.shrink_to_fit();
  power_up();
}

device::~device() {
  slot_.board.power_off();
  client_.lost(); // the connection; the session is the slot's
  drop(counts().in_phase[static_cast<std::size_t>(phase_)]);
  drop(counts().in_flight, in_flight_shown_);
  drop(counts().firmware_dead, dead_ ? 1 : 0);
  hold(counts(), held_, false);
}

void device::settle() {
  if (extras_) {
    cycle_power();
  }
  slot_.board.link.seal();
  const auto in_flight = static_cast<std::uint16_t>(client_.in_flight());
  if (in_flight != in_flight_shown_) {
    auto& gauge = counts().in_flight;
    gauge.store(gauge.load(std::memory_order_relaxed) + in_flight - in_flight_shown_,
                std::memory_order_relaxed);
    in_flight_shown_ = in_flight;
  }
}

void device::enter(phase p) {
  counts().move(phase_, p);
  phase_ = p;
  phase_due_ = never;
  if (p == phase::stopped) {
    slot_.board.link.drop();
    around_.watcher->on_stopped(index_);
  }
}

bool device::go(step s) {
  const phase to = next_phase(phase_, s);
  if (to == stay) {
    return false;
  }
  enter(to);
  return true;
}

void device::run(time_point first_attempt) {
  if (!software_) {
    phase_due_ = std::max(first_attempt, power_back_);
  } else if (go(step::run)) {
    phase_due_ = first_attempt;
  }
}

void device::quiet() {
  quiet_ = true;
  reports_.stop();
  if (extras_) {
    extras_->quiet();
  }
  if (topics_) {
    topics_->quiet();
  }
}

void device::stop(time_point deadline) {
  quiet();
  if (go(step::stop_asked) && phase_ == phase::stopping) {
    slot_.trace.note(now(), happening::stopping);
    phase_due_ = deadline;
    if (extras_ && was_told_online_) {
      extras_->leave();
    }
    finish_stop_if_drained();
  }
}

void device::finish_stop_if_drained() {
  if (phase_ != phase::stopping) {
    return;
  }
  const bool busy = client_.in_flight() != 0 || (extras_ && !extras_->left());
  if (busy && now() < phase_due_) {
    return;
  }
  if (!slot_.board.link.up()) {
    if (!slot_.board.link.active()) {
      go(step::drained);
    }
    return;
  }
  client_.stop(slot_.board.link.output());
  // The link tells when it is closed; should it hang, the deadline cuts it.
  slot_.board.link.close();
  phase_due_ = std::max(phase_due_, now() + std::chrono::seconds{1});
}

void device::attempt(hal::stream_events& link_events) {
  if (!go(step::attempt)) {
    return;
  }
  const auto& product = product_;
  if (!guide_) {
    attempt_began_ = now();
    bump(counts().attempts);
  }
  slot_.trace.note(now(), happening::connecting);
  if (!buffered_ && around_.faults != nullptr) {
    buffered_ = slot_.board.memory.take(product.client.receive_limit_bytes);
  }
  if (!buffered_ && around_.faults != nullptr && around_.faults->standing(index_).ram_left) {
    leave_link(outcome::exhausted, "the board has no memory for the receive buffer");
    return;
  }
  hal::connect_options options;
  const std::size_t place = product.places.number_of(index_);
  options.peer = product.peer_at(place);
  options.kind = product.link;
  options.timeout = product.connect_timeout;
  options.security = product.security;
  options.server_name = product.server_name_at(place);
  options.origin = index_;
  options.pending_until_answered = true; // CONNACK
  begin_registration(options);
  begin_guidance(options);
  slot_.board.link.open(options, link_events, veil());
}

void device::leave_link(outcome why, std::string_view detail) {
  bump(counts().outcomes[static_cast<std::size_t>(why)]);
  if (phase_ == phase::online) {
    bump(counts().disconnects_unplanned);
  }
  slot_.trace.note(now(), happening::link_ended, static_cast<std::uint32_t>(why));
  lose_link();
  if (go(step::link_ended) && phase_ == phase::backing_off) {
    around_.watcher->on_trouble(index_, why, detail);
    back_off();
  }
}

void device::lose_link() {
  slot_.board.link.drop();
  client_.lost();
  registrar_.reset();
  guide_.reset();
  if (extras_ && was_told_online_) {
    was_told_online_ = false;
    extras_->offline();
  }
  if (topics_) {
    topics_->lost();
  }
}

void device::transport_down(hal::close_reason reason, std::string_view detail) {
  if (end_answer() || end_guidance(reason, detail)) {
    return;
  }
  lose_link();
  if (phase_ == phase::stopping) {
    go(step::drained);
    return;
  }
  leave_link(outcome_of(reason), detail);
}

void device::back_off() {
  const duration wait = product_.backoff.next(wait_, jitter_);
  counts().backoff_waits.record(wait);
  phase_due_ = now() + wait;
}

void device::handle_timeout(hal::stream_events& link_events) {
  if (phase_due_ <= now()) {
    switch (phase_) {
      case phase::backing_off: attempt(link_events); break;
      case phase::stopping:
        if (slot_.board.link.up()) {
          finish_stop_if_drained(); // says DISCONNECT although something is in flight
        } else {
          go(step::drained);
        }
        return;
      case phase::off: come_back(); break;
      case phase::logging_on:
        phase_due_ = never;
        if (registrar_) {
          leave_link(outcome::timed_out, "the device's secret did not come in time");
        } else if (asks_for_guidance()) {
          leave_link(outcome::auth_host_failed, "the auth host did not answer in time");
        }
        break;
      case phase::connecting:
      case phase::subscribing:
      case phase::online:
      case phase::stopped: phase_due_ = never; break;
    }
  }
  if (client_.next_timeout() <= now() && slot_.board.link.up()) {
    client_.handle_timeout(now(), slot_.board.link.output());
    drain_events();
  }
  if (extras_ && extras_->next_timeout() <= now()) {
    extras_->handle_timeout();
  }
  if (topics_ && topics_->next_timeout() <= now()) {
    topics_->handle_timeout();
  }
  while (reports_.due() <= now()) {
    const time_point due = reports_.due();
    reports_.next(beat_of(product_, around_.load_began, index_));
    if (phase_ == phase::online) {
      report_due(due);
    } else {
      counts().skip_report(skip::offline);
    }
  }
}

void device::part_turn() {
  if (extras_) {
    extras_->part_turn();
  }
}

time_point device::next_timeout() const noexcept {
  auto own = std::min({phase_due_, reports_.due(), client_.next_timeout()});
  own = topics_ ? std::min(own, topics_->next_timeout()) : own;
  return extras_ ? std::min(own, extras_->next_timeout()) : own;
}

void device::foresee(unsigned step) const noexcept {
  switch (step) {
    case 2:
      fetch_ahead(&slot_, sizeof slot_);
      fetch_ahead(extras_.get(), 256);
      break;
    case 3: client_.foresee(1); break;
    case 4: client_.foresee(2); break;
    default: break;
  }
}

std::size_t device::memory_bytes() const noexcept {
  return sizeof(*this) + client_.memory_bytes() + topic_.capacity()
         + (extras_ ? extras_->memory_bytes() : 0) + (registrar_ ? registrar_->memory_bytes() : 0)
         + (topics_ ? topics_->memory_bytes() : 0) + (guide_ ? guide_->memory_bytes() : 0);
}

} // namespace fleet::actors
