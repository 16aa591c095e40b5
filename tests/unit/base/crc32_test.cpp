// The CRC that travels with a ledger tag: known values, and every length against the definition.
#include <gtest/gtest.h>

#include <vector>

#include "protocol/base/digest.hpp"

namespace fleet {
namespace {

std::uint32_t by_definition(bytes_view bytes) {
  std::uint32_t c = ~0U;
  for (const std::uint8_t octet : bytes) {
    c ^= octet;
    for (int bit = 0; bit < 8; ++bit) {
      c = (c & 1U) != 0 ? 0xedb88320U ^ (c >> 1) : c >> 1;
    }
  }
  return ~c;
}

TEST(crc32_of_octets, gives_the_check_value_of_iso_hdlc) {
  EXPECT_EQ(crc32(as_bytes("123456789")), 0xcbf43926U);
  EXPECT_EQ(crc32({}), 0U);
}

TEST(crc32_of_octets, agrees_with_its_definition_at_every_length_whole_and_chained) {
  std::vector<std::uint8_t> octets;
  std::uint32_t state = 1;
  for (std::size_t length = 0; length < 700; ++length) {
    const bytes_view whole{octets};
    const std::uint32_t expected = by_definition(whole);
    ASSERT_EQ(crc32(whole), expected) << length;
    ASSERT_EQ(crc32(whole.subspan(length / 3), crc32(whole.first(length / 3))), expected) << length;
    state = state * 1664525U + 1013904223U;
    octets.push_back(static_cast<std::uint8_t>(state >> 24));
  }
}

} // namespace
} // namespace fleet
