// A polynomial of one quarter, put together to a whole turn.
#include "protocol/base/fixed_sine.hpp"

#include <algorithm>

namespace fleet {

std::int64_t fixed_sine(std::uint32_t turn) noexcept {
  // A quarter wave as an odd polynomial of degree seven, fitted for the least maximal error and
  // exact at both ends; in units of 2^-30.
  constexpr std::int64_t c1 = 1'686'624'638;
  constexpr std::int64_t c3 = 693'522'165;
  constexpr std::int64_t c5 = 85'291'974;
  constexpr std::int64_t c7 = 4'652'623;
  constexpr std::int64_t one = std::int64_t{1} << 30;
  static_assert(c1 - c3 + c5 - c7 == one);
  const std::uint32_t quarter = turn >> 30;
  std::int64_t x = turn & (one - 1);
  if ((quarter & 1) != 0) {
    x = one - x;
  }
  const std::int64_t square = x * x >> 30;
  const std::int64_t inner = c3 - (square * (c5 - (square * c7 >> 30)) >> 30);
  const std::int64_t value = std::min(one, x * (c1 - (square * inner >> 30)) >> 30);
  return quarter < 2 ? value : -value;
}

} // namespace fleet
