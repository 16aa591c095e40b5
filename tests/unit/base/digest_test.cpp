// The run digest: golden values from an independent implementation, and what must not collide.
#include "protocol/base/digest.hpp"

#include <set>
#include <string>

#include <gtest/gtest.h>

namespace fleet {
namespace {

std::string digest_of(std::initializer_list<std::string_view> parts) {
  run_digest digest;
  for (const std::string_view part : parts) {
    digest.add(as_bytes(part));
  }
  return digest.text();
}

TEST(run_digest, is_the_same_on_every_machine) {
  EXPECT_EQ(run_digest{}.text(), "492b8d6066c09227");
  run_digest digest;
  digest.add(std::uint64_t{1});
  digest.add(as_bytes("123456789"));
  EXPECT_EQ(digest.text(), "71bbe099c6fee2ec");
  EXPECT_EQ(digest.value(), 0x71bbe099c6fee2ecULL);
}

TEST(run_digest, sees_where_one_part_ends_and_the_next_begins) {
  EXPECT_NE(digest_of({"ab", "c"}), digest_of({"a", "bc"}));
  EXPECT_NE(digest_of({"abc"}), digest_of({"abc", ""}));
  EXPECT_NE(digest_of({""}), digest_of({}));
}

TEST(run_digest, sees_order_and_trailing_zeros) {
  EXPECT_NE(digest_of({"a", "b"}), digest_of({"b", "a"}));
  EXPECT_NE(digest_of({std::string_view{"a", 1}}), digest_of({std::string_view{"a\0", 2}}));
}

TEST(run_digest, changes_with_every_single_bit) {
  std::string text(24, '\0');
  std::set<std::string> seen{digest_of({text})};
  for (std::size_t bit = 0; bit < text.size() * 8; ++bit) {
    std::string flipped = text;
    flipped[bit / 8] = static_cast<char>(1U << (bit % 8));
    seen.insert(digest_of({flipped}));
  }
  EXPECT_EQ(seen.size(), text.size() * 8 + 1);
}

TEST(run_digest, writes_leading_zeros) {
  run_digest digest;
  bool found = false;
  for (std::uint64_t i = 0; i < 1000 && !found; ++i) {
    digest.add(i);
    EXPECT_EQ(digest.text().size(), 16U);
    found = digest.text().front() == '0';
  }
  EXPECT_TRUE(found);
}

TEST(crc32, gives_the_check_value_and_chains) {
  EXPECT_EQ(crc32(as_bytes("123456789")), 0xcbf43926U);
  EXPECT_EQ(crc32({}), 0U);
  EXPECT_EQ(crc32(as_bytes("6789"), crc32(as_bytes("12345"))), 0xcbf43926U);
}

} // namespace
} // namespace fleet
