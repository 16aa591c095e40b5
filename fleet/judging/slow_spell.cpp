// One pass over each sample's buckets.
#include "fleet/judging/slow_spell.hpp"

#include <algorithm>

namespace fleet::judging {

namespace {

using actors::histogram_snapshot;

constexpr double late_least_s = 0.05;
constexpr double times_usual = 4;
constexpr double late_share = 0.01;
constexpr std::uint64_t late_least = 10;
constexpr std::uint64_t usual_least = 100; ///< acknowledgements, to know what is usual

double lower_s(std::size_t bucket) noexcept {
  return bucket == 0 ? 0 : static_cast<double>(histogram_snapshot::upper_us(bucket - 1) + 1) * 1e-6;
}

} // namespace

double spell_watch::above() const noexcept {
  return std::max(late_least_s, times_usual * usual_.quantile(0.99));
}

spell_watch::part spell_watch::since_last(const histogram_snapshot& acknowledgements) const {
  part out;
  out.all = acknowledgements.since(acknowledged_);
  const double limit = open_ ? spells_.back().above_s : above();
  for (std::size_t i = 0; i < histogram_snapshot::bucket_count; ++i) {
    if (out.all.buckets[i] == 0) {
      continue;
    }
    out.late += lower_s(i) >= limit ? out.all.buckets[i] : 0;
    const double upper = static_cast<double>(histogram_snapshot::upper_us(i)) * 1e-6;
    out.slowest_s = std::min(upper, acknowledgements.max_seconds());
  }
  return out;
}

void spell_watch::look(const spell_moment& now, const histogram_snapshot& acknowledgements) {
  const auto sample = since_last(acknowledgements);
  acknowledged_ = acknowledgements;
  const double length = now.at_s - last_.at_s;
  const double rate = usual_for_s_ > 0 ? static_cast<double>(usual_.count) / usual_for_s_ : 0;
  const bool known = usual_.count >= usual_least;
  // One that goes on may have a sample of which little came.
  const bool late =
      sample.late >= (open_ ? 1 : late_least)
      && static_cast<double>(sample.late) >= late_share * static_cast<double>(sample.all.count);
  const bool silent = sample.all.count == 0 && now.in_flight != 0
                      && rate * length >= static_cast<double>(late_least);
  if (known && (late || silent)) {
    extend(now, sample);
  } else {
    end();
    usual_.add(sample.all);
    usual_for_s_ += length;
  }
  last_ = now;
}

void spell_watch::extend(const spell_moment& now, const part& sample) {
  if (!open_) {
    if (spells_.size() == spells_most) {
      return;
    }
    open_ = true;
    auto& fresh = spells_.emplace_back();
    fresh.from_s = last_.at_s;
    fresh.usual_s = usual_.quantile(0.99);
    fresh.above_s = above();
  }
  auto& spell = spells_.back();
  spell.from_s = std::max(0.0, std::min(spell.from_s, last_.at_s - sample.slowest_s));
  spell.to_s = now.at_s;
  spell.affected += sample.late;
  spell.skipped += now.skipped - last_.skipped;
  spell.unanswered = now.in_flight;
  spell.slowest_s = std::max(spell.slowest_s, sample.slowest_s);
  spell.faulted = spell.faulted || last_.faults != 0 || now.faults != 0;
}

void spell_watch::end() {
  if (!open_) {
    return;
  }
  open_ = false;
  auto& spell = spells_.back();
  spell.unanswered = 0;
  if (spell.affected == 0 && spell.skipped == 0) {
    spells_.pop_back(); // a pause after which nothing was late
  }
}

void spell_watch::finish() {
  if (!open_) {
    return;
  }
  if (last_.in_flight == 0) {
    end();
    return;
  }
  open_ = false;
  const auto& last = spells_.back();
  if (last.affected == 0 && last.skipped == 0 && last.unanswered < late_least) {
    spells_.pop_back(); // the load was over, and a few were under way
  }
}

} // namespace fleet::judging
