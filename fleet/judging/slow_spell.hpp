// Stretches of a run in which reports were acknowledged later than it was usual before: what a
// target that stood still, or a network that did, cost, also where nobody ordered a fault. Fed with
// samples of the run's counts; reads no meter and no clock.
#pragma once

#include <cstdint>
#include <vector>

#include "actors/device/histogram.hpp"

namespace fleet::judging {

/// One stretch. Latencies count from when a report was due, so that none is left out.
struct slow_spell {
  double from_s = 0; ///< since the first device was started: none of its reports was due before
  double to_s = 0;   ///< when the last of them had been acknowledged, to a sample's length
  std::uint64_t affected = 0; ///< acknowledged later than `above_s`
  std::uint64_t skipped = 0;  ///< due meanwhile and not sent, as many were without acknowledgement
  std::uint64_t unanswered = 0; ///< without acknowledgement when the run ended in it
  double usual_s = 0;           ///< the p99 before it
  double above_s = 0;           ///< 50 ms, or four times that, whichever is more
  double slowest_s = 0;         ///< the longest of them
  bool faulted = false;         ///< a fault was in force meanwhile
};

/// Most that are told of one run; what comes beyond is not looked at.
inline constexpr std::size_t spells_most = 100;

/// The run at one moment; counts are those since it began.
struct spell_moment {
  double at_s = 0;
  std::uint64_t skipped = 0; ///< reports, for want of room among those not acknowledged
  std::uint64_t in_flight = 0;
  std::uint64_t faults = 0; ///< in force
};

/// A sample belongs to a spell where 1 % of its acknowledgements, and ten at least, were late, or
/// where none came though ten were to be expected.
class spell_watch {
public:
  /// `acknowledgements` as of `now`, which is later than the one before.
  void look(const spell_moment& now, const actors::histogram_snapshot& acknowledgements);
  /// The run is over.
  void finish();
  [[nodiscard]] const std::vector<slow_spell>& spells() const noexcept { return spells_; }

private:
  /// What the acknowledgements of one sample say.
  struct part {
    actors::histogram_snapshot all;
    std::uint64_t late = 0;
    double slowest_s = 0;
  };
  [[nodiscard]] double above() const noexcept;
  [[nodiscard]] part since_last(const actors::histogram_snapshot& acknowledgements) const;
  void extend(const spell_moment& now, const part& sample);
  void end();

  std::vector<slow_spell> spells_;
  bool open_ = false; ///< the last of them goes on
  spell_moment last_{};
  actors::histogram_snapshot acknowledged_; ///< as of the last sample
  actors::histogram_snapshot usual_;        ///< outside of spells
  double usual_for_s_ = 0;
};

} // namespace fleet::judging
