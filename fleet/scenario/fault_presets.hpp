// Named presets of faults: words that stand for several effects at once. A table; what becomes of
// one in a run is fault_plan.hpp's.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "protocol/base/time.hpp"
#include "protocol/faults/effect.hpp"
#include "protocol/faults/selector.hpp"

namespace fleet::program {

/// One effect of a preset; 0 in a parameter: the effect's default.
struct preset_part {
  faults::effect what = faults::effect::latency;
  duration by{0};
  std::uint32_t share_ppm = 0;
  std::uint64_t rate = 0;
  std::int32_t drift_ppm = 0;
  std::uint32_t strikes = 1;                   ///< of a moment: how often within `for`
  std::uint32_t among_ppm = faults::whole_ppm; ///< of those that the preset selects
  bool essential = false;                      ///< where nobody can have it, the preset is none
};

struct fault_preset {
  std::string_view word;
  std::string_view text; ///< what it is like, for people
  duration span;         ///< `for` when nobody says
  std::span<const preset_part> parts;
};

/// cloud_restart is among them, an effect of its own.
std::span<const fault_preset> fault_presets() noexcept;

/// A preset that is no effect; null: there is none of that word.
const fault_preset* preset_named(std::string_view word) noexcept;

/// The words of all effects, then of the presets that are none.
std::span<const std::string_view> fault_effect_words();

} // namespace fleet::program
