// The arithmetic of a clock that drifts.
#include "hal_sim/board/board_clock.hpp"

namespace fleet::hal {

std::int64_t board_clock::offset_ms(time_point now) const noexcept {
  // A year at the largest drift does not fit into 64 bits.
  __extension__ using wide = __int128;
  constexpr wide ns_per_s = 1'000'000'000;
  constexpr wide ns_per_ms = 1'000'000;
  const wide gained_ns = static_cast<wide>((now - drift_from_).count()) * drift_ppb_ / ns_per_s;
  return offset_ms_ + static_cast<std::int64_t>(gained_ns / ns_per_ms);
}

void board_clock::set_wall(std::int64_t board_wall_ms, std::int64_t true_wall_ms,
                           time_point now) noexcept {
  offset_ms_ = board_wall_ms - true_wall_ms;
  drift_from_ = now;
}

void board_clock::set_drift(std::int32_t ppb, time_point now) noexcept {
  offset_ms_ = offset_ms(now);
  drift_from_ = now;
  drift_ppb_ = ppb;
}

} // namespace fleet::hal
