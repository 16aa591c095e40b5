// Whom a fault hits: shares, ranges, regions, and that workers agree.
#include "protocol/faults/selector.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <gtest/gtest.h>

namespace fleet::faults {
namespace {

constexpr std::uint32_t devices = 20'000;

std::set<std::uint32_t> chosen(const selector& s, const draw& by, std::string_view fault) {
  std::set<std::uint32_t> out;
  for (std::uint32_t d = 0; d < devices; ++d) {
    if (selects(s, by, key_of(fault), d)) {
      out.insert(out.end(), d);
    }
  }
  return out;
}

TEST(fault_selector, takes_everybody_where_nothing_is_said) {
  EXPECT_EQ(chosen({}, {.seed = 1}, "loss").size(), devices);
}

TEST(fault_selector, takes_about_its_share_and_others_for_another_seed_or_fault) {
  selector s;
  s.share_ppm = 200'000;
  const auto first = chosen(s, {.seed = 1}, "loss");
  // 4000 expected; the standard deviation is 57.
  EXPECT_NEAR(static_cast<double>(first.size()), 4000.0, 4 * 57.0);
  EXPECT_EQ(chosen(s, {.seed = 1}, "loss"), first);
  const auto shared_with = [&first](const std::set<std::uint32_t>& other) {
    return std::count_if(other.begin(), other.end(),
                         [&first](std::uint32_t d) { return first.contains(d); });
  };
  // A fifth of a fifth when they are drawn apart.
  EXPECT_NEAR(static_cast<double>(shared_with(chosen(s, {.seed = 2}, "loss"))), 800.0, 130.0);
  EXPECT_NEAR(static_cast<double>(shared_with(chosen(s, {.seed = 1}, "loss_2"))), 800.0, 130.0);
}

TEST(fault_selector, takes_nobody_with_no_share_or_when_told_so) {
  EXPECT_TRUE(chosen({.share_ppm = 0}, {.seed = 1}, "loss").empty());
  EXPECT_TRUE(chosen({.nobody = true}, {.seed = 1}, "loss").empty());
}

TEST(fault_selector, keeps_to_its_ranges_with_both_ends) {
  selector s;
  s.among = {{5, 5}, {10, 12}, {19'999, 20'500}};
  EXPECT_EQ(chosen(s, {.seed = 1}, "x"), (std::set<std::uint32_t>{5, 10, 11, 12, 19'999}));
}

TEST(fault_selector, takes_its_share_of_what_the_ranges_leave) {
  selector s;
  s.among = {{0, 9'999}};
  s.share_ppm = 500'000;
  const auto some = chosen(s, {.seed = 3}, "x");
  EXPECT_NEAR(static_cast<double>(some.size()), 5000.0, 200.0);
  EXPECT_LT(*some.rbegin(), 10'000U);
}

TEST(fault_selector, knows_valid_selections) {
  EXPECT_TRUE(valid({}));
  EXPECT_TRUE(valid({.among = {{0, 3}, {4, 4}}}));
  EXPECT_FALSE(valid({.among = {{3, 2}}}));
  EXPECT_FALSE(valid({.among = {{0, 3}, {3, 4}}}));
  EXPECT_FALSE(valid({.among = {{4, 5}, {0, 3}}}));
  EXPECT_FALSE(valid({.share_ppm = whole_ppm + 1}));
}

TEST(fault_regions, split_the_fleet_by_their_shares_and_leave_a_rest) {
  const region_map map{{500'000, 300'000}};
  ASSERT_EQ(map.size(), 2U);
  std::array<double, 3> seen{};
  for (std::uint32_t d = 0; d < devices; ++d) {
    ++seen.at(map.of(9, d));
  }
  EXPECT_NEAR(seen[0], 10'000, 300);
  EXPECT_NEAR(seen[1], 6'000, 280);
  EXPECT_NEAR(seen[2], 4'000, 240);
}

TEST(fault_regions, are_selected_by_their_bits_and_nobody_is_in_one_where_there_are_none) {
  const region_map map{{500'000, 300'000}};
  const draw by{.seed = 9, .regions = &map};
  selector s;
  s.regions = 0b10;
  for (const std::uint32_t d : chosen(s, by, "x")) {
    ASSERT_EQ(map.of(9, d), 1U);
  }
  EXPECT_NEAR(static_cast<double>(chosen(s, by, "x").size()), 6000.0, 280.0);
  s.regions = 0b11;
  EXPECT_NEAR(static_cast<double>(chosen(s, by, "x").size()), 16'000.0, 240.0);
  s.regions = 0b100;
  EXPECT_TRUE(chosen(s, by, "x").empty());
  s.regions = 1;
  EXPECT_TRUE(chosen(s, {.seed = 9}, "x").empty());
}

TEST(fault_selector, takes_the_same_devices_for_all_faults_of_a_family) {
  selector s;
  s.family = key_of("storm");
  s.family_ppm = 300'000;
  const draw by{.seed = 7};
  const auto all = chosen(s, by, "storm.reset");
  EXPECT_NEAR(static_cast<double>(all.size()), 6000.0, 4 * 65.0);
  EXPECT_EQ(chosen(s, by, "storm.refuse"), all);
  s.share_ppm = 500'000; // what one of them has of its own is a part of those
  const auto half = chosen(s, by, "storm.reset");
  EXPECT_NEAR(static_cast<double>(half.size()), static_cast<double>(all.size()) / 2, 160.0);
  EXPECT_TRUE(std::includes(all.begin(), all.end(), half.begin(), half.end()));
  EXPECT_NE(chosen(s, by, "storm.refuse"), half) << "each by its own name";
}

TEST(fault_places, are_the_same_for_all_faults_of_a_family) {
  selector s;
  s.family = key_of("storm");
  const draw by{.seed = 7};
  for (std::uint32_t d = 0; d < 100; ++d) {
    ASSERT_EQ(place_of(s, by, key_of("storm.reset"), d), place_of(s, by, key_of("other"), d));
  }
  EXPECT_NE(place_of(s, by, key_of("storm.reset"), 1), place_of({}, by, key_of("storm.reset"), 1));
}

TEST(fault_places, are_spread_evenly_and_apart_from_the_selection) {
  selector s;
  s.share_ppm = 100'000;
  const draw by{.seed = 4};
  std::size_t early = 0;
  const auto some = chosen(s, by, "storm");
  for (const std::uint32_t d : some) {
    ASSERT_LT(place_of({}, by, key_of("storm"), d), whole_ppm);
    early += place_of({}, by, key_of("storm"), d) < 500'000 ? 1 : 0;
  }
  EXPECT_NEAR(static_cast<double>(early), static_cast<double>(some.size()) / 2, 100.0);
}

} // namespace
} // namespace fleet::faults
