// A rate as the moment until which everything sent is paid for: it lies at most a burst ahead.
#include "cloud_sim/campaigns/throttle.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"

namespace fleet::cloud {

namespace {
constexpr std::uint64_t second = 1'000'000'000; ///< in nanoseconds
}

octet_rate::octet_rate(std::uint64_t per_second, std::uint64_t burst) noexcept
    : per_second_(per_second),
      burst_(std::clamp<std::uint64_t>(std::min(burst, 2 * per_second), 1, burst_most)) {
  FLEET_CHECK(per_second <= per_second_max);
}

/// Rounded up, so that no sum of pieces is faster than the rate.
duration octet_rate::cost(std::uint64_t octets) const noexcept {
  // At most 2^30 · 10^9, which fits.
  return duration{static_cast<std::int64_t>((octets * second + per_second_ - 1) / per_second_)};
}

std::uint64_t octet_rate::allowed(std::uint64_t wanted, time_point now) const noexcept {
  if (per_second_ == 0) {
    return wanted;
  }
  const time_point from = std::max(paid_until_, now - cost(burst_));
  const duration saved = now - from;
  if (saved <= duration{0}) {
    return 0;
  }
  // At most 2 s · 4·10^9, which fits; rounding up the cost of a burst must not add to it.
  const std::uint64_t octets = static_cast<std::uint64_t>(saved.count()) * per_second_ / second;
  return std::min({wanted, octets, burst_});
}

void octet_rate::spend(std::uint64_t octets, time_point now) noexcept {
  if (per_second_ != 0) {
    FLEET_CHECK(octets <= burst_);
    paid_until_ = std::max(paid_until_, now - cost(burst_)) + cost(octets);
  }
}

time_point octet_rate::when(std::uint64_t octets) const noexcept {
  return per_second_ == 0 ? time_point{} : paid_until_ + cost(std::min(octets, burst_));
}

std::uint64_t download_throttle::take(std::uint64_t wanted, time_point now) noexcept {
  const std::uint64_t octets = all_->allowed(own_.allowed(wanted, now), now);
  own_.spend(octets, now);
  all_->spend(octets, now);
  return octets;
}

time_point download_throttle::when(std::uint64_t wanted) const noexcept {
  return std::max(own_.when(wanted), all_->when(wanted));
}

} // namespace fleet::cloud
