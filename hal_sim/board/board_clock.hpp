// What a board takes the time to be: uptime since its last boot, and a wall clock that is off,
// drifts and jumps as cheap crystals do. It reads no clock: both true times are arguments.
#pragma once

#include <cstdint>

#include "protocol/base/time.hpp"

namespace fleet::hal {

class board_clock {
public:
  /// Uptime starts anew; the wall clock goes on, as one with a battery does.
  void boot(time_point now) noexcept { booted_ = now; }

  /// Time since boot (HAL_UptimeMs); the crystal's drift is left out of it.
  [[nodiscard]] duration uptime(time_point now) const noexcept { return now - booted_; }

  /// The board's wall clock in milliseconds since 1970, when `true_wall_ms` is the true one at
  /// `now`.
  [[nodiscard]] std::int64_t wall_ms(std::int64_t true_wall_ms, time_point now) const noexcept {
    return true_wall_ms + offset_ms(now);
  }

  /// How far ahead (behind: negative) it is.
  [[nodiscard]] std::int64_t offset_ms(time_point now) const noexcept;

  /// Sets it, as NTP or a user does; the drift goes on from there.
  void set_wall(std::int64_t board_wall_ms, std::int64_t true_wall_ms, time_point now) noexcept;

  /// Moves it by `by_ms`; the drift goes on.
  void jump(std::int64_t by_ms) noexcept { offset_ms_ += by_ms; }

  /// Gains `ppb` nanoseconds a second from now on (500 ppm = 500,000), keeping what it is off
  /// already.
  void set_drift(std::int32_t ppb, time_point now) noexcept;
  [[nodiscard]] std::int32_t drift_ppb() const noexcept { return drift_ppb_; }

private:
  time_point booted_{};
  std::int64_t offset_ms_ = 0; ///< at drift_from_
  time_point drift_from_{};
  std::int32_t drift_ppb_ = 0;
};

} // namespace fleet::hal
