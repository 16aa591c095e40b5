// Word-at-a-time mixing for the run digest, eight tables for the CRC.
#include "protocol/base/digest.hpp"

#include <array>
#include <bit>
#include <cstring>

#include "protocol/base/crc32_folded.hpp"
#include "protocol/base/random.hpp"

namespace fleet {

namespace {

using crc_tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr crc_tables make_tables() {
  crc_tables t{};
  for (std::uint32_t i = 0; i < 256; ++i) {
    std::uint32_t c = i;
    for (int bit = 0; bit < 8; ++bit) {
      c = (c & 1U) != 0 ? 0xedb88320U ^ (c >> 1) : c >> 1;
    }
    t[0][i] = c;
  }
  for (std::uint32_t i = 0; i < 256; ++i) {
    for (std::size_t slice = 1; slice < 8; ++slice) {
      t[slice][i] = (t[slice - 1][i] >> 8) ^ t[0][t[slice - 1][i] & 0xffU];
    }
  }
  return t;
}

constexpr crc_tables tables = make_tables();

std::uint64_t load_le64(const std::uint8_t* p) noexcept {
  std::uint64_t word = 0;
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(&word, p, sizeof word);
    return word;
  }
  for (unsigned i = 0; i < 8; ++i) {
    word |= static_cast<std::uint64_t>(p[i]) << (8 * i);
  }
  return word;
}

std::uint32_t by_tables(bytes_view bytes, std::uint32_t c) noexcept {
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    const std::uint64_t word = load_le64(bytes.data() + at) ^ c;
    c = 0;
    for (std::size_t i = 0; i < 8; ++i) {
      c ^= tables[7 - i][(word >> (8 * i)) & 0xff];
    }
  }
  for (; at < bytes.size(); ++at) {
    c = tables[0][(c ^ bytes[at]) & 0xff] ^ (c >> 8);
  }
  return c;
}

} // namespace

void run_digest::add(std::uint64_t word) noexcept {
  state_ = mix64(state_ ^ word) + std::rotl(word, 23) + 0x9e3779b97f4a7c15ULL;
}

void run_digest::add(bytes_view bytes) noexcept {
  add(bytes.size());
  std::size_t at = 0;
  for (; at + 8 <= bytes.size(); at += 8) {
    add(load_le64(bytes.data() + at));
  }
  std::uint64_t tail = 0;
  for (unsigned shift = 0; at < bytes.size(); ++at, shift += 8) {
    tail |= static_cast<std::uint64_t>(bytes[at]) << shift;
  }
  add(tail);
}

std::uint64_t run_digest::value() const noexcept {
  return mix64(state_);
}

std::string run_digest::text() const {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out(16, '0');
  std::uint64_t rest = value();
  for (std::size_t i = 16; i-- > 0; rest >>= 4) {
    out[i] = digits[rest & 0xf];
  }
  return out;
}

std::uint32_t crc32(bytes_view bytes, std::uint32_t former) noexcept {
  std::uint32_t c = ~former;
  if (bytes.size() >= 64 && detail::can_fold_crc32()) {
    const detail::folded_crc32 folded = detail::fold_crc32(bytes, c);
    c = folded.state;
    bytes = bytes.subspan(folded.consumed);
  }
  return ~by_tables(bytes, c);
}

} // namespace fleet
