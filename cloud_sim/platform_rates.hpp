// How often something may happen (aliyun-iot.md §8.1): windows that count, one for each device or
// one for all. Knows no messages; a bound of 0 is none, and costs nothing.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "protocol/base/time.hpp"

namespace fleet::cloud {

/// So many in so long; the time runs from the first that was counted.
struct rate_bound {
  std::uint32_t most = 0; ///< 0: any number
  duration within = std::chrono::seconds{1};
};

/// What was counted against one bound.
class rate_window {
public:
  /// Whether `units` more are within the bound now; counts them if so. One alone that is larger
  /// than the bound is refused.
  bool take(const rate_bound& bound, time_point now, std::uint32_t units = 1) noexcept {
    if (bound.most == 0) {
      return true;
    }
    // The first window begins with the first taker, whatever the world's clock says.
    if (count_ == 0 || now - began_ >= bound.within) {
      began_ = now;
      count_ = 0;
    }
    if (units > bound.most - count_) {
      return false;
    }
    count_ += units;
    return true;
  }

private:
  time_point began_{};
  std::uint32_t count_ = 0;
};

/// A window for each device, in pages made on first use.
class device_rates {
public:
  bool take(std::uint32_t device, const rate_bound& bound, time_point now,
            std::uint32_t units = 1) {
    return bound.most == 0 || of(device).take(bound, now, units);
  }
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  static constexpr std::uint32_t page_size = 256;
  rate_window& of(std::uint32_t device);

  std::vector<std::unique_ptr<rate_window[]>> pages_;
};

} // namespace fleet::cloud
