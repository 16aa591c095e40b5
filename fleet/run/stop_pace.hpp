// How the grace of a stop is shared out: first what is in flight may finish, then devices
// disconnect, and a last part is kept for what leaves after them and for the far side's account.
// Seconds of the world; nothing here waits.
#pragma once

#include <algorithm>

#include "hal_sim/world/home.hpp"
#include "protocol/base/check.hpp"

namespace fleet::program {

/// What a slow link adds to the grace of a stop: so much that what was asked for last is done
/// within its first half, where each word takes a second or more and a lost one several.
constexpr duration slow_link_grace(hal::link_kind link) {
  switch (link) {
    case hal::link_kind::ethernet:
    case hal::link_kind::wifi:
    case hal::link_kind::cellular_4g: return duration{0};
    case hal::link_kind::nbiot: return std::chrono::minutes{1};
    case hal::link_kind::lora: return std::chrono::minutes{2};
  }
  FLEET_CHECK(false);
}

class stop_pace {
public:
  stop_pace() = default;
  /// `began_s`: when the time was up, or the signal came.
  stop_pace(double began_s, double grace_s) : began_s_(began_s), grace_s_(grace_s) {}

  /// What is in flight has until then.
  [[nodiscard]] double drain_until() const noexcept { return began_s_ + grace_s_ / 2; }
  /// No device is there any more.
  [[nodiscard]] double devices_until() const noexcept {
    return over() - std::min(grace_s_ / 5, last_most_s);
  }
  [[nodiscard]] double over() const noexcept { return began_s_ + grace_s_; }
  /// Of `wanted_s` as much as fits before over(), seen at `now_s`.
  [[nodiscard]] double left(double now_s, double wanted_s) const noexcept {
    return std::clamp(over() - now_s, 0.0, wanted_s);
  }

  /// The last part is no longer than this, whatever the grace.
  static constexpr double last_most_s = 1.0;
  /// Of the last part, what the report itself takes.
  static constexpr double report_s = 0.2;

private:
  double began_s_ = 0;
  double grace_s_ = 0;
};

} // namespace fleet::program
