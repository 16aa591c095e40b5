// What devices do and what follows for each of them; waves and halts are campaign_waves.cpp's.
#include "cloud_sim/campaigns/campaign.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"

namespace fleet::cloud {

namespace {

/// Homes wake in whole milliseconds, so a rate over a thousand needs a few offers a wake.
constexpr duration late_timer = std::chrono::milliseconds{20};

bool ended(rollout_state s) noexcept {
  switch (s) {
    case rollout_state::waiting:
    case rollout_state::offered:
    case rollout_state::upgrading: return false;
    case rollout_state::succeeded:
    case rollout_state::failed:
    case rollout_state::cancelled: return true;
  }
  FLEET_CHECK(false);
}

} // namespace

bool valid(const campaign_rules& r) noexcept {
  return valid(r.select) && !r.version.empty() && r.halt_permille <= 1000
         && r.wave_done_permille >= 1 && r.wave_done_permille <= 1000 && r.retries < 255
         && r.offers_per_second <= 1'000'000'000 && r.attempt_most > duration{0}
         && r.retry_after >= duration{0} && r.wave_most > duration{0}
         && r.wave_pause >= duration{0};
}

campaign::campaign(campaign_rules rules, std::span<const device_facts> devices)
    : rules_(std::move(rules)) {
  FLEET_CHECK(valid(rules_));
  sums_.waves = wave_count(rules_.select);
  for (const device_facts& d : devices) {
    if (!chosen(rules_.select, d.device)) {
      continue;
    }
    if (d.version == rules_.version) {
      ++sums_.already;
      continue;
    }
    if (runs_chosen_version(rules_.select, d.version)) {
      FLEET_CHECK(devices_.empty() || devices_.back().device < d.device);
      FLEET_CHECK(devices_.size() < campaign_devices_max);
      const std::uint8_t wave = wave_of(rules_.select, d.device);
      devices_.push_back({.device = d.device, .wave = wave, .online = d.online});
      ++wave_devices_[wave];
    }
  }
  devices_.shrink_to_fit();
  for (std::size_t wave = 0; wave + 1 < sums_.waves && !devices_.empty(); ++wave) {
    if (wave_devices_[wave] == 0) { // a small fleet: nothing would be tried in it
      lengthen_wave(wave, 1);
    }
  }
  events_.clear(); // whoever made it keeps all rows
  sums_.devices = static_cast<std::uint32_t>(devices_.size());
  sums_.by_state[0] = sums_.devices;
}

rollout_device* campaign::entry(std::uint32_t device) noexcept {
  const auto found = std::ranges::lower_bound(devices_, device, {}, &rollout_device::device);
  return found != devices_.end() && found->device == device ? &*found : nullptr;
}

const rollout_device* campaign::find(std::uint32_t device) const noexcept {
  const auto found = std::ranges::lower_bound(devices_, device, {}, &rollout_device::device);
  return found != devices_.end() && found->device == device ? &*found : nullptr;
}

void campaign::set(rollout_device& d, rollout_state state) {
  --sums_.by_state[static_cast<std::size_t>(d.state)];
  ++sums_.by_state[static_cast<std::size_t>(state)];
  wave_ended_[d.wave] += ended(state) ? 1 : 0;
  wave_ended_[d.wave] -= ended(d.state) ? 1 : 0;
  d.state = state;
  events_.emplace_back(campaign_event::device_changed{d.device});
}

void campaign::join_queue(rollout_device& d) {
  if (d.state == rollout_state::waiting && d.online && !d.queued && !d.resting
      && d.wave <= sums_.wave && sums_.state != campaign_state::ready) {
    d.queued = true;
    queue_.push_back(d.device);
  }
}

void campaign::offer(rollout_device& d, time_point now) {
  ++d.attempts;
  ++d.offers;
  d.step = 0;
  d.repeats = 0;
  d.gained = 0;
  d.cause = rollout_cause::none;
  attempts_.push_back({later(now, rules_.attempt_most), d.device, d.offers});
  set(d, rollout_state::offered);
}

bool campaign::room() const noexcept {
  return rules_.under_way_max == 0 || under_way() < rules_.under_way_max;
}

void campaign::make_offers(time_point now) {
  const duration apart{rules_.offers_per_second == 0 ? 0
                                                     : 1'000'000'000 / rules_.offers_per_second};
  while (sums_.state == campaign_state::running && !queue_.empty() && room()
         && next_offer_ <= now) {
    rollout_device* d = entry(queue_.front());
    queue_.pop_front();
    d->queued = false;
    if (d->state != rollout_state::waiting || !d->online) {
      continue; // it asked by itself in the meantime, or is gone: it queues when it is back
    }
    offer(*d, now);
    events_.emplace_back(campaign_event::offer{d->device});
    // A timer that fires late is made up for; a time without anybody to offer it to is not.
    const duration credit = apart < late_timer ? late_timer : duration{0};
    next_offer_ = later(std::max(next_offer_, now - credit), apart);
  }
}

void campaign::online(std::uint32_t device, std::string_view version, time_point now) {
  rollout_device* d = entry(device);
  if (d == nullptr) {
    return;
  }
  const bool back = !d->online;
  d->online = true;
  overdue_ = overdue_ && !(d->wave > sums_.wave && d->state == rollout_state::waiting);
  const bool under = d->state == rollout_state::offered || d->state == rollout_state::upgrading;
  const bool goes_on =
      sums_.state == campaign_state::running || sums_.state == campaign_state::halted;
  if (version == rules_.version) {
    succeed(*d);
  } else if (!version.empty() && under
             && (d->step == 100 || (d->repeats == campaign_repeats_max && d->step <= d->gained))) {
    fail(*d, rollout_cause::old_version, now);
  } else if (!version.empty() && d->state == rollout_state::waiting && d->attempts == 0
             && !runs_chosen_version(rules_.select, version)) {
    set(*d, rollout_state::cancelled);
  } else if (goes_on && under
             && (!version.empty() || (back && d->state == rollout_state::offered))) {
    // It booted in the middle, or was away: the offer may be lost, and is repeated. Its time goes
    // on.
    if (!version.empty()) {
      d->repeats = d->step > d->gained ? 1 : static_cast<std::uint8_t>(d->repeats + 1);
      d->gained = std::max(d->gained, d->step);
    }
    events_.emplace_back(campaign_event::offer{device});
  }
  join_queue(*d);
  make_offers(now);
  end_wave_if_done(now);
}

void campaign::offline(std::uint32_t device) {
  if (rollout_device* d = entry(device); d != nullptr) {
    d->online = false;
  }
}

void campaign::progressed(std::uint32_t device, int step, time_point now) {
  rollout_device* d = entry(device);
  const bool under =
      d != nullptr && (d->state == rollout_state::offered || d->state == rollout_state::upgrading);
  if (!under || step < -4 || step > 100) {
    return;
  }
  if (step < 0) {
    d->step = static_cast<std::int8_t>(step);
    fail(*d, rollout_cause::step, now);
  } else {
    const bool tells = d->state == rollout_state::offered || (step == 100 && d->step != 100);
    d->step = static_cast<std::int8_t>(step);
    if (tells) { // not each percent: it is not worth a row
      set(*d, rollout_state::upgrading);
    }
  }
  make_offers(now);
  end_wave_if_done(now);
}

bool campaign::asked(std::uint32_t device, time_point now) {
  rollout_device* d = entry(device);
  if (d == nullptr || ended(d->state)) {
    return false;
  }
  if (d->state != rollout_state::waiting) {
    return true; // an address that has aged, or an offer that was lost
  }
  const bool may =
      sums_.state == campaign_state::running && d->wave <= sums_.wave && !d->resting && room();
  if (may) {
    d->online = true;
    offer(*d, now);
  }
  return may;
}

void campaign::succeed(rollout_device& d) {
  const bool tried = d.attempts != 0;
  if (d.state == rollout_state::succeeded || (d.state == rollout_state::cancelled && !tried)) {
    return;
  }
  set(d, rollout_state::succeeded);
  d.cause = rollout_cause::none;
  sums_.attempts_succeeded += tried ? 1 : 0;
  sums_.judged += tried ? 1 : 0;
}

void campaign::fail(rollout_device& d, rollout_cause cause, time_point now) {
  d.cause = cause;
  ++sums_.attempts_failed;
  ++sums_.judged_failed;
  ++sums_.judged;
  const bool more = d.attempts <= rules_.retries && sums_.state != campaign_state::cancelled;
  if (more) {
    d.resting = true;
    rests_.push_back({later(now, rules_.retry_after), d.device, d.offers});
  }
  set(d, more ? rollout_state::waiting : rollout_state::failed);
  judge(false);
}

void campaign::handle_timeout(time_point now) {
  while (!attempts_.empty() && attempts_.front().at <= now) {
    const due_device due = attempts_.front();
    attempts_.pop_front();
    rollout_device* d = entry(due.device);
    if (d->offers == due.offers
        && (d->state == rollout_state::offered || d->state == rollout_state::upgrading)) {
      fail(*d, rollout_cause::timed_out, now);
    }
  }
  while (!rests_.empty() && rests_.front().at <= now) {
    const due_device due = rests_.front();
    rests_.pop_front();
    rollout_device* d = entry(due.device);
    if (d->offers == due.offers && d->resting) {
      d->resting = false;
      join_queue(*d);
    }
  }
  end_wave_if_done(now);
  make_offers(now);
}

time_point campaign::next_timeout() const noexcept {
  time_point next = attempts_.empty() ? never : attempts_.front().at;
  next = rests_.empty() ? next : std::min(next, rests_.front().at);
  if (sums_.state == campaign_state::running) {
    next = !queue_.empty() && room() ? std::min(next, next_offer_) : next;
    next = next_wave_ ? std::min(next, *next_wave_) : next;
    const bool more = sums_.wave + 1 < sums_.waves;
    // Of a wave that is being tried, the attempts themselves tell; if nobody is there, who comes.
    const bool tells = blind() && (overdue_ || being_tried());
    next = more && !next_wave_ && !tells ? std::min(next, wave_limit()) : next;
  }
  return next;
}

std::optional<campaign_event_variant> campaign::next_event() {
  if (told_ == events_.size()) {
    std::vector<campaign_event_variant>{}.swap(events_);
    told_ = 0;
    return std::nullopt;
  }
  return events_[told_++];
}

} // namespace fleet::cloud
