// Packed numbers and octets: there and back, and nothing accepted that was not written so.
#include <gtest/gtest.h>

#include <vector>

#include "protocol/base/packed.hpp"

namespace fleet {
namespace {

TEST(packed, brings_numbers_back_in_as_few_octets_as_they_need) {
  std::uint64_t bits = 0;
  for (unsigned width = 0; width <= 64; ++width) {
    byte_buffer out;
    append_packed(out, bits);
    EXPECT_EQ(out.size(), width == 0 ? 1 : (width + 6) / 7) << width;
    packed_reader from{out.view()};
    EXPECT_EQ(from.number(), bits);
    EXPECT_TRUE(from.finished());
    for (std::size_t cut = 0; cut < out.size(); ++cut) {
      packed_reader some{out.view().first(cut)};
      EXPECT_EQ(some.number(), 0U);
      EXPECT_TRUE(some.bad());
    }
    bits = bits << 1 | 1;
  }
}

TEST(packed, refuses_numbers_beyond_their_bound_or_longer_than_need_be) {
  const auto good = [](std::vector<std::uint8_t> octets, std::uint64_t most = UINT64_MAX) {
    packed_reader from{octets};
    (void)from.number(most);
    return from.finished();
  };
  EXPECT_TRUE(good({5}, 5));
  EXPECT_FALSE(good({6}, 5));
  EXPECT_FALSE(good({0x80, 0x00}));
  EXPECT_FALSE(good({0xff, 0x80, 0x00}));
  EXPECT_TRUE(good({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01}));
  EXPECT_FALSE(good({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02}));
  EXPECT_FALSE(good(std::vector<std::uint8_t>(11, 0x80)));
}

TEST(packed, brings_octets_back_and_never_more_than_there_are) {
  byte_buffer out;
  append_packed(out, as_bytes(""));
  append_packed(out, as_bytes("abc"));
  packed_reader from{out.view()};
  EXPECT_TRUE(from.octets().empty());
  EXPECT_EQ(as_text(from.octets()), "abc");
  EXPECT_TRUE(from.finished());
  packed_reader cut{out.view().first(out.size() - 1)};
  (void)cut.octets();
  EXPECT_TRUE(cut.octets().empty());
  EXPECT_TRUE(cut.bad());
  EXPECT_EQ(cut.left(), 0U);
}

TEST(packed, stays_bad_once_it_is) {
  const std::vector<std::uint8_t> octets{9, 1, 2};
  packed_reader from{octets};
  (void)from.number(8);
  EXPECT_EQ(from.number(), 0U);
  EXPECT_TRUE(from.octets().empty());
  EXPECT_FALSE(from.finished());
}

} // namespace
} // namespace fleet
