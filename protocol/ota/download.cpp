// The updater's download: attempts, responses of every status, octets to flash, and verification.
#include <algorithm>
#include <array>

#include "protocol/ota/job.hpp"

namespace fleet::ota {

void updater::start(const firmware& f, time_point now) {
  job_ = std::make_unique<job>(f, now);
  untold_step_ = 0;
  std::uint32_t from = 0;
  if (const auto note = read_note(board_->kept());
      settings_->resume && note && note->digest == f.digest && note->size == f.size) {
    from = note->offset;
  }
  if (!open(from, now)) {
    return;
  }
  job_->percent_said = job_->percent() / settings_->percent_step * settings_->percent_step;
  say(job_->percent_said, "Enter in downloading state");
  fetch(now);
}

bool updater::open(std::uint32_t from, time_point now) {
  if (from == 0) {
    board_->forget(); // what a note speaks of is about to be overwritten
  }
  if (!carry_on(board_->open(job_->what.size, from))) {
    return false;
  }
  job_->hash.restart();
  job_->received = from;
  job_->noted = from;
  job_->from_note = from != 0;
  job_->begin_anew = false;
  return from == 0 || hash_kept() || open(0, now);
}

/// Digests what is in flash from before; false when it cannot be read.
bool updater::hash_kept() {
  std::array<std::uint8_t, 1024> piece{};
  for (std::uint32_t at = 0; at < job_->received;) {
    const auto part = std::span{piece}.first(std::min<std::size_t>(1024, job_->received - at));
    if (!board_->read(at, part)) {
      return false;
    }
    job_->hash.add(part);
    at += static_cast<std::uint32_t>(part.size());
  }
  return true;
}

void updater::fetch(time_point now) {
  const bool anew = job_->begin_anew || !settings_->resume;
  if (anew && job_->received != 0 && !open(0, now)) {
    return;
  }
  ++counters_.attempts;
  job_->redirects = 0;
  phase_ = update_phase::opening;
  due_ = later(now, settings_->stall);
  action::fetch what{job_->what.url, std::nullopt};
  if (job_->received != 0) {
    what.range_from = job_->received;
  }
  actions_.emplace_back(what);
}

void updater::head(const response_head& what, time_point now) {
  if (phase_ != update_phase::opening) {
    return;
  }
  due_ = later(now, settings_->stall);
  if (what.status == 200) {
    take_whole(what, now);
  } else if (what.status == 206) {
    take_part(what, now);
  } else {
    take_refusal(what, now);
  }
}

void updater::take_whole(const response_head& what, time_point now) {
  if (what.length && *what.length != job_->what.size) {
    drop();
    end(step_verification_failed, "not of the size offered");
    return;
  }
  // The server does not do ranges: from the start then, which the flash takes as well.
  if (job_->received != 0 && !open(0, now)) {
    drop();
    return;
  }
  job_->part_only = false;
  phase_ = update_phase::downloading;
}

void updater::take_part(const response_head& what, time_point now) {
  if (what.range_total && *what.range_total != job_->what.size) {
    drop();
    end(step_verification_failed, "not of the size offered");
    return;
  }
  if (what.range_first != std::uint64_t{job_->received}) {
    drop();
    job_->begin_anew = true;
    attempt_failed(now);
    return;
  }
  job_->part_only = true;
  phase_ = update_phase::downloading;
}

void updater::take_refusal(const response_head& what, time_point now) {
  switch (what.status) {
    case 301:
    case 302:
    case 303:
    case 307:
    case 308: redirect(what.location, now); return;
    case 401:
    case 403:
    case 410:
      drop();
      renew(now);
      return;
    case 416:
      drop();
      if (job_->received == 0) {
        end(step_download_failed, "refused by the server");
        return;
      }
      job_->begin_anew = true;
      attempt_failed(now);
      return;
    case 408:
    case 429:
      drop();
      attempt_failed(now);
      return;
  }
  drop();
  if (what.status >= 500) {
    attempt_failed(now);
  } else {
    end(step_download_failed, "refused by the server");
  }
}

void updater::redirect(std::string_view location, time_point now) {
  if (location.empty() || location.size() > url_max
      || ++job_->redirects > settings_->redirects_max) {
    drop();
    attempt_failed(now);
    return;
  }
  job_->location.assign(location);
  action::follow what{job_->location, std::nullopt};
  if (job_->received != 0) {
    what.range_from = job_->received;
  }
  actions_.emplace_back(what);
}

void updater::body(bytes_view octets, time_point now) {
  if (phase_ != update_phase::downloading) {
    return;
  }
  due_ = later(now, settings_->stall);
  counters_.octets += octets.size();
  if (octets.size() > job_->what.size - job_->received) {
    drop();
    end(step_verification_failed, "longer than offered");
    return;
  }
  job_->hash.add(octets);
  const storage_status status = board_->write(octets);
  if (status != storage_status::done) {
    drop();
    (void)carry_on(status);
    return;
  }
  job_->received += static_cast<std::uint32_t>(octets.size());
  if (const std::uint32_t there = board_->resumable();
      there >= job_->noted && there - job_->noted >= settings_->keep_every) {
    note_progress(now);
  }
  say_percent();
}

/// Where a reboot would leave off; an attempt that comes so far was not in vain.
void updater::note_progress(time_point now) {
  const std::uint32_t there = board_->resumable();
  if (there <= job_->noted || there >= job_->what.size) {
    return;
  }
  job_->noted = there;
  job_->gained = now;
  job_->tries = 0;
  job_->failures = 0;
  if (settings_->resume) {
    byte_buffer note;
    append_note(note, {job_->what.digest, job_->what.size, there});
    board_->keep(note.view());
  }
}

void updater::body_ended(time_point now) {
  if (phase_ != update_phase::downloading) {
    return;
  }
  if (job_->received == job_->what.size) {
    verify(now);
  } else if (job_->part_only) { // a server may send less than it was asked for
    note_progress(now);
    attempt_failed(now);
  } else {
    end(step_verification_failed, "shorter than offered");
  }
}

void updater::fetch_failed(time_point now) {
  if (fetching()) {
    attempt_failed(now);
  }
}

void updater::unreachable(time_point now) {
  if (fetching()) {
    attempt_failed(now, trouble::away);
  }
}

void updater::attempt_failed(time_point now, trouble what) {
  if (phase_ == update_phase::downloading && job_->received == job_->what.size) {
    verify(now); // only the end of the response is missing
    return;
  }
  note_progress(now);
  if (job_->tries < UINT8_MAX) {
    ++job_->tries;
  }
  if (what == trouble::answer) {
    ++job_->failures;
  }
  // A server that is started anew is away for longer than a few attempts take; all downloads that
  // were under way would fail together.
  const bool patient = now < later(job_->gained, settings_->patience);
  const std::uint8_t used_up = patient ? job_->failures : job_->tries;
  if (used_up >= settings_->attempts_max) {
    end(step_download_failed, "download failed");
    return;
  }
  duration wait = settings_->retry_first;
  for (unsigned i = 1; i < job_->tries && wait < settings_->retry_most; ++i) {
    wait *= 2;
  }
  wait = std::min(wait, settings_->retry_most);
  phase_ = update_phase::waiting;
  due_ = later(now, wait - chance_.between(duration{0}, wait / 2));
}

void updater::renew(time_point now) {
  note_progress(now);
  if (++job_->renewals > settings_->renewals_max) {
    end(step_download_failed, "address expired");
    return;
  }
  ask(now);
}

void updater::verify(time_point now) {
  if (job_->hash.finish() != job_->what.digest) {
    // What a power cut left may not be what it was: once more, from the start.
    if (job_->from_note && open(0, now)) {
      fetch(now);
    } else if (job_ != nullptr) {
      end(step_verification_failed, "digest differs");
    }
    return;
  }
  if (!carry_on(board_->finish())) {
    return;
  }
  stage(now);
}

void updater::stage(time_point now) {
  if (!carry_on(board_->stage(job_->what))) {
    return;
  }
  board_->forget();
  job_.reset();
  ++counters_.staged;
  phase_ = update_phase::staged;
  // One that falls back without having said so would look like one that never tried.
  due_ = later(now, connected_ ? settings_->reboot_after : settings_->report_wait);
  say_surely(100, {});
}

} // namespace fleet::ota
