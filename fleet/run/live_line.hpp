// What a run prints while it goes: one line redrawn on a terminal, plain periodic lines elsewhere.
#pragma once

#include <optional>
#include <string>

#include "fleet/report/facts.hpp"

namespace fleet::program {

/// One look at the run.
struct progress {
  double elapsed_s = 0;        ///< since the first device was started
  double duration_s = 0;       ///< of the run
  std::uint64_t requested = 0; ///< to be online now
  std::string stage; ///< `ramp`, `steady`, `draining`, `stopping`; of a scenario `ramp 1/3`
  std::optional<double> stage_left_s; ///< of a scenario's, until the next part of it
  report::totals now;
  report::totals before;
  double between_s = 1;           ///< between the two
  actors::histogram_snapshot ack; ///< of this interval
};

/// The text without a newline, no longer than `columns` code points.
std::string live_text(const progress& p, std::size_t columns);

/// Writes progress to standard error so that standard output stays the report's.
class live_line {
public:
  /// `plain`: no redrawing even on a terminal; `quiet`: nothing at all.
  live_line(bool plain, bool quiet);
  ~live_line();
  live_line(const live_line&) = delete;
  live_line& operator=(const live_line&) = delete;

  [[nodiscard]] bool redraws() const noexcept { return redraws_; }
  void show(const progress& p);
  /// Ends a redrawn line, so that what follows starts on a fresh one.
  void finish();

private:
  bool redraws_ = false;
  bool quiet_ = false;
  bool open_ = false;
};

} // namespace fleet::program
