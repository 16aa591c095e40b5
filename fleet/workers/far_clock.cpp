// The quickest of the last, and what does not fit it.
#include "fleet/workers/far_clock.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace fleet::program {

void far_clock::take(const clock_look& look) {
  const double trip = look.answered_s - look.asked_s;
  if (trip < 0) {
    return; // of no question of ours
  }
  const estimate now{trip, look.told_s - (look.asked_s + trip / 2)};
  tell_jumps(look, now);
  ++looks_;
  before_ = look;
  last_.push_back(now);
  if (last_.size() > window) {
    last_.pop_front();
  }
  ahead_s_ = std::min_element(last_.begin(), last_.end(), [](const auto& a, const auto& b) {
               return a.trip_s < b.trip_s;
             })->ahead_s;
}

void far_clock::tell_jumps(const clock_look& look, const estimate& now) {
  if (!before_) {
    return;
  }
  const double slept = (look.told_s - look.awake_s) - (before_->told_s - before_->awake_s);
  const double set = (look.wall_s - look.told_s) - (before_->wall_s - before_->told_s);
  if (slept > jump_least_s) {
    news_.push_back(fmt::format("machine has slept for {:.1f} s", slept));
  }
  if (std::abs(set) > jump_least_s) {
    news_.push_back(fmt::format("machine's clock was set by {:+.1f} s", set));
  }
  // Half a round trip is what an answer leaves to doubt.
  const double off = now.ahead_s - ahead_s_;
  double trip = now.trip_s;
  for (const auto& each : last_) {
    trip = std::max(trip, each.trip_s);
  }
  if (std::abs(off) > trip + jump_least_s) {
    news_.push_back(fmt::format("clock went {:+.1f} s against ours", off));
    last_.clear(); // of another time
  }
}

std::vector<std::string> far_clock::take_news() {
  return std::exchange(news_, {});
}

} // namespace fleet::program
