// A logarithm by repeated squaring.
#include "protocol/base/exponential.hpp"

#include <bit>
#include <cstdint>

namespace fleet {

namespace {

__extension__ using wide = unsigned __int128;

constexpr unsigned fraction_bits = 32;

/// The binary logarithm of a number above 0, in units of 2^-32, a little below the true one.
std::uint64_t binary_log(std::uint64_t x) noexcept {
  const auto whole = static_cast<unsigned>(63 - std::countl_zero(x));
  std::uint64_t log = whole;
  std::uint64_t mantissa = x << (63 - whole); // 1 to 2, its point behind the highest bit
  for (unsigned i = 0; i < fraction_bits; ++i) {
    // Each squaring doubles the logarithm: its next digit is what comes before the point.
    const wide square = static_cast<wide>(mantissa) * mantissa;
    const bool two_or_more = (square >> 127) != 0;
    mantissa = static_cast<std::uint64_t>(square >> (two_or_more ? 64 : 63));
    log = (log << 1) | (two_or_more ? 1 : 0);
  }
  return log;
}

} // namespace

duration exponential(random_stream& random, duration mean) noexcept {
  // -ln(u) for u from 2^-63 to 1: what its logarithm lacks to that of the whole.
  constexpr std::uint64_t whole = std::uint64_t{63} << fraction_bits;
  constexpr std::uint64_t ln_2 = 2'977'044'472; // in units of 2^-32
  const std::uint64_t lacks = whole - binary_log((random.next() >> 1) + 1);
  const wide product =
      (static_cast<wide>(lacks) * ln_2 >> fraction_bits) * static_cast<std::uint64_t>(mean.count());
  return duration{static_cast<std::int64_t>(product >> fraction_bits)};
}

} // namespace fleet
