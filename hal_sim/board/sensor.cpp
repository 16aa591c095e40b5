// Waveforms by fixed-point arithmetic on fractions of a turn.
#include "hal_sim/board/sensor.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"
#include "protocol/base/fixed_sine.hpp"

namespace fleet::hal {

namespace {

__extension__ using wide = __int128;

/// Where `now` lies within the period, in units of 2^-32 of it.
std::uint32_t turn_at(std::int64_t now_ns, std::int64_t period_ns) noexcept {
  std::int64_t into = now_ns % period_ns;
  if (into < 0) {
    into += period_ns;
  }
  return static_cast<std::uint32_t>((static_cast<wide>(into) << 32) / period_ns);
}

} // namespace

std::int64_t fixed_sine(std::uint32_t turn) noexcept {
  return fleet::fixed_sine(turn);
}

sensor::sensor(const sensor_settings& settings, random_stream random) noexcept
    : settings_(&settings), random_(random) {
  const std::int64_t period = settings.period.count();
  FLEET_CHECK(settings.low <= settings.high && period > 0 && settings.step >= 0);
  const std::int64_t half = (settings.high - settings.low) / 2;
  value_ = settings.low + half;
  if (!settings.spread) {
    return;
  }
  if (settings.shape == waveform::random_walk) {
    value_ = random_.between(settings.low, settings.high);
  } else {
    phase_ = random_.between(0, period - 1);
  }
}

std::int64_t sensor::walk(time_point now) noexcept {
  const sensor_settings& s = *settings_;
  const std::int64_t due = now.time_since_epoch() / s.period;
  const std::int64_t steps = due - phase_;
  if (steps <= 0) {
    return value_;
  }
  phase_ = due;
  if (steps > catch_up_steps_max) {
    value_ = random_.between(s.low, s.high);
    return value_;
  }
  for (std::int64_t i = 0; i < steps; ++i) {
    value_ = std::clamp(value_ + random_.between(-s.step, s.step), s.low, s.high);
  }
  return value_;
}

std::int64_t sensor::value(time_point now) noexcept {
  const sensor_settings& s = *settings_;
  if (s.shape == waveform::random_walk) {
    return walk(now);
  }
  constexpr std::uint32_t half_turn = std::uint32_t{1} << 31;
  // Both are below the period, so the sum cannot overflow for periods below 146 years.
  const std::int64_t period = s.period.count();
  const std::uint32_t turn = turn_at(now.time_since_epoch().count() % period + phase_, period);
  const wide span = static_cast<wide>(s.high) - s.low;
  switch (s.shape) {
    case waveform::constant:
    case waveform::random_walk: return s.low;
    case waveform::sine: {
      const std::int64_t half = (s.high - s.low) / 2;
      return s.low + half
             + static_cast<std::int64_t>(static_cast<wide>(fixed_sine(turn)) * half >> 30);
    }
    case waveform::triangle: {
      const std::uint32_t up = turn < half_turn ? turn : 0U - turn;
      return s.low + static_cast<std::int64_t>(span * up >> 31);
    }
    case waveform::square: return turn < half_turn ? s.low : s.high;
    case waveform::saw: return s.low + static_cast<std::int64_t>(span * turn >> 32);
  }
  FLEET_CHECK(false);
}

} // namespace fleet::hal
