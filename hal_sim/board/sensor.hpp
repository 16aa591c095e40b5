// What a board measures: waveforms and random walks in fixed point, equal on every machine. Without
// floating point, so that no library or compiler has a say in a value.
#pragma once

#include <cstdint>

#include "protocol/base/random.hpp"
#include "protocol/base/time.hpp"

namespace fleet::hal {

enum class waveform : std::uint8_t {
  constant,   ///< always `low`
  sine,       ///< starts in the middle, rising
  triangle,   ///< starts at `low`, rises for half a period
  square,     ///< `low` for half a period, then `high`
  saw,        ///< rises from `low` to just below `high`, then falls at once
  random_walk ///< starts in the middle, moves at most `step` each period
};

/// How one kind of sensor behaves; shared by all boards that have it. Values are thousandths of the
/// unit, so 21'500 is 21.5 degrees.
struct sensor_settings {
  waveform shape = waveform::sine;
  std::int64_t low = 0;
  std::int64_t high = 1'000;               ///< not below `low`, less than 2^62 above it
  duration period = std::chrono::hours{1}; ///< over 0; of a random walk: one step
  std::int64_t step = 10;                  ///< 0 or more; of a random walk only
  bool spread = true; ///< boards start at different points of the period, picked by their substream
};

/// One sensor of one board.
class sensor {
public:
  /// `settings` must outlive it. `random` is the board's substream for this sensor.
  sensor(const sensor_settings& settings, random_stream random) noexcept;

  /// The value at `now`, in [low, high]. A waveform is a function of `now`; a random walk moves on
  /// to `now` and must be asked with times that do not go back.
  [[nodiscard]] std::int64_t value(time_point now) noexcept;

  /// Steps that a random walk catches up one by one; after a longer pause it starts anew at a
  /// random place, for by then it could be anywhere.
  static constexpr std::int64_t catch_up_steps_max = 10'000;

private:
  [[nodiscard]] std::int64_t walk(time_point now) noexcept;

  const sensor_settings* settings_;
  random_stream random_;
  std::int64_t value_ = 0; ///< random walk: the last value; else unused
  std::int64_t phase_ = 0; ///< waveforms: nanoseconds into the period at time 0; walk: steps done
};

static_assert(sizeof(sensor) <= 32, "a board may have a dozen");

/// sin(2π · turn / 2^32) in units of 2^-30, within 2^-19 of the true value; odd and periodic.
std::int64_t fixed_sine(std::uint32_t turn) noexcept;

} // namespace fleet::hal
