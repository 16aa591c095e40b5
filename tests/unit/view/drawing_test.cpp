// Bars, courses, and figures in few characters.
#include "fleet/view/drawing.hpp"

#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fleet::view {

namespace {

using testing::ElementsAre;

std::string stack_of(std::vector<double> amounts, std::size_t cells) {
  constexpr std::array<std::string_view, 4> glyphs{"a", "b", "c", "d"};
  std::vector<stacked> parts;
  for (std::size_t i = 0; i < amounts.size(); ++i) {
    parts.push_back({amounts[i], glyphs[i], tone::plain});
  }
  line out;
  add_stack(out, parts, cells);
  return out.shown(100, {true, false});
}

} // namespace

TEST(view_bar, fills_by_eighths_and_stays_within_its_cells) {
  EXPECT_EQ(bar(0, 4), "░░░░");
  EXPECT_EQ(bar(0.5, 4), "██░░");
  EXPECT_EQ(bar(0.53125, 4), "██▏░");
  EXPECT_EQ(bar(1, 4), "████");
  for (const double odd : {7.0, -1.0, std::nan(""), std::numeric_limits<double>::infinity()}) {
    EXPECT_EQ(width_of(bar(odd, 4)), 4U) << odd;
  }
  EXPECT_EQ(bar(0.5, 0), "");
}

TEST(view_stack, shares_cells_out_and_hides_nothing_that_is_there) {
  EXPECT_EQ(stack_of({3, 1}, 8), "aaaaaabb");
  EXPECT_EQ(stack_of({1e9, 1, 0, 2}, 8), "aaaaaabd");
  EXPECT_EQ(stack_of({1, 1e9}, 4), "abbb");
  EXPECT_EQ(stack_of({0, 0}, 4), "░░░░");
  EXPECT_EQ(stack_of({}, 3), "░░░");
  // More parts than cells: no more cells than there are.
  EXPECT_EQ(stack_of({1, 1, 1, 1}, 2), "ab");
}

TEST(view_course, takes_the_highest_of_what_shares_a_cell) {
  const std::vector<double> values{1, 5, 2, std::nan(""), 3, 0};
  EXPECT_THAT(fitted(values, 3), ElementsAre(5, 2, 3));
  EXPECT_THAT(fitted(std::vector<double>{1, 2}, 5), ElementsAre(1, 2));
  EXPECT_THAT(fitted(values, 0), ElementsAre());
  EXPECT_TRUE(std::isnan(fitted(std::vector<double>(4, std::nan("")), 2).front()));
}

TEST(view_course, is_as_high_as_its_part_of_the_highest) {
  const std::vector<double> values{0, 1, 4, 8, std::nan(""), 9};
  EXPECT_EQ(course(values, 8), "▁▂▅█ █");
  EXPECT_EQ(course(values, 0), "▁▁▁▁ ▁");
  EXPECT_EQ(highest(values), 9);
  EXPECT_EQ(highest({}), 0);
}

TEST(view_texts, are_short) {
  EXPECT_EQ(clock_text(-1), "0:00");
  EXPECT_EQ(clock_text(59.99), "0:59");
  EXPECT_EQ(clock_text(3600), "1:00:00");
  EXPECT_EQ(clock_text(2 * 86'400 + 3 * 3600 + 4 * 60 + 5), "2d 03:04");
  EXPECT_EQ(latency_text(0), "0 µs");
  EXPECT_EQ(latency_text(135e-6), "135 µs");
  EXPECT_EQ(latency_text(999.9e-6), "1.0 ms");
  EXPECT_EQ(latency_text(9.96e-3), "10 ms");
  EXPECT_EQ(latency_text(0.9996), "1.0 s");
  EXPECT_EQ(latency_text(3600), "1:00:00");
  EXPECT_EQ(short_number(0.01), "0");
  EXPECT_EQ(short_number(0.52), "0.5");
  EXPECT_EQ(short_number(9.96), "10");
  EXPECT_EQ(short_number(9999.4), "9,999");
  EXPECT_EQ(short_number(9999.6), "10.0k");
  EXPECT_EQ(short_number(999'600), "1.00M");
  EXPECT_EQ(short_number(1.8e19), "18000P");
  EXPECT_EQ(count_text(9'999'999), "9,999,999");
  EXPECT_EQ(count_text(12'345'678), "12.3M");
}

} // namespace fleet::view
