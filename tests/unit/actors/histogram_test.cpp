// The latency histogram: its buckets, its questions.
#include "actors/device/histogram.hpp"

#include <gtest/gtest.h>

namespace fleet::actors {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

TEST(histogram, puts_each_value_into_a_bucket_that_holds_it) {
  for (std::uint64_t us = 0; us < 5'000'000; us += 1 + us / 7) {
    const auto index = histogram_snapshot::index_of(us);
    ASSERT_LE(us, histogram_snapshot::upper_us(index)) << us;
    if (index > 0) {
      ASSERT_GT(us, histogram_snapshot::upper_us(index - 1)) << us;
    }
  }
}

TEST(histogram, is_never_off_by_more_than_a_thirtieth) {
  for (std::uint64_t us = 64; us < 3'600'000'000ULL; us = us * 9 / 8 + 1) {
    const auto upper = histogram_snapshot::upper_us(histogram_snapshot::index_of(us));
    ASSERT_LE(upper - us, us / 30) << us;
  }
}

TEST(histogram, keeps_values_beyond_its_range_in_the_last_bucket) {
  EXPECT_EQ(histogram_snapshot::bucket_count - 1, histogram_snapshot::index_of(UINT64_MAX));
}

TEST(histogram, answers_quantiles_and_the_maximum) {
  histogram h;
  for (int i = 1; i <= 1000; ++i) {
    h.record(milliseconds{i});
  }
  histogram_snapshot s;
  h.read(s);
  EXPECT_EQ(1000U, s.count);
  EXPECT_NEAR(0.5, s.quantile(0.5), 0.02);
  EXPECT_NEAR(0.99, s.quantile(0.99), 0.04);
  EXPECT_DOUBLE_EQ(1.0, s.quantile(1.0));
  EXPECT_DOUBLE_EQ(1.0, s.max_seconds());
}

TEST(histogram, counts_a_negative_latency_as_zero) {
  histogram h;
  h.record(microseconds{-5});
  histogram_snapshot s;
  h.read(s);
  EXPECT_EQ(1U, s.buckets[0]);
  EXPECT_EQ(0U, s.sum_us);
}

TEST(histogram, tells_what_came_since_an_earlier_look) {
  histogram h;
  h.record(milliseconds{10});
  histogram_snapshot early;
  h.read(early);
  h.record(milliseconds{30});
  histogram_snapshot late;
  h.read(late);
  const auto between = late.since(early);
  EXPECT_EQ(1U, between.count);
  EXPECT_NEAR(0.030, between.quantile(0.5), 0.001);
}

TEST(histogram, of_nothing_answers_nothing) {
  const histogram_snapshot s;
  EXPECT_EQ(0.0, s.quantile(0.99));
}

} // namespace
} // namespace fleet::actors
