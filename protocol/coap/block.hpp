// The value of a Block1 or Block2 option (RFC 7959 §2.2). Who cuts and joins what is the roles'
// part.
#pragma once

#include <cstdint>
#include <optional>

#include "protocol/coap/codec.hpp"

namespace fleet::coap {

inline constexpr std::uint8_t block_szx_max = 6; ///< 1,024 octets
inline constexpr std::uint32_t block_number_max = (1U << 20) - 1;

struct block_value {
  std::uint32_t number = 0;
  bool more = false;
  std::uint8_t szx = block_szx_max; ///< size exponent; 7 is reserved

  [[nodiscard]] constexpr std::size_t size() const noexcept { return std::size_t{16} << szx; }
  [[nodiscard]] constexpr std::size_t offset() const noexcept { return number * size(); }
  [[nodiscard]] constexpr std::uint32_t packed() const noexcept {
    return number << 4 | (more ? 8U : 0U) | szx;
  }
};

/// The block that starts at `offset`, a multiple of its size, of a body of `total` octets.
constexpr block_value block_at(std::size_t offset, std::uint8_t szx, std::size_t total) noexcept {
  block_value b;
  b.szx = szx;
  b.number = static_cast<std::uint32_t>(offset / b.size());
  b.more = total > offset + b.size();
  return b;
}

/// The option of that number, if it is there. One with the reserved exponent 7 is answered with it.
inline std::optional<block_value> find_block(bytes_view options, std::uint16_t number) noexcept {
  const auto value = find_uint(options, number);
  if (!value) {
    return {};
  }
  return block_value{*value >> 4, (*value & 8) != 0, static_cast<std::uint8_t>(*value & 7)};
}

} // namespace fleet::coap
