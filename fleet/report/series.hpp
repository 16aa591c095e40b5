// A run as it went: samples of its meters over time, of a stated number at most however long the
// run is. Reads no meter and no clock; both are handed in.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/device/meters.hpp"

namespace fleet::report {

/// What rises as a run goes, in the order of the columns.
enum class rise : std::uint8_t {
  published,
  acknowledged,
  received,
  commands,
  resent,
  skipped,
  late,
  attempts,
  reconnects,
  links_lost,
  bytes_sent,
  bytes_received
};
inline constexpr std::size_t rise_count = 12;
using rises = std::array<std::uint64_t, rise_count>;
std::string_view to_string(rise r) noexcept;

/// What stands as it stands.
struct series_state {
  std::array<std::uint64_t, actors::phase_count> in_phase{};
  std::uint64_t wanted = 0; ///< to be online
  std::uint64_t in_flight = 0;
  std::uint64_t faults = 0;         ///< in force
  double lag_s = 0;                 ///< mean of the devices' slowest home
  std::optional<double> twin_lag_s; ///< of the twin's home; none: it has none of its own
  double cores = 0;                 ///< processors that the process kept busy
  std::uint64_t resident_bytes = 0;
};

/// One look at a run; counts are those since it began.
struct series_look {
  double at_s = 0; ///< since the first device was started
  rises counts{};
  series_state state;
  std::array<actors::histogram_snapshot, actors::latency_count> latencies;
};

/// The latencies of a stretch of time, as few numbers as it has different ones.
class latency_part {
public:
  latency_part() = default;
  /// What `now` has beyond `before`, a former snapshot of the same histogram.
  latency_part(const actors::histogram_snapshot& now, const actors::histogram_snapshot& before);
  void add(const latency_part& other);
  [[nodiscard]] std::uint64_t count() const noexcept;
  /// Seconds, to the histogram's 0.8 %; none where nothing was counted.
  [[nodiscard]] std::optional<double> quantile(double q) const;
  /// Allocated, beside the object itself.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  std::vector<std::pair<std::uint16_t, std::uint64_t>> bins_; ///< by index, rising
};

/// A stretch of time: what rose in it, and what stood at its end. Of what matters by its worst, the
/// worst: in flight, faults, lag, processors, memory.
struct series_point {
  double from_s = 0;
  double to_s = 0;
  rises counts{};
  series_state state;
  std::array<latency_part, actors::latency_count> latencies;

  [[nodiscard]] double length_s() const noexcept { return to_s - from_s; }
  [[nodiscard]] std::uint64_t of(rise r) const noexcept {
    return counts[static_cast<std::size_t>(r)];
  }
};

/// Makes points of looks: what rose since the one before.
class point_maker {
public:
  /// None: it is no later than the one before, and is left out.
  std::optional<series_point> take(const series_look& now);

private:
  rises counts_{};
  std::array<actors::histogram_snapshot, actors::latency_count> latencies_;
  double last_s_ = 0;
};

/// Bounded: once full, each two points become one, and from then on each takes twice as long.
class run_series {
public:
  static constexpr std::size_t points_most = 600;

  /// Whether a look is due; looks cost something.
  [[nodiscard]] bool wants(double now_s) const noexcept { return now_s >= next_s_; }
  /// Later than the one before; any other is left out.
  void add(const series_look& now);
  /// One that may not be due, where something ends. Then it is no point of its own, but the end of
  /// the one before: what is heard once a second would all stand in a stretch of far less.
  void add_end(const series_look& now);

  [[nodiscard]] const std::vector<series_point>& points() const noexcept { return points_; }
  /// Seconds that a point takes, but for the last.
  [[nodiscard]] double every_s() const noexcept { return every_s_; }
  /// Allocated, beside the object itself; rises to a bound with the points and with how much their
  /// latencies differ.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  void halve();

  std::vector<series_point> points_;
  point_maker maker_;
  double every_s_ = 1;
  double next_s_ = 1;
};

/// A column of the series.
struct series_column {
  std::string name;
  std::string unit; ///< `devices`, `messages`, `octets`, `seconds`, …
};
std::vector<series_column> series_columns();
/// A point's values in their order, as numbers; empty where there is none.
std::vector<std::string> series_values(const series_point& p);

/// A JSON object without a line break: `every_s`, and an array for each column.
std::string series_json(const run_series& s);
/// A latency's distribution, likewise: `upper_s` and `count` of each bin that has any, eight an
/// octave.
std::string histogram_json(const actors::histogram_snapshot& h);

} // namespace fleet::report
