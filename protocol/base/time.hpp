// Time as the machines see it: a point on the world's clock, handed in as an argument.
// No clock is read here; the home that runs a machine is the only one that knows what time it is.
#pragma once

#include <chrono>
#include <cstdint>

namespace fleet {

/// Nanoseconds; the resolution of both worlds.
using duration = std::chrono::nanoseconds;

/// A clock without a now(): its origin is the start of the world, and only a home advances it.
struct world_clock {
  using rep = std::int64_t;
  using period = std::nano;
  using duration = std::chrono::nanoseconds;
  using time_point = std::chrono::time_point<world_clock, duration>;
  static constexpr bool is_steady = true;
};

/// A moment in a world, in nanoseconds since that world started.
using time_point = world_clock::time_point;

/// The moment that never comes: what next_timeout() answers when nothing is pending.
inline constexpr time_point never = time_point::max();

/// `a + b`, saturating at never instead of wrapping.
constexpr time_point later(time_point a, duration b) noexcept {
  if (a == never || b >= never - a) {
    return never;
  }
  return a + b;
}

/// Seconds as a floating-point number, for rates and reports only.
constexpr double seconds(duration d) noexcept {
  return std::chrono::duration<double>(d).count();
}

} // namespace fleet
