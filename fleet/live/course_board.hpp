// The last minutes of a run: a point for each look of its director, the lines that it told, and
// what the points come to. Written by the director, read by whoever shows it; reads no meter and no
// clock.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <vector>

#include "fleet/report/facts.hpp"

namespace fleet::program {

/// What goes wrong: troubles of attempts, connections and posts by reason, reports that were not
/// sent likewise, and a few more.
inline constexpr std::size_t mishap_count = actors::outcome_count - 1 + actors::skip_count + 5;
using mishaps = std::array<std::uint64_t, mishap_count>;
/// How often each came up so far.
mishaps mishaps_of(const report::totals& t);
/// For people: `refused credentials`, `not sent: offline`.
std::string mishap_name(std::size_t number);

/// A line about the run, as it stands between lines of progress.
struct news_line {
  double at_s = 0;
  std::string text;
};

/// What there is to see, as of the last look.
struct course_view {
  std::uint64_t first = 0; ///< number of the first row; they count from the start of the run
  std::uint64_t next = 0;  ///< of the row to come
  double begin_s = 0;      ///< where the first row's stretch of time begins
  std::string rows;        ///< arrays of JSON in the order of series_columns(), without brackets
};

/// What the last points come to.
struct course_sums {
  double over_s = 0; ///< the stretch of time that rates and latencies are of
  report::rises rises{};
  std::array<report::latency_part, actors::latency_count> latencies;
  double cores = 0;         ///< processors that were busy, in the last point
  double minute_s = 0;      ///< the stretch that mishaps and limit are of
  mishaps recent{};         ///< in it
  report::limit_fact limit; ///< of it
  std::vector<news_line> news;
};

class course_board {
public:
  static constexpr std::size_t points_most = 300;
  static constexpr std::size_t points_of_rates = 10;
  static constexpr std::size_t points_of_minute = 60;
  static constexpr std::size_t news_most = 40;

  /// One look; one that is no later than the one before is left out.
  void add(const report::series_look& look, const mishaps& so_far);
  void tell(double at_s, std::string text);

  /// The rows from number `from` on, as far as they are kept.
  [[nodiscard]] course_view rows_from(std::uint64_t from) const;
  /// `where` says of which machine and world the points are; its points and counts are filled in.
  [[nodiscard]] course_sums sums(report::limit_basis where) const;

private:
  struct entry {
    report::series_point point;
    mishaps so_far{};
    std::string row;
  };

  mutable std::mutex lock_;
  report::point_maker maker_;
  std::deque<entry> entries_;
  std::uint64_t added_ = 0; ///< those that are gone, too
  std::deque<news_line> news_;
};

} // namespace fleet::program
