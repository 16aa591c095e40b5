// How many octets may go out now: rates per connection and in all, as arithmetic. It sends nothing
// and waits for nothing; integers alone, so equal on every machine.
#pragma once

#include <cstdint>

#include "protocol/base/time.hpp"

namespace fleet::cloud {

/// One rate. A pause saves up as much as the burst and no more.
class octet_rate {
public:
  static constexpr std::uint64_t per_second_max = 4'000'000'000;
  static constexpr std::uint64_t burst_most = std::uint64_t{1} << 30; ///< octets

  /// Octets a second, at most per_second_max; 0 is no limit. `burst` octets, 1 to burst_most and at
  /// most what two seconds bring, may go at once after a pause; a smaller one counts as one octet.
  explicit octet_rate(std::uint64_t per_second = 0, std::uint64_t burst = 64 * 1024) noexcept;

  /// How many of `wanted` octets may go now.
  [[nodiscard]] std::uint64_t allowed(std::uint64_t wanted, time_point now) const noexcept;
  /// They went; no more than allowed() said.
  void spend(std::uint64_t octets, time_point now) noexcept;
  /// When `octets`, or a burst if that is less, may go.
  [[nodiscard]] time_point when(std::uint64_t octets) const noexcept;

  [[nodiscard]] bool limited() const noexcept { return per_second_ != 0; }

private:
  [[nodiscard]] duration cost(std::uint64_t octets) const noexcept;

  std::uint64_t per_second_;
  std::uint64_t burst_;
  time_point paid_until_{}; ///< all that went is paid for by then
};

/// A download's own rate beneath the one that all share.
class download_throttle {
public:
  /// `all` must outlive it.
  download_throttle(octet_rate& all, const octet_rate& own) noexcept : all_(&all), own_(own) {}

  /// How many of `wanted` octets may go now, which they then must: both rates are spent.
  [[nodiscard]] std::uint64_t take(std::uint64_t wanted, time_point now) noexcept;
  /// When to try again for `wanted` octets; others may have been faster by then.
  [[nodiscard]] time_point when(std::uint64_t wanted) const noexcept;

private:
  octet_rate* all_;
  octet_rate own_;
};

} // namespace fleet::cloud
