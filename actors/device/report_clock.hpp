// When a device's reports are due. The schedule decides and nothing that becomes of a report: due
// times come from the seed, the run's start and the load's curve (open loop), so that a slow cloud
// meets as many reports as a fast one.
#pragma once

#include <cstdint>

#include "actors/device/load_curve.hpp"
#include "protocol/base/random.hpp"
#include "protocol/base/time.hpp"

namespace fleet::actors {

/// How reports follow one another.
enum class report_arrivals : std::uint8_t {
  even,   ///< every interval, give or take the jitter
  poisson ///< at random, with the interval for a mean: what happens now says nothing of what comes
};

/// What a kind of report has beside its interval.
struct report_timing {
  report_arrivals arrivals = report_arrivals::even;
  std::uint32_t jitter_ppm = 0; ///< of even ones: by up to which part of the interval each is late
};

/// What a clock is asked with, the same each time.
struct report_beat {
  duration interval{}; ///< above 0
  report_timing timing;
  const load_curve* curve = nullptr; ///< none: as planned throughout
  time_point began{};                ///< the run, where the curve begins
  std::uint64_t seed = 0;
  std::uint32_t device = 0; ///< its index in the fleet
  std::uint32_t plan = 0;   ///< which of its reports

  /// Whether it is the interval and nothing else.
  [[nodiscard]] bool plain() const noexcept {
    return timing.arrivals == report_arrivals::even && timing.jitter_ppm == 0 && curve == nullptr;
  }
};

class report_clock {
public:
  /// `never` before begin() and after stop().
  [[nodiscard]] time_point due() const noexcept { return due_; }
  /// Reports that were due and are over, since begin() was called first.
  [[nodiscard]] std::uint32_t over() const noexcept { return over_; }

  /// Sets the first one: at a random part of an interval from now, since devices that start
  /// together must not report together. A plain beat draws that from `jitter`, any other from a
  /// stream of its own, so that nothing else that the device draws moves it.
  void begin(const report_beat& beat, time_point now, random_stream& jitter);
  /// The one that was due is over; sets the next.
  void next(const report_beat& beat);
  void stop() noexcept { due_ = never; }

private:
  void place(const report_beat& beat);

  time_point due_ = never;
  duration planned_{}; ///< of beats that are not plain: due so much planned time after the start
  std::uint32_t over_ = 0;
};

} // namespace fleet::actors
