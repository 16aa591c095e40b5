// One planned disturbance: when, for how long, whom, and what. Plain data.
#pragma once

#include <cstdint>
#include <string>

#include "protocol/base/time.hpp"
#include "protocol/faults/effect.hpp"
#include "protocol/faults/selector.hpp"

namespace fleet::faults {

/// Lasts until it is removed, or the run ends.
inline constexpr duration no_end = duration::max();

/// Fields that an effect does not take (effect_info::takes) are ignored.
struct fault {
  std::string name; ///< unique in a run; what selections are drawn by
  effect what = effect::latency;
  duration at{0};    ///< from the start of the run; of one that is added later: from then
  duration span{0};  ///< key `for`: of a window; of a moment with `every`: for how long it repeats
  duration ramp{0};  ///< from `at` to full strength, or until the last device is hit
  duration every{0}; ///< between two strikes of a moment; 0: one
  duration by{0};    ///< latency, jitter, reordering, cloud_slow: how much; clock_jump: signed
  std::uint32_t share_ppm = 0;
  std::uint64_t rate = 0;
  std::uint32_t size = 0;
  std::int32_t drift_ppm = 0;
  std::uint16_t status = 0;
  selector select;
};

/// A fault with the parameters that its effect has when nobody names them, and `for` of a window.
fault default_fault(effect what);

/// What is wrong with it, as the rest of a sentence that begins with its name; empty: nothing.
std::string_view complaint_of(const fault& f) noexcept;

} // namespace fleet::faults
