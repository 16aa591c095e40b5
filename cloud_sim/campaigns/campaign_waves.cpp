// A campaign as a whole: waves, halts, cancelling, trying again, and what outlives the twin.
#include <algorithm>

#include "cloud_sim/campaigns/campaign.hpp"
#include "protocol/base/check.hpp"

namespace fleet::cloud {

void campaign::change(campaign_state to) {
  sums_.state = to;
  events_.emplace_back(campaign_event::campaign_changed{});
}

void campaign::start(time_point now) {
  FLEET_CHECK(sums_.state == campaign_state::ready);
  change(campaign_state::running);
  next_offer_ = now;
  open_wave(now);
  end_wave_if_done(now);
}

void campaign::open_wave(time_point now) {
  wave_opened_ = now;
  overdue_ = false;
  next_wave_.reset();
  for (rollout_device& d : devices_) {
    join_queue(d);
  }
  make_offers(now);
}

std::size_t campaign::lengthen_wave(std::size_t wave, std::size_t most, bool online_alone) {
  std::vector<std::pair<std::uint64_t, std::uint32_t>> others; // those online first, by rank
  for (const rollout_device& d : devices_) {
    if (d.wave > wave && d.state == rollout_state::waiting && (d.online || !online_alone)) {
      const std::uint64_t rank = wave_rank(rules_.select, d.device) >> 1;
      others.emplace_back(d.online ? rank : rank | std::uint64_t{1} << 63, d.device);
    }
  }
  const std::size_t count = std::min(most, others.size());
  std::ranges::partial_sort(others, others.begin() + static_cast<std::ptrdiff_t>(count));
  for (std::size_t i = 0; i < count; ++i) {
    rollout_device& d = *entry(others[i].second);
    --wave_devices_[d.wave];
    ++wave_devices_[wave];
    d.wave = static_cast<std::uint8_t>(wave);
    events_.emplace_back(campaign_event::device_changed{d.device});
    join_queue(d);
  }
  return count;
}

bool campaign::untried() const noexcept {
  return rules_.halt_permille != 0 && sums_.attempts_failed + sums_.attempts_succeeded == 0;
}

// Its devices may be away for good, and a campaign that waits for them would never go on.
void campaign::lengthen_overdue_wave(time_point now) {
  if (!blind() || being_tried() || overdue_ || now < wave_limit()) {
    return;
  }
  if (lengthen_wave(sums_.wave, std::max(wave_devices_[sums_.wave], 1U), true) == 0) {
    overdue_ = true;
    events_.emplace_back(campaign_event::campaign_changed{});
    return;
  }
  wave_opened_ = now;
  make_offers(now);
}

bool campaign::blind() const noexcept {
  return rules_.halt_permille != 0 && sums_.judged == 0;
}

bool campaign::wave_done(time_point now) const noexcept {
  // Of all waves so far: what failed in one and is tried again holds up the next one too.
  std::uint64_t all = 0;
  std::uint64_t done = 0;
  for (std::size_t wave = 0; wave <= sums_.wave; ++wave) {
    all += wave_devices_[wave];
    done += wave_ended_[wave];
  }
  const std::uint64_t share = untried() ? 1000 : rules_.wave_done_permille;
  return done * 1000 >= all * share || (!blind() && now >= wave_limit());
}

time_point campaign::wave_limit() const noexcept {
  return later(wave_opened_, rules_.wave_most);
}

void campaign::end_wave_if_done(time_point now) {
  while (sums_.state == campaign_state::running && sums_.wave + 1 < sums_.waves) {
    if (!next_wave_ && wave_done(now)) {
      // All of it turned out to have the version, or to run one that was not chosen: nothing was
      // tried, so as many again are before everybody is.
      if (untried() && lengthen_wave(sums_.wave, std::max(wave_devices_[sums_.wave], 1U)) != 0) {
        make_offers(now);
        break;
      }
      next_wave_ = later(now, rules_.wave_pause);
      judge(true);
    } else if (!next_wave_) {
      lengthen_overdue_wave(now);
    }
    if (sums_.state != campaign_state::running || !next_wave_ || *next_wave_ > now) {
      break;
    }
    ++sums_.wave;
    events_.emplace_back(campaign_event::campaign_changed{});
    open_wave(now);
  }
  finish_if_done();
}

void campaign::finish_if_done() {
  const auto open = sums_.of(rollout_state::waiting) + under_way();
  const bool goes_on =
      sums_.state == campaign_state::running || sums_.state == campaign_state::halted;
  if (open == 0 && goes_on) {
    change(campaign_state::finished);
  }
}

/// Halts when too many of the attempts that ended have failed.
void campaign::judge(bool wave_ends) {
  const std::uint32_t least = wave_ends ? 1 : std::max(rules_.halt_after, std::uint32_t{1});
  const bool judges =
      sums_.state == campaign_state::running && rules_.halt_permille != 0 && sums_.judged >= least;
  const auto failed = std::uint64_t{sums_.judged_failed} * 1000;
  if (judges && failed >= std::uint64_t{sums_.judged} * rules_.halt_permille) {
    sums_.halted_by = halt_reason::failure_rate;
    change(campaign_state::halted);
  }
}

void campaign::halt() {
  if (sums_.state == campaign_state::running) {
    sums_.halted_by = halt_reason::by_hand;
    change(campaign_state::halted);
  }
}

void campaign::resume(time_point now) {
  if (sums_.state != campaign_state::halted) {
    return;
  }
  sums_.halted_by = halt_reason::none;
  sums_.judged = 0;
  sums_.judged_failed = 0;
  overdue_ = false;
  next_offer_ = std::max(next_offer_, now);
  change(campaign_state::running);
  make_offers(now);
  end_wave_if_done(now);
}

void campaign::cancel() {
  if (sums_.state == campaign_state::cancelled || sums_.state == campaign_state::finished) {
    return;
  }
  change(campaign_state::cancelled);
  queue_.clear();
  rests_.clear();
  next_wave_.reset();
  for (rollout_device& d : devices_) {
    d.queued = false;
    d.resting = false;
    if (d.state == rollout_state::waiting) { // an offer that is out cannot be taken back
      set(d, rollout_state::cancelled);
    }
  }
}

bool campaign::withdraw(std::uint32_t device, time_point now) {
  rollout_device* d = entry(device);
  const bool may =
      d != nullptr && (d->state == rollout_state::waiting || d->state == rollout_state::offered);
  if (may) {
    d->resting = false;
    set(*d, rollout_state::cancelled);
    make_offers(now);
    end_wave_if_done(now);
  }
  return may;
}

std::size_t campaign::retry_failed(time_point now, std::span<const std::uint32_t> spared) {
  if (sums_.state == campaign_state::cancelled || sums_.state == campaign_state::ready) {
    return 0;
  }
  std::size_t count = 0;
  for (rollout_device& d : devices_) {
    if (d.state == rollout_state::failed && !std::ranges::binary_search(spared, d.device)) {
      ++count;
      // One more, however many there were: its last attempt counts as the last but one.
      d.attempts = std::min(d.attempts, rules_.retries);
      set(d, rollout_state::waiting);
      join_queue(d);
    }
  }
  if (count != 0 && sums_.state == campaign_state::finished) {
    sums_.halted_by = halt_reason::none;
    sums_.judged = 0;
    sums_.judged_failed = 0;
    change(campaign_state::running);
  }
  make_offers(now);
  return count;
}

void campaign::restore(std::span<const rollout_device> rows, const campaign_sums& sums,
                       time_point now) {
  FLEET_CHECK(sums_.state == campaign_state::ready && devices_.empty()
              && rows.size() <= campaign_devices_max);
  const std::uint8_t waves = sums_.waves;
  sums_ = sums;
  sums_.waves = waves;
  sums_.wave = std::min(sums.wave, static_cast<std::uint8_t>(waves - 1));
  sums_.by_state = {};
  sums_.devices = static_cast<std::uint32_t>(rows.size());
  devices_.assign(rows.begin(), rows.end());
  std::ranges::sort(devices_, {}, &rollout_device::device);
  sums_.by_state[static_cast<std::size_t>(rollout_state::waiting)] = sums_.devices;
  for (rollout_device& d : devices_) {
    const rollout_state was = d.state;
    d.wave = std::min(d.wave, static_cast<std::uint8_t>(waves - 1));
    ++wave_devices_[d.wave];
    d.online = false;
    d.queued = false;
    d.resting = false;
    d.state = rollout_state::waiting;
    set(d, was);
    if (was == rollout_state::offered || was == rollout_state::upgrading) {
      attempts_.push_back({later(now, rules_.attempt_most), d.device, d.offers});
    }
  }
  events_.clear(); // nothing of it is news
  next_offer_ = now;
  wave_opened_ = now;
}

} // namespace fleet::cloud
