// How far another process's clock is ahead of ours, asked again and again: the quickest answer of
// the last ones counts, since it leaves the least to doubt. Pure: it is told what was seen.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace fleet::program {

/// One answer; seconds.
struct clock_look {
  double asked_s = 0;    ///< by our clock
  double answered_s = 0; ///< likewise
  double told_s = 0;     ///< by theirs
  double awake_s = 0;    ///< by another of theirs, which stands while the machine sleeps
  double wall_s = 0;     ///< by their machine's calendar
};

class far_clock {
public:
  /// Answers that are looked back on.
  static constexpr std::size_t window = 16;
  /// Less than that is no jump.
  static constexpr double jump_least_s = 0.5;

  void take(const clock_look& look);
  /// That have come, in all.
  [[nodiscard]] int looks() const noexcept { return looks_; }
  /// Their clock, before ours.
  [[nodiscard]] double ahead_s() const noexcept { return ahead_s_; }
  /// What their clocks did that time does not do by itself, since the last call: for each the rest
  /// of a sentence that begins with whose they are.
  std::vector<std::string> take_news();

private:
  struct estimate {
    double trip_s = 0;
    double ahead_s = 0;
  };
  void tell_jumps(const clock_look& look, const estimate& now);

  std::deque<estimate> last_;
  std::optional<clock_look> before_;
  std::vector<std::string> news_;
  double ahead_s_ = 0;
  int looks_ = 0;
};

} // namespace fleet::program
