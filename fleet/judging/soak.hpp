// Whether something grows that should not: series of samples, their robust slope (Theil–Sen) over
// the steady part of a run, and a verdict for each. Knows nothing of what is sampled.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace fleet::judging {

/// One thing that is watched, and how much growth of it is none.
struct watched {
  std::string name; ///< in JSON: `user_bytes`
  std::string text; ///< for people: `memory in use`
  bool octets = false;
  double floor = 0; ///< of growth over the steady part
  double share = 0; ///< likewise, of the median
  bool judged = true;
  /// Of a run in several processes it is the sum that is judged; of others each process, and the
  /// worst is told.
  bool summed = false;
};

/// Bounded: once full every second sample goes, and from then on every second one is taken.
class series {
public:
  static constexpr std::size_t samples_most = 512;
  struct sample {
    double at_s = 0;
    double value = 0;
  };
  void add(double at_s, double value);
  [[nodiscard]] const std::vector<sample>& samples() const noexcept { return samples_; }
  /// Allocated, beside the object itself.
  [[nodiscard]] std::size_t memory_bytes() const noexcept {
    return samples_.capacity() * sizeof(sample);
  }

private:
  std::vector<sample> samples_;
  std::uint64_t stride_ = 1;
  std::uint64_t seen_ = 0;
};

/// The median of the slopes between all pairs, a second; 0 with fewer than two samples.
double theil_sen(const series::sample* first, std::size_t count);
double median_of(std::vector<double> values);

struct growth_finding {
  std::string name;
  std::string text;
  bool octets = false;
  bool judged = true;
  double median = 0;
  double last = 0;
  double per_hour = 0;
  double growth = 0; ///< slope × steady time
  double limit = 0;  ///< growth beyond it, and that keeps on, is a failure
  bool grew = false;
  std::string process{};     ///< whose it is; empty: the whole run's
  std::uint64_t devices = 0; ///< of that process
};

/// What one process of several has at a moment.
struct process_sample {
  std::string process; ///< `worker 2`
  std::uint64_t devices = 0;
  std::vector<std::optional<double>> values; ///< as for soak_watch::add()
};

struct soak_finding {
  double steady_from_s = 0;
  double steady_s = 0;
  std::uint64_t samples = 0;
  bool too_short = false;  ///< to be judged: nothing here says that anything does not grow
  std::string never_began; ///< why there is no steady part, as after `since`; empty: there is one
  std::uint64_t devices = 0;
  std::vector<growth_finding> all;
  [[nodiscard]] bool passed() const noexcept;
};

/// What a steady part must have to be judged.
inline constexpr double steady_least_s = 60;
inline constexpr std::size_t steady_samples_least = 20;

class soak_watch {
public:
  explicit soak_watch(std::vector<watched> what);

  /// One value for each that is watched, in their order; none where it cannot be had.
  void add(double at_s, const std::vector<std::optional<double>>& values);
  /// Likewise of each process of several.
  void add_all(double at_s, const std::vector<process_sample>& all);
  /// `devices` of the run, for what each of them costs.
  [[nodiscard]] soak_finding judge(std::uint64_t devices) const;
  /// Allocated by what it keeps, beside the object itself.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  struct process_series {
    std::uint64_t devices = 0;
    std::vector<series> all; ///< by number
  };
  void put(process_series& into, double at_s, const std::vector<std::optional<double>>& values);
  [[nodiscard]] growth_finding worst(std::size_t number) const;

  std::vector<watched> what_;
  process_series whole_;                             ///< sums, where there are several processes
  std::map<std::string, process_series> by_process_; ///< empty: there is one alone
};

/// What fails, a sentence each: `memory in use grew by 3.2 MiB in 50m: 3.8MiB an hour, 4KiB a
/// device and hour`; or that the steady part is too short, or why it never began.
std::vector<std::string> failures_of(const soak_finding& soak);

} // namespace fleet::judging
