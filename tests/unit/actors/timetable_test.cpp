// How many devices are on when, and when that next changes for one of them.
#include <algorithm>
#include <memory>

#include <gtest/gtest.h>

#include "actors/supervision/timetable.hpp"

namespace fleet::actors {
namespace {

using namespace std::chrono_literals;

std::uint32_t at(const timetable& t, duration when) {
  return target_at(t.segments, t.after, when);
}

timetable up_and_down() {
  return {{{0s, 10s, 0, 100}, {10s, 20s, 100, 100}, {20s, 25s, 100, 50}}, 50};
}

TEST(timetable, goes_evenly_and_is_whole_at_the_ends) {
  const auto t = up_and_down();
  EXPECT_EQ(at(t, 0s), 0U);
  EXPECT_EQ(at(t, 99ms), 0U);
  EXPECT_EQ(at(t, 100ms), 1U);
  EXPECT_EQ(at(t, 9999ms), 99U);
  EXPECT_EQ(at(t, 10s), 100U);
  EXPECT_EQ(at(t, 20s), 100U);
  EXPECT_EQ(at(t, 20s + 99ms), 100U);
  EXPECT_EQ(at(t, 20s + 100ms), 99U);
  EXPECT_EQ(at(t, 25s), 50U);
  EXPECT_EQ(at(t, 24h), 50U);
}

TEST(timetable, without_segments_is_what_comes_after) {
  EXPECT_EQ(at({{}, 7}, 0s), 7U);
  EXPECT_EQ(next_change({{}, 7}, 3s, {7, 0}), duration{3s});
  EXPECT_EQ(next_change({{}, 7}, 3s, {8, 7}), duration::max());
}

TEST(timetable, tells_the_very_nanosecond_of_each_change) {
  // 3 does not divide the length: each start is the first moment at which it is due.
  const timetable t{{{0s, 1s, 0, 3}, {1s, 2s, 3, 0}}, 0};
  for (std::uint32_t n = 1; n <= 3; ++n) {
    const auto up = next_change(t, 0s, {n, 0});
    EXPECT_EQ(at(t, up), n) << n;
    EXPECT_EQ(at(t, up - 1ns), n - 1) << n;
    const auto down = next_change(t, 1s, {UINT32_MAX, n});
    EXPECT_EQ(at(t, down), n - 1) << n;
    EXPECT_EQ(at(t, down - 1ns), n) << n;
  }
}

TEST(timetable, finds_the_next_change_in_either_direction) {
  const auto t = up_and_down();
  EXPECT_EQ(next_change(t, 0s, {51, 0}), duration{5100ms});
  EXPECT_EQ(next_change(t, 6s, {51, 0}), duration{6s}) << "it is due already";
  EXPECT_EQ(next_change(t, 12s, {101, 100}), duration{20100ms});
  EXPECT_EQ(next_change(t, 12s, {101, 51}), duration{25s}) << "the last step is at the end";
  EXPECT_EQ(next_change(t, 12s, {101, 50}), duration::max());
}

TEST(timetable, jumps_where_a_ramp_takes_no_time) {
  const timetable t{{{0s, 5s, 10, 10}, {5s, 9s, 2, 2}}, 20};
  EXPECT_EQ(next_change(t, 0s, {10, 0}), duration{0s});
  EXPECT_EQ(next_change(t, 0s, {11, 10}), duration{5s});
  EXPECT_EQ(next_change(t, 5s, {3, 2}), duration{9s});
}

TEST(timetable, follows_arrivals_one_by_one_either_way) {
  const auto when =
      std::make_shared<const std::vector<duration>>(std::vector<duration>{100ms, 100ms, 700ms});
  const timetable t{{{0s, 1s, 0, 3, when}, {1s, 2s, 3, 0, when}}, 0};
  EXPECT_EQ(at(t, 99ms), 0U);
  EXPECT_EQ(at(t, 100ms), 2U);
  EXPECT_EQ(at(t, 700ms), 3U);
  EXPECT_EQ(at(t, 1100ms), 1U);
  EXPECT_EQ(at(t, 1700ms), 0U);
  EXPECT_EQ(next_change(t, 0s, {1, 0}), duration{100ms});
  EXPECT_EQ(next_change(t, 0s, {2, 0}), duration{100ms});
  EXPECT_EQ(next_change(t, 200ms, {3, 2}), duration{700ms});
  EXPECT_EQ(next_change(t, 800ms, {4, 3}), duration{1100ms});
  EXPECT_EQ(next_change(t, 1200ms, {2, 1}), duration{1700ms});
}

TEST(timetable, draws_arrivals_that_come_anywhere_and_all_in_time) {
  // Of 10,000 in 100 s, each second has a hundred in the mean, with a variance as large.
  for (const std::uint64_t seed : {1, 2, 3}) {
    const auto all = poisson_arrivals(10'000, 100s, {seed, 0, "ramp arrivals"});
    ASSERT_EQ(all.size(), 10'000U);
    EXPECT_TRUE(std::is_sorted(all.begin(), all.end()));
    EXPECT_GE(all.front(), 0s);
    EXPECT_LT(all.back(), 100s);
    std::vector<double> seconds_of(100);
    for (const duration d : all) {
      ++seconds_of[static_cast<std::size_t>(d / 1s)];
    }
    double squares = 0;
    for (const double n : seconds_of) {
      squares += (n - 100) * (n - 100);
    }
    EXPECT_NEAR(squares / 100, 100, 50) << "even arrivals would have none";
    EXPECT_EQ(all, poisson_arrivals(10'000, 100s, {seed, 0, "ramp arrivals"}));
  }
  EXPECT_TRUE(poisson_arrivals(0, 1s, {1, 0, "ramp arrivals"}).empty());
}

TEST(timetable, holds_a_million_devices_over_a_year) {
  const timetable t{{{0s, 24h * 365, 0, 1'000'000}}, 1'000'000};
  const auto last = next_change(t, 0s, {999'999, 0});
  EXPECT_EQ(at(t, last), 999'999U);
  EXPECT_EQ(at(t, last - 1ns), 999'998U);
}

} // namespace
} // namespace fleet::actors
