// How much faster or slower than planned devices report over a run, and the planned time that has
// gone by under it. Arithmetic in whole numbers, so that every machine reports at the same moment.
#pragma once

#include <cstdint>
#include <vector>

#include "protocol/base/time.hpp"

namespace fleet::actors {

/// From `begin` until the next step's: so many millionths of what is planned; 0: nothing.
struct curve_step {
  duration begin{0};
  std::uint32_t ppm = 1'000'000;

  friend bool operator==(const curve_step&, const curve_step&) = default;
};

inline constexpr std::uint32_t curve_ppm_most = 100'000'000; ///< a hundred times as fast

class load_curve {
public:
  /// Steps follow each other from 0 on, none above curve_ppm_most; the last one lasts. Without any
  /// it is as planned throughout.
  explicit load_curve(std::vector<curve_step> steps);

  /// Planned time that has gone by at `at` after the start, rounded down: the integral of the
  /// curve.
  [[nodiscard]] duration planned_by(duration at) const noexcept;
  /// The first moment by which so much planned time has gone by; duration::max() when it never has.
  [[nodiscard]] duration when(duration planned) const noexcept;
  /// Millionths at a moment.
  [[nodiscard]] std::uint32_t ppm_at(duration at) const noexcept;

private:
  __extension__ using wide = unsigned __int128;
  struct piece {
    duration begin;
    std::uint32_t ppm;
    wide done; ///< at `begin`, in millionths of a nanosecond
  };
  std::vector<piece> pieces_; ///< at least one
};

} // namespace fleet::actors
