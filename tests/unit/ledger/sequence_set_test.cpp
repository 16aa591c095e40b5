// sequence_set against a plain set, and its memory.
#include <gtest/gtest.h>

#include <set>

#include "protocol/base/random.hpp"
#include "protocol/ledger/ledger.hpp"

namespace fleet::ledger {
namespace {

using range = sequence_set::range;

std::vector<range> ranges_of(const std::set<std::uint32_t>& numbers) {
  std::vector<range> out;
  for (const std::uint32_t n : numbers) {
    if (!out.empty() && out.back().last + 1 == n) {
      out.back().last = n;
    } else {
      out.push_back({n, n});
    }
  }
  return out;
}

TEST(sequence_set, takes_sixteen_octets_and_no_heap_while_there_are_no_gaps) {
  sequence_set s;
  for (std::uint32_t n = 1; n <= 100'000; ++n) {
    ASSERT_TRUE(s.insert(n));
  }
  EXPECT_LE(sizeof s, 16U);
  EXPECT_EQ(s.heap_bytes(), 0U);
  EXPECT_EQ(s.size(), 100'000U);
  EXPECT_EQ(s.max(), 100'000U);
  EXPECT_EQ(s.ranges(), (std::vector<range>{{1, 100'000}}));
}

TEST(sequence_set, says_no_the_second_time_and_to_nought) {
  sequence_set s;
  EXPECT_FALSE(s.insert(0));
  EXPECT_FALSE(s.contains(0));
  EXPECT_TRUE(s.insert(1));
  EXPECT_FALSE(s.insert(1));
  EXPECT_TRUE(s.insert(5));
  EXPECT_FALSE(s.insert(5));
  EXPECT_EQ(s.size(), 2U);
}

TEST(sequence_set, an_empty_one_has_nothing) {
  const sequence_set s;
  EXPECT_EQ(s.size(), 0U);
  EXPECT_EQ(s.max(), 0U);
  EXPECT_TRUE(s.ranges().empty());
  EXPECT_FALSE(s.contains(1));
  EXPECT_EQ(s.count_within(0, UINT32_MAX), 0U);
}

TEST(sequence_set, holds_the_largest_number) {
  sequence_set s;
  EXPECT_TRUE(s.insert(UINT32_MAX));
  EXPECT_TRUE(s.insert(UINT32_MAX - 1));
  EXPECT_FALSE(s.insert(UINT32_MAX));
  EXPECT_EQ(s.ranges(), (std::vector<range>{{UINT32_MAX - 1, UINT32_MAX}}));
  EXPECT_EQ(s.count_within(0, UINT32_MAX), 2U);
}

TEST(sequence_set, joins_neighbours_on_either_side) {
  sequence_set s;
  for (const std::uint32_t n : {3U, 5U, 9U, 4U}) {
    s.insert(n);
  }
  EXPECT_EQ(s.ranges(), (std::vector<range>{{3, 5}, {9, 9}}));
  s.insert(8);
  s.insert(6);
  s.insert(7);
  EXPECT_EQ(s.ranges(), (std::vector<range>{{3, 9}}));
  s.insert(2);
  s.insert(1);
  EXPECT_EQ(s.ranges(), (std::vector<range>{{1, 9}}));
}

TEST(sequence_set, gives_all_memory_back_when_the_gaps_close) {
  sequence_set s;
  for (std::uint32_t n = 2; n <= 20'000; n += 2) {
    s.insert(n);
  }
  EXPECT_GT(s.heap_bytes(), 8U * 10'000);
  for (std::uint32_t n = 1; n <= 20'000; n += 2) {
    s.insert(n);
  }
  EXPECT_EQ(s.heap_bytes(), 0U);
  EXPECT_EQ(s.ranges(), (std::vector<range>{{1, 20'000}}));
}

TEST(sequence_set, gives_memory_back_on_the_way_whatever_the_order_of_closing) {
  sequence_set s;
  for (std::uint32_t n = 2; n <= 20'000; n += 2) {
    s.insert(n);
  }
  const std::size_t most = s.heap_bytes();
  for (std::uint32_t n = 19'999; n >= 101; n -= 2) {
    s.insert(n);
  }
  EXPECT_LT(s.heap_bytes(), most / 20);
  EXPECT_EQ(s.ranges().size(), 50U);
}

TEST(sequence_set, stays_exact_far_beyond_one_page_of_ranges) {
  constexpr std::uint32_t many = 20 * sequence_set::max_page_ranges;
  sequence_set s;
  for (std::uint32_t i = many; i >= 1; --i) { // falling: every insertion goes to the front
    ASSERT_TRUE(s.insert(i * 3));
  }
  EXPECT_EQ(s.size(), many);
  const std::vector<range> all = s.ranges();
  ASSERT_EQ(all.size(), many);
  for (std::uint32_t i = 0; i < many; ++i) {
    ASSERT_EQ(all[i], (range{(i + 1) * 3, (i + 1) * 3}));
    ASSERT_TRUE(s.contains((i + 1) * 3));
    ASSERT_FALSE(s.contains((i + 1) * 3 + 1));
  }
  EXPECT_EQ(s.count_within(4, 3 * many - 1), many - 2);
  // Half-full pages and their list: three times the eight octets of a range at the very most.
  EXPECT_LT(s.heap_bytes(), 24U * many);
}

TEST(sequence_set, rising_ranges_fill_their_pages) {
  constexpr std::uint32_t many = 20 * sequence_set::max_page_ranges;
  sequence_set s;
  for (std::uint32_t i = 1; i <= many; ++i) {
    s.insert(i * 2);
  }
  EXPECT_LT(s.heap_bytes(), 10U * many);
}

TEST(sequence_set, agrees_with_a_plain_set_under_random_insertions) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    random_stream random{seed, 0, "sequence_set"};
    const std::uint64_t bound = seed % 2 == 0 ? 3'000 : 30'000;
    sequence_set s;
    std::set<std::uint32_t> plain;
    for (int i = 0; i < 6'000; ++i) {
      const auto n = static_cast<std::uint32_t>(1 + random.below(bound));
      ASSERT_EQ(s.insert(n), plain.insert(n).second);
      ASSERT_EQ(s.size(), plain.size());
      ASSERT_EQ(s.max(), *plain.rbegin());
    }
    ASSERT_EQ(s.ranges(), ranges_of(plain));
    for (int i = 0; i < 200; ++i) {
      const auto low = static_cast<std::uint32_t>(random.below(bound));
      const auto high = low + static_cast<std::uint32_t>(random.below(bound));
      const auto expected = std::distance(plain.lower_bound(low), plain.upper_bound(high));
      ASSERT_EQ(s.count_within(low, high), expected);
      ASSERT_EQ(s.contains(low), plain.count(low) == 1);
    }
  }
}

TEST(sequence_set, copies_are_independent_and_moves_leave_an_empty_set) {
  sequence_set a;
  a.insert(1);
  a.insert(7);
  sequence_set b = a;
  b.insert(2);
  EXPECT_EQ(a.size(), 2U);
  EXPECT_EQ(b.size(), 3U);
  a = b;
  EXPECT_EQ(a.ranges(), b.ranges());
  const sequence_set c = std::move(a);
  EXPECT_EQ(c.size(), 3U);
  EXPECT_EQ(a.size(), 0U); // NOLINT: the promise under test
}

} // namespace
} // namespace fleet::ledger
