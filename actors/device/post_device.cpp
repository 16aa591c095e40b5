// The posting device's life: attempts, reports, its end. What goes over which link is its
// channel's, and what becomes of the posts stands in post_device_answers.cpp.
#include "actors/device/post_device.hpp"

#include <algorithm>
#include <utility>

#include "actors/device/board_faults.hpp"
#include "actors/device/cookie.hpp"
#include "actors/device/post_firmware.hpp"

namespace fleet::actors {

namespace {

/// Messages about firmware that may wait or be open beside the reports.
constexpr std::size_t posts_beside_max = 8;

} // namespace

post_device::post_device(device_surroundings& around, device_slot& slot, std::uint32_t index,
                         turn_giver& turns)
    : around_(around), product_(around.products->at(index)), slot_(slot), turns_(turns),
      jitter_(product_.seed, index, "backoff"), values_(product_.seed, index, "values"),
      index_(index) {
  FLEET_CHECK(product_.post && product_.speech->triples() != nullptr);
  bump(counts().in_phase[static_cast<std::size_t>(phase::off)]);
  product_.speech->report_topic(index_, topic_);
  topic_.shrink_to_fit();
  power_up();
}

post_device::~post_device() {
  firmware_.reset();
  channel_.reset();
  slot_.board.power_off();
  drop(counts().in_phase[static_cast<std::size_t>(phase_)]);
  drop(counts().in_flight, in_flight_shown_);
  drop(counts().firmware_dead, dead_ ? 1 : 0);
  hold(counts(), held_, false);
}

void post_device::settle() {
  if (firmware_) {
    cycle_power();
  }
  const auto in_flight = static_cast<std::uint16_t>(std::count_if(
      pending_.begin(), pending_.end(), [](const pending_post& p) { return p.reliable; }));
  if (in_flight != in_flight_shown_) {
    auto& gauge = counts().in_flight;
    gauge.store(gauge.load(std::memory_order_relaxed) + in_flight - in_flight_shown_,
                std::memory_order_relaxed);
    in_flight_shown_ = in_flight;
  }
}

bool post_device::go(step s) {
  const phase to = next_phase(phase_, s);
  if (to == stay) {
    return false;
  }
  counts().move(phase_, to);
  phase_ = to;
  phase_due_ = never;
  if (to == phase::stopped) {
    channel_->drop();
    forget_all();
    around_.watcher->on_stopped(index_);
  }
  return true;
}

void post_device::run(time_point first_attempt) {
  if (!software_) {
    phase_due_ = std::max(first_attempt, power_back_);
  } else if (go(step::run)) {
    phase_due_ = first_attempt;
  }
}

void post_device::quiet() {
  quiet_ = true;
  reports_.stop();
}

void post_device::stop(time_point deadline) {
  quiet();
  if (const auto vain = channel_->waits_for()) {
    around_.watcher->on_trouble(index_, vain->why, "at the end " + vain->what);
  }
  if (go(step::stop_asked) && phase_ == phase::stopping) {
    slot_.trace.note(now(), happening::stopping);
    phase_due_ = deadline;
    finish_stop_if_drained();
  }
}

void post_device::finish_stop_if_drained() {
  if (phase_ != phase::stopping || (!pending_.empty() && now() < phase_due_)) {
    return;
  }
  forget_all();
  channel_->close();
  go(step::drained);
}

void post_device::attempt() {
  if (go(step::attempt)) {
    attempt_began_ = now();
    bump(counts().attempts);
    slot_.trace.note(now(), happening::connecting);
    log_on();
  }
}

void post_device::log_on() {
  channel_->log_on(product_.speech->triples()->at(index_));
}

void post_device::on_transport_up() {
  if (go(step::transport_up)) {
    slot_.trace.note(now(), happening::transport_up);
  }
}

void post_device::on_logged_on() {
  if (std::exchange(renewing_, false)) {
    send_waiting();
    finish_stop_if_drained();
    return;
  }
  bump(counts().outcomes[static_cast<std::size_t>(outcome::accepted)]);
  counts().latencies[static_cast<std::size_t>(latency::connect)].record(now() - attempt_began_);
  slot_.trace.note(now(), happening::connected);
  if (++slot_.connections > 1) {
    bump(counts().reconnects);
  }
  wait_ = {};
  if (!go(step::resumed)) {
    finish_stop_if_drained();
    return;
  }
  firmware_online();
  send_waiting(); // what the last connection left unanswered
  if (!quiet_ && product_.interval > duration::zero() && reports_.due() == never) {
    reports_.begin(beat_of(product_, around_.load_began, index_), now(), jitter_);
  }
}

void post_device::on_channel_ended(outcome why, std::string_view detail) {
  leave_link(why, detail);
}

void post_device::leave_link(outcome why, std::string_view detail) {
  bump(counts().outcomes[static_cast<std::size_t>(why)]);
  if (phase_ == phase::online) {
    bump(counts().disconnects_unplanned);
  }
  slot_.trace.note(now(), happening::link_ended, static_cast<std::uint32_t>(why));
  channel_->drop();
  take_back();
  renewing_ = false;
  if (firmware_) {
    firmware_->part.offline();
    firmware_->next_ask = never;
  }
  if (go(step::link_ended) && phase_ == phase::backing_off) {
    around_.watcher->on_trouble(index_, why, detail);
    const duration wait = product_.backoff.next(wait_, jitter_);
    counts().backoff_waits.record(wait);
    phase_due_ = later(now(), wait);
  }
}

/// Over CoAP reports that ask for no answer (QoS 0) take no place in the window: their channel
/// listens a while for a refusal of the token, and they are bounded all the same.
bool post_device::window_is_full() const noexcept {
  const std::size_t window = product_.post->in_flight_max;
  const bool unasked =
      product_.qos == mqtt::qos::at_most_once && product_.post->protocol == post_protocol::coap;
  return pending_.size() >= (unasked ? window + posts_beside_max : window);
}

/// Of a report, before anything is booked: what does not go is no message.
std::optional<skip> post_device::obstacle(std::size_t octets) const {
  if (octets > channel_->room(topic_)) {
    return skip::too_large;
  }
  if (window_is_full()) {
    return skip::window;
  }
  std::size_t waiting = 0; // what is not answered lies in RAM, and so will this one
  for (const pending_post& p : pending_) {
    waiting += p.payload.size();
  }
  if (slot_.board.memory.available(waiting + octets)) {
    return std::nullopt;
  }
  return pending_.empty() ? skip::too_large : skip::memory;
}

std::optional<skip> post_device::publish(const mqtt::message_view& message, time_point due,
                                         std::uint64_t cookie) {
  if (phase_ != phase::online) {
    return skip::offline;
  }
  if (pending_.size() >= std::size_t{product_.post->in_flight_max} + posts_beside_max) {
    return skip::window;
  }
  pending_post post;
  post.topic = message.topic;
  post.payload.assign(message.payload.begin(), message.payload.end());
  post.cookie = cookie;
  post.due = due;
  pending_.push_back(std::move(post));
  send_waiting();
  return std::nullopt;
}

void post_device::report_due(time_point due) {
  if (now() - due > late_after) {
    bump(counts().late_sends);
  }
  if (const auto why = obstacle(std::max(product_.payload_bytes, product_.report_bytes))) {
    counts().skip_report(*why);
    return;
  }
  const report r = next_report(*around_.home, slot_, product_, values_.next());
  around_.payload.clear();
  product_.speech->write_report(r, values_, around_.payload);
  pending_post post;
  post.payload = std::exchange(spare_, {});
  const bytes_view text = around_.payload.view();
  post.payload.assign(text.begin(), text.end());
  post.cookie = cookie_of(r.tag);
  post.due = due;
  post.reliable = product_.qos != mqtt::qos::at_most_once;
  pending_.push_back(std::move(post));
  send_waiting();
}

/// Posts in the order in which they were due, as far as the channel takes them.
void post_device::send_waiting() {
  if (hold_until_ != never || std::exchange(sending_, true)) {
    return; // whoever is at it goes on
  }
  for (std::size_t i = 0; i < pending_.size() && !renewing_;) {
    pending_post& p = pending_[i];
    if (p.id != 0) {
      ++i;
      continue;
    }
    const auto posted = channel_->post(p.topic.empty() ? topic_ : p.topic, p.payload, p.reliable);
    if (!posted && posted.error() == post_error::busy) {
      break;
    }
    if (!posted) {
      counts().skip_report(skip::too_large);
      forget(i);
      continue;
    }
    p.id = posted.value();
    p.went = true;
    const bool again = std::exchange(p.counted, has_tag(p.cookie));
    if (again) {
      bump(counts().resent);
    } else if (p.counted) {
      bump(counts().published[p.reliable ? 1 : 0]);
      slot_.trace.note(now(), happening::published, sequence_of(p.cookie));
    }
    ++i;
  }
  sending_ = false;
}

void post_device::forget(std::size_t at) {
  auto& payload = pending_[at].payload;
  if (payload.capacity() > spare_.capacity()) {
    spare_ = std::move(payload);
  }
  pending_.erase(pending_.begin() + static_cast<std::ptrdiff_t>(at));
}

/// The link is gone. Reports that ask for an answer and have none stay, and go out again behind the
/// next log-on, whose token explains the repeat to the platform; what the firmware had to say it
/// says anew. But a report that link after link has ended over is let go: in the account nobody has
/// acknowledged it.
void post_device::take_back() noexcept {
  std::erase_if(pending_, [](const pending_post& p) { return !p.reliable || !has_tag(p.cookie); });
  for (pending_post& p : pending_) {
    if (std::exchange(p.went, false)) {
      ++p.links;
    }
    p.id = 0;
    p.logons = p.ways = 0; // each link has these repeats; what it was asked to wait counts on
  }
  const auto given_up =
      std::erase_if(pending_, [](const pending_post& p) { return p.links >= post_links_max; });
  bump(counts().request_timeouts, given_up);
  hold_until_ = never;
}

void post_device::forget_all() noexcept {
  pending_.clear();
  hold_until_ = never;
}

void post_device::part_turn() {
  channel_->take_turn();
  if (firmware_) {
    firmware_->part.part_turn();
  }
}

void post_device::handle_timeout() {
  if (phase_due_ <= now()) {
    switch (phase_) {
      case phase::backing_off: attempt(); break;
      case phase::stopping: finish_stop_if_drained(); return;
      case phase::off: come_back(); break;
      case phase::connecting:
      case phase::logging_on:
      case phase::subscribing:
      case phase::online:
      case phase::stopped: phase_due_ = never; break;
    }
  }
  if (channel_->next_timeout() <= now()) {
    channel_->handle_timeout();
  }
  if (hold_until_ <= now()) {
    hold_until_ = never;
    send_waiting();
  }
  if (firmware_) {
    ask_for_firmware();
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

time_point post_device::next_timeout() const noexcept {
  const time_point own =
      std::min({phase_due_, reports_.due(), hold_until_, channel_->next_timeout()});
  return firmware_ ? std::min({own, firmware_->next_ask, firmware_->part.next_timeout()}) : own;
}

std::size_t post_device::memory_bytes() const noexcept {
  std::size_t octets = sizeof *this + topic_.capacity() + channel_->memory_bytes()
                       + spare_.capacity() + pending_.capacity() * sizeof(pending_post)
                       + (firmware_ ? firmware_->memory_bytes() : 0);
  for (const pending_post& p : pending_) {
    octets += p.payload.capacity() + (p.topic.empty() ? 0 : p.topic.capacity());
  }
  return octets;
}

} // namespace fleet::actors
