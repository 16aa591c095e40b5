// The edges of faults, one entry at a time.
#include "protocol/faults/timeline.hpp"

#include <algorithm>

namespace fleet::faults {

namespace {

using entry = timeline::entry;
using state = timeline::state;

duration step_of(const fault& f) noexcept {
  return std::max(f.ramp / timeline::ramp_steps, timeline::ramp_step_least);
}

/// How far a ramp is, `since` it began.
std::uint32_t reached(const fault& f, duration since) noexcept {
  if (since >= f.ramp) {
    return whole_ppm;
  }
  // The first step is taken at once; in whole numbers, the same everywhere.
  const auto steps = static_cast<std::uint64_t>(since / step_of(f)) + 1;
  const auto of = static_cast<std::uint64_t>((f.ramp + step_of(f) - duration{1}) / step_of(f));
  return static_cast<std::uint32_t>(std::min<std::uint64_t>(steps * whole_ppm / of, whole_ppm));
}

/// When this strike, or the window, began.
time_point began(const entry& e) noexcept {
  return e.fault.every == duration{0} || info_of(e.fault.what).shape == shape::window
             ? e.begin
             : later(e.begin, e.fault.every * e.round);
}

time_point end_of(const entry& e) noexcept {
  return e.fault.span == no_end ? never : later(e.begin, e.fault.span);
}

/// Another strike of a moment is to come.
bool repeats(const entry& e) noexcept {
  return info_of(e.fault.what).shape == shape::moment && e.fault.every != duration{0}
         && later(began(e), e.fault.every) < end_of(e);
}

void end(entry& e, timeline_events& told) {
  e.now = state::over;
  e.next = never;
  told.on_end(e.fault);
}

/// The next step of the ramp, or what comes after it.
void plan_next(entry& e, time_point now) noexcept {
  if (e.reached_ppm < whole_ppm) {
    const duration step = step_of(e.fault);
    const auto done = (now - began(e)) / step;
    const auto ramp_end = later(began(e), e.fault.ramp);
    e.next = std::min(later(began(e), step * (done + 1)), ramp_end);
  } else if (info_of(e.fault.what).shape == shape::window) {
    e.next = end_of(e);
  } else {
    e.next = later(began(e), e.fault.every);
  }
}

/// Tells how far it is, which is more than before.
void reach(entry& e, std::uint32_t ppm, timeline_events& told) {
  const bool gradual = info_of(e.fault.what).gradual;
  if (gradual) {
    if (e.reached_ppm == 0) {
      told.on_strike(e.fault, {0, whole_ppm, e.round});
    }
    told.on_strength(e.fault, ppm);
  } else {
    told.on_strike(e.fault, {e.reached_ppm, ppm, e.round});
  }
  e.reached_ppm = ppm;
}

void step(entry& e, time_point now, timeline_events& told) {
  const bool window = info_of(e.fault.what).shape == shape::window;
  if (window && now >= end_of(e) && e.now == state::in_force) {
    end(e, told);
    return;
  }
  if (e.now == state::in_force && e.reached_ppm == whole_ppm && !window) {
    ++e.round; // plan_next() has waited for it
    e.reached_ppm = 0;
  }
  e.now = state::in_force;
  if (const auto ppm = reached(e.fault, now - began(e)); ppm > e.reached_ppm) {
    reach(e, ppm, told);
  }
  if (e.reached_ppm == whole_ppm && !window && !repeats(e)) {
    end(e, told);
    return;
  }
  plan_next(e, now);
}

} // namespace

bool timeline::add(fault f, time_point start) {
  if (entries_.size() >= faults_max || find(f.name) != nullptr || !complaint_of(f).empty()) {
    return false;
  }
  entry& e = entries_.emplace_back();
  e.begin = later(start, f.at);
  e.next = e.begin;
  e.fault = std::move(f);
  return true;
}

bool timeline::remove(std::string_view name, timeline_events& told) {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [name](const entry& e) { return e.fault.name == name; });
  if (found == entries_.end()) {
    return false;
  }
  if (found->now == state::in_force) {
    end(*found, told);
  }
  entries_.erase(found);
  return true;
}

void timeline::remove_all(timeline_events& told) {
  for (auto& e : entries_) {
    if (e.now == state::in_force) {
      end(e, told);
    }
  }
  entries_.clear();
}

void timeline::advance(time_point now, timeline_events& told) {
  while (true) {
    entry* first = nullptr;
    for (auto& e : entries_) {
      if (e.next <= now && (first == nullptr || e.next < first->next)) {
        first = &e;
      }
    }
    if (first == nullptr) {
      return;
    }
    step(*first, first->next, told);
  }
}

time_point timeline::next_edge() const noexcept {
  time_point next = never;
  for (const auto& e : entries_) {
    next = std::min(next, e.next);
  }
  return next;
}

void timeline::replay(timeline_events& told) const {
  for (const auto& e : entries_) {
    const effect_info& info = info_of(e.fault.what);
    if (e.now != state::in_force || info.shape == shape::moment || e.reached_ppm == 0) {
      continue;
    }
    if (info.gradual) {
      told.on_strike(e.fault, {0, whole_ppm, 0});
      told.on_strength(e.fault, e.reached_ppm);
    } else {
      told.on_strike(e.fault, {0, e.reached_ppm, 0});
    }
  }
}

const timeline::entry* timeline::find(std::string_view name) const noexcept {
  const auto found = std::find_if(entries_.begin(), entries_.end(),
                                  [name](const entry& e) { return e.fault.name == name; });
  return found == entries_.end() ? nullptr : &*found;
}

} // namespace fleet::faults
