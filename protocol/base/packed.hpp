// Numbers and octets packed for keeping: what is written here is read back later, perhaps from a
// damaged file. Not a wire format of anybody's.
#pragma once

#include <cstdint>

#include "protocol/base/bytes.hpp"

namespace fleet {

/// Appends a number in one to ten octets, seven bits an octet, the lowest first.
inline void append_packed(byte_buffer& out, std::uint64_t number) {
  while (number > 0x7f) {
    out.push(static_cast<std::uint8_t>(number | 0x80));
    number >>= 7;
  }
  out.push(static_cast<std::uint8_t>(number));
}

/// Appends octets behind their count.
inline void append_packed(byte_buffer& out, bytes_view octets) {
  append_packed(out, std::uint64_t{octets.size()});
  out.append(octets);
}

/// Reads what append_packed() wrote. Any octets are allowed: the first thing that is not there, is
/// out of bounds or could be written shorter makes it bad, and from then on it reads nothing.
class packed_reader {
public:
  explicit packed_reader(bytes_view from) noexcept : rest_(from) {}

  /// A number up to `most`; 0 when bad.
  std::uint64_t number(std::uint64_t most = UINT64_MAX) noexcept {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64 && !rest_.empty(); shift += 7) {
      const std::uint8_t octet = rest_.front();
      rest_ = rest_.subspan(1);
      const std::uint64_t bits = octet & 0x7fU;
      value |= bits << shift;
      if ((octet & 0x80U) != 0) {
        continue;
      }
      if ((shift > 0 && octet == 0) || (shift == 63 && bits > 1) || value > most) {
        break;
      }
      return value;
    }
    spoil();
    return 0;
  }

  /// Octets behind their count; none when bad.
  bytes_view octets() noexcept {
    const auto count = static_cast<std::size_t>(number(rest_.size()));
    if (count > rest_.size()) {
      spoil();
      return {};
    }
    const auto taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }

  [[nodiscard]] bool bad() const noexcept { return bad_; }
  /// All was good, and nothing is left.
  [[nodiscard]] bool finished() const noexcept { return !bad_ && rest_.empty(); }
  /// Octets left, the bound on how many things can follow.
  [[nodiscard]] std::size_t left() const noexcept { return rest_.size(); }

private:
  void spoil() noexcept {
    bad_ = true;
    rest_ = {};
  }
  bytes_view rest_;
  bool bad_ = false;
};

} // namespace fleet
