// A log-linear latency histogram: 128 steps an octave from one microsecond to over an hour, so that
// what it answers is at most 0.8 % above what was recorded; one writer, any number of readers. A
// home has a few for each product (30 KiB each), a device none. Not Prometheus' buckets: those are
// derived.
#pragma once

#include <array>
#include <atomic>
#include <bit>
#include <cstdint>

#include "protocol/base/time.hpp"

namespace fleet::actors {

/// What several histograms hold together, and the questions asked of it.
struct histogram_snapshot {
  static constexpr unsigned sub_bits = 7;
  static constexpr unsigned octaves = 28;
  static constexpr std::size_t bucket_count = (octaves + 1) << sub_bits;

  std::array<std::uint64_t, bucket_count> buckets{};
  std::uint64_t count = 0;
  std::uint64_t sum_us = 0;
  std::uint64_t max_us = 0;

  static constexpr std::size_t index_of(std::uint64_t us) noexcept {
    if (us < (1U << sub_bits)) {
      return us;
    }
    const auto octave = static_cast<unsigned>(std::bit_width(us)) - sub_bits - 1;
    if (octave >= octaves) {
      return bucket_count - 1;
    }
    return (static_cast<std::size_t>(octave + 1) << sub_bits) + ((us >> octave) - (1U << sub_bits));
  }
  /// The largest value, in microseconds, that falls into bucket `index`.
  static constexpr std::uint64_t upper_us(std::size_t index) noexcept {
    const std::size_t octave = index >> sub_bits;
    if (octave == 0) {
      return index;
    }
    const std::uint64_t step = (index & ((1U << sub_bits) - 1)) + (1U << sub_bits);
    return ((step + 1) << (octave - 1)) - 1;
  }

  /// The value in seconds below which the fraction `q` of all values lies; 0 when there are none.
  [[nodiscard]] double quantile(double q) const noexcept;
  [[nodiscard]] double max_seconds() const noexcept { return static_cast<double>(max_us) * 1e-6; }
  void add(const histogram_snapshot& other) noexcept;
  /// What came since `earlier`, a former snapshot of the same histogram; max stays the overall one.
  [[nodiscard]] histogram_snapshot since(const histogram_snapshot& earlier) const noexcept;
};

class histogram {
public:
  /// Counts one latency; negative ones count as zero.
  void record(duration d) noexcept {
    const auto ns = d.count();
    const std::uint64_t us = ns <= 0 ? 0 : static_cast<std::uint64_t>(ns) / 1000;
    add(buckets_[histogram_snapshot::index_of(us)], 1);
    add(sum_us_, us);
    if (us > max_us_.load(std::memory_order_relaxed)) {
      max_us_.store(us, std::memory_order_relaxed);
    }
  }
  /// Adds what is here to `out`.
  void read(histogram_snapshot& out) const noexcept;

private:
  static void add(std::atomic<std::uint64_t>& a, std::uint64_t by) noexcept {
    a.store(a.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  std::array<std::atomic<std::uint64_t>, histogram_snapshot::bucket_count> buckets_{};
  std::atomic<std::uint64_t> sum_us_{0};
  std::atomic<std::uint64_t> max_us_{0};
};

} // namespace fleet::actors
