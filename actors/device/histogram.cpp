// Reading and asking histograms.
#include "actors/device/histogram.hpp"

#include <algorithm>
#include <cmath>

namespace fleet::actors {

double histogram_snapshot::quantile(double q) const noexcept {
  if (count == 0) {
    return 0.0;
  }
  const auto rank = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(count)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < bucket_count; ++i) {
    seen += buckets[i];
    if (seen >= rank && buckets[i] != 0) {
      return static_cast<double>(std::min(upper_us(i), max_us)) * 1e-6;
    }
  }
  return max_seconds();
}

void histogram_snapshot::add(const histogram_snapshot& other) noexcept {
  for (std::size_t i = 0; i < bucket_count; ++i) {
    buckets[i] += other.buckets[i];
  }
  count += other.count;
  sum_us += other.sum_us;
  max_us = std::max(max_us, other.max_us);
}

histogram_snapshot histogram_snapshot::since(const histogram_snapshot& earlier) const noexcept {
  histogram_snapshot out = *this;
  for (std::size_t i = 0; i < bucket_count; ++i) {
    out.buckets[i] -= earlier.buckets[i];
  }
  out.count -= earlier.count;
  out.sum_us -= earlier.sum_us;
  return out;
}

void histogram::read(histogram_snapshot& out) const noexcept {
  for (std::size_t i = 0; i < histogram_snapshot::bucket_count; ++i) {
    const auto n = buckets_[i].load(std::memory_order_relaxed);
    out.buckets[i] += n;
    out.count += n;
  }
  out.sum_us += sum_us_.load(std::memory_order_relaxed);
  out.max_us = std::max(out.max_us, max_us_.load(std::memory_order_relaxed));
}

} // namespace fleet::actors
