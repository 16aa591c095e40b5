// How often each source may ask: a bucket of tokens for each, in a table of fixed size. Knows no
// requests; time is an argument.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "protocol/base/time.hpp"

namespace fleet::cloud {

struct rate_rules {
  std::uint32_t per_second = 1000; ///< units that come back each second
  std::uint32_t burst = 2000;      ///< units a source holds at most
};

/// Sources share a bucket where their hashes meet in the table: a bound on memory that never
/// forgets an offender, at the price that one may now and then slow another.
class rate_limit {
public:
  static constexpr std::size_t buckets = 1024;

  explicit rate_limit(const rate_rules& rules) noexcept;

  /// Whether `source` still has anything; takes nothing.
  [[nodiscard]] bool allows(std::string_view source, time_point now) noexcept;
  /// Takes `units` from it, down to nothing.
  void charge(std::string_view source, std::uint32_t units, time_point now) noexcept;

private:
  struct bucket {
    double units;
    time_point filled;
  };
  bucket& refilled(std::string_view source, time_point now) noexcept;

  rate_rules rules_;
  std::array<bucket, buckets> table_;
};

} // namespace fleet::cloud
