// Offers, the end of a job, and what is said of it; the download itself is download.cpp.
#include "protocol/ota/updater.hpp"

#include <algorithm>
#include <utility>

#include "protocol/base/check.hpp"
#include "protocol/ota/job.hpp"
#include "protocol/ota/version.hpp"

namespace fleet::ota {

bool valid(const updater_settings& s) noexcept {
  return s.percent_step >= 1 && s.percent_step <= 100 && s.attempts_max != 0 && s.keep_every != 0
         && s.stall > duration{0} && s.ask_wait > duration{0} && s.retry_first > duration{0}
         && s.retry_first <= s.retry_most && s.whole_most > duration{0}
         && s.report_wait >= duration{0} && s.reboot_after >= duration{0}
         && s.patience >= duration{0};
}

updater::updater(const updater_settings& settings, storage& board, std::string version,
                 random_stream chance)
    : settings_(&settings), board_(&board), version_(std::move(version)), chance_(chance) {
  FLEET_CHECK(valid(settings));
}
updater::~updater() = default;

void updater::connected(time_point now) {
  if (phase_ == update_phase::over) {
    return;
  }
  connected_ = true;
  const bool first = !version_said_;
  if (first) {
    version_said_ = true;
    actions_.emplace_back(action::say_version{});
    actions_.emplace_back(action::confirm{});
  }
  if (untold_step_ != 0) {
    say(std::exchange(untold_step_, 0), untold_desc_);
    if (phase_ == update_phase::staged) {
      due_ = std::min(due_, later(now, settings_->reboot_after));
    }
  }
  if (job_ != nullptr && fetching()) {
    say(job_->percent(), {});
  }
  // A download that a reboot cut goes on as soon as somebody says where.
  const bool cut = settings_->resume && read_note(board_->kept()).has_value();
  const bool wants = first && (settings_->ask_at_boot || cut) && phase_ == update_phase::idle;
  if (wants || phase_ == update_phase::asking) {
    ask(now);
  }
}

void updater::disconnected() noexcept {
  connected_ = false;
  if (phase_ == update_phase::asking) {
    due_ = never; // nobody can answer: connected() asks again
  }
}

void updater::ask(time_point now) {
  phase_ = update_phase::asking;
  // Without a session the question waits for one, and the job's own limit bounds that.
  due_ = connected_ ? later(now, settings_->ask_wait) : never;
  if (connected_) {
    actions_.emplace_back(action::ask{});
  }
}

void updater::offered(const firmware& f, time_point now) {
  ++counters_.offers;
  if (phase_ == update_phase::over || phase_ == update_phase::staged) {
    ++counters_.ignored;
    return;
  }
  if (job_ != nullptr && f.same_as(job_->what)) {
    job_->what.url = f.url; // a fresh token, perhaps
    if (phase_ == update_phase::asking) {
      fetch(now);
    }
    return;
  }
  if (f.version == version_) {
    actions_.emplace_back(action::say_version{}); // which is all that success needs (§14.1)
    phase_ = job_ == nullptr ? update_phase::idle : phase_;
    return;
  }
  const bool older = compare_versions(f.version, version_) < 0;
  if (!acceptable(f) || (older && settings_->downgrade == downgrade_policy::refuse)) {
    if (job_ != nullptr) { // a progress names no version: it would be taken for this job's
      ++counters_.ignored;
      return;
    }
    ++counters_.failed;
    say(step_failed, older ? "older than what runs" : "cannot be taken");
    phase_ = update_phase::idle;
    return;
  }
  if (job_ != nullptr && settings_->second_offer == second_offer_policy::finish_first) {
    ++counters_.ignored;
    return;
  }
  if (fetching()) {
    drop();
  }
  start(f, now);
}

void updater::nothing_offered() {
  if (phase_ != update_phase::asking) {
    return;
  }
  if (job_ != nullptr) {
    end(step_failed, "no longer offered");
  }
  phase_ = update_phase::idle;
}

void updater::drop() {
  actions_.emplace_back(action::drop_fetch{});
}

void updater::end(int step, std::string_view desc) {
  ++counters_.failed;
  if (step != step_download_failed) { // what came so far is of use if it merely did not all come
    board_->forget();
  }
  job_.reset();
  phase_ = update_phase::idle;
  say_surely(step, desc);
}

/// In the next session, if there is none now.
void updater::say_surely(int step, std::string_view desc) {
  if (connected_) {
    say(step, desc);
  } else {
    untold_step_ = step;
    untold_desc_ = desc;
  }
}

bool updater::carry_on(storage_status status) {
  switch (status) {
    case storage_status::done: return true;
    case storage_status::too_large: end(step_burn_failed, "larger than a slot"); break;
    case storage_status::not_yet: end(step_failed, "running image not confirmed"); break;
    case storage_status::failed: end(step_burn_failed, "flash not writable"); break;
    case storage_status::differs: end(step_verification_failed, "flash differs"); break;
    case storage_status::power_lost:
      actions_.clear();
      told_ = 0;
      job_.reset();
      phase_ = update_phase::over;
      break;
  }
  return false;
}

void updater::say(int step, std::string_view desc) {
  if (!connected_) {
    return;
  }
  if (settings_->style == progress_style::pairs && desc.empty()) {
    actions_.emplace_back(action::say_progress{step, std::nullopt});
    actions_.emplace_back(action::say_progress{step, "hello"});
    return;
  }
  actions_.emplace_back(action::say_progress{step, desc});
}

void updater::say_percent() {
  const int percent = job_->percent() / settings_->percent_step * settings_->percent_step;
  if (percent > job_->percent_said) {
    job_->percent_said = percent;
    say(percent, {});
  }
}

std::optional<action_variant> updater::next_action() {
  if (told_ == actions_.size()) {
    std::vector<action_variant>{}.swap(actions_); // an idle device holds nothing
    told_ = 0;
    return std::nullopt;
  }
  return actions_[told_++];
}

time_point updater::next_timeout() const noexcept {
  switch (phase_) {
    case update_phase::idle:
    case update_phase::over: return never;
    case update_phase::staged: return due_;
    case update_phase::asking:
    case update_phase::waiting:
    case update_phase::opening:
    case update_phase::downloading: break;
  }
  return job_ == nullptr ? due_ : std::min(due_, later(job_->begun, settings_->whole_most));
}

void updater::handle_timeout(time_point now) {
  if (now < next_timeout()) {
    return;
  }
  if (phase_ == update_phase::staged) {
    phase_ = update_phase::over;
    actions_.emplace_back(action::reboot{});
    return;
  }
  const bool was_fetching = fetching();
  const bool silent = phase_ == update_phase::opening;
  if (was_fetching) {
    drop();
  }
  if (job_ != nullptr && now >= later(job_->begun, settings_->whole_most)) {
    end(step_download_failed, "took too long");
  } else if (was_fetching) {
    attempt_failed(now, silent ? trouble::away : trouble::answer);
  } else if (phase_ == update_phase::waiting) {
    fetch(now);
  } else if (job_ != nullptr) {
    end(step_download_failed, "no fresh address");
  } else {
    phase_ = update_phase::idle;
  }
}

std::size_t updater::memory_bytes() const noexcept {
  constexpr std::size_t hash_heap = 400; // libcrypto's, as content_hash.hpp says
  return sizeof *this + version_.capacity() + actions_.capacity() * sizeof(action_variant)
         + (job_ == nullptr ? 0
                            : sizeof(job) + hash_heap + job_->what.url.capacity()
                                  + job_->what.version.capacity() + job_->location.capacity());
}

} // namespace fleet::ota
