// The arithmetic of several disturbances at once.
#include "hal_sim/board/link_faults.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"

namespace fleet::hal {

namespace {

/// The smaller of two limits, of which 0 is none.
template <typename number>
number tightest(number a, number b) noexcept {
  return a == 0 ? b : b == 0 ? a : std::min(a, b);
}

} // namespace

bool link_disturbance::on_streams() const noexcept {
  return latency > duration::zero() || jitter > duration::zero() || octets_per_s != 0
         || slice_octets != 0 || corrupt_ppm != 0 || stall || refuse || dns_failure || tls_failure
         || cut;
}

std::uint32_t either_ppm(std::uint32_t a, std::uint32_t b) noexcept {
  constexpr std::uint64_t whole = 1'000'000;
  const std::uint64_t spared = (whole - std::min<std::uint64_t>(a, whole))
                               * (whole - std::min<std::uint64_t>(b, whole)) / whole;
  return static_cast<std::uint32_t>(whole - spared);
}

link_disturbance combined(const link_disturbance& a, const link_disturbance& b) noexcept {
  link_disturbance both;
  both.latency = a.latency + b.latency;
  both.jitter = a.jitter + b.jitter;
  both.octets_per_s = tightest(a.octets_per_s, b.octets_per_s);
  both.slice_octets = tightest(a.slice_octets, b.slice_octets);
  both.corrupt_ppm = either_ppm(a.corrupt_ppm, b.corrupt_ppm);
  both.loss_ppm = either_ppm(a.loss_ppm, b.loss_ppm);
  both.duplicate_ppm = either_ppm(a.duplicate_ppm, b.duplicate_ppm);
  both.reorder_ppm = either_ppm(a.reorder_ppm, b.reorder_ppm);
  both.hold_back = std::max(a.hold_back, b.hold_back);
  both.stall = a.stall || b.stall;
  both.refuse = a.refuse || b.refuse;
  both.dns_failure = a.dns_failure || b.dns_failure;
  both.tls_failure = a.tls_failure || b.tls_failure;
  both.cut = a.cut || b.cut;
  return both;
}

duration time_at_rate(std::uint64_t octets, std::uint64_t octets_per_s) noexcept {
  if (octets_per_s == 0) {
    return duration::zero();
  }
  constexpr std::uint64_t ns_per_s = 1'000'000'000;
  return duration{static_cast<std::int64_t>((octets * ns_per_s + octets_per_s - 1) / octets_per_s)};
}

duration plausible_round_trip(link_kind kind) noexcept {
  switch (kind) {
    case link_kind::ethernet: return std::chrono::milliseconds{1};
    case link_kind::wifi: return std::chrono::milliseconds{10};
    case link_kind::cellular_4g: return std::chrono::milliseconds{70};
    case link_kind::nbiot: return std::chrono::seconds{2};
    case link_kind::lora: return std::chrono::seconds{3};
  }
  FLEET_CHECK(false);
}

} // namespace fleet::hal
