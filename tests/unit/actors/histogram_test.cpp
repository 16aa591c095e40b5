// The latency histogram: its buckets, its questions.
#include "actors/device/histogram.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "protocol/base/random.hpp"

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

/// Whole microseconds, as a histogram keeps them.
using samples = std::vector<std::uint64_t>;
constexpr std::size_t sample_count = 100'000;

template <class Draw>
samples drawn(Draw draw) {
  random_stream random{7, 0, "samples"};
  samples out;
  while (out.size() < sample_count) {
    out.push_back(static_cast<std::uint64_t>(std::clamp(draw(random), 1.0, 3e9)));
  }
  return out;
}

/// Between 0 and 1.
double even(random_stream& random) {
  return (static_cast<double>(random.next() >> 11U) + 0.5) * 0x1p-53;
}

double normal(random_stream& random) {
  const double radius = std::sqrt(-2 * std::log(even(random)));
  return radius * std::cos(6.283185307179586 * even(random));
}

struct distribution {
  std::string name;
  samples values;
};

std::vector<distribution> distributions() {
  return {{"constant", samples(sample_count, 123'456)},
          {"uniform", drawn([](auto& r) { return 1 + 2'000'000 * even(r); })},
          {"log-normal", drawn([](auto& r) { return 800 * std::exp(0.9 * normal(r)); })},
          {"bimodal", drawn([](auto& r) {
             return even(r) < 0.97 ? 900 + 60 * normal(r) : 1'400'000 + 90'000 * normal(r);
           })},
          {"heavy tail", drawn([](auto& r) { return 300 * std::pow(even(r), -1 / 1.2); })},
          {"a few microseconds", drawn([](auto& r) { return 1 + 40 * even(r); })}};
}

TEST(histogram, answers_percentiles_within_one_percent_of_the_exact_ones) {
  for (auto& [name, values] : distributions()) {
    histogram h;
    for (const auto us : values) {
      h.record(microseconds{us});
    }
    histogram_snapshot s;
    h.read(s);
    std::sort(values.begin(), values.end());
    for (const double q : {0.001, 0.1, 0.5, 0.9, 0.95, 0.99, 0.999, 0.9999}) {
      const auto rank = static_cast<std::size_t>(std::ceil(q * sample_count));
      const double exact = static_cast<double>(values[rank - 1]) * 1e-6;
      EXPECT_NEAR(s.quantile(q), exact, 0.01 * exact) << name << " at " << q;
      EXPECT_GE(s.quantile(q), exact * (1 - 1e-9)) << name << " at " << q;
    }
    EXPECT_EQ(s.max_us, values.back()) << name;
    EXPECT_EQ(s.count, sample_count) << name;
  }
}

TEST(histogram, is_never_off_by_more_than_a_hundred_and_twenty_eighth) {
  for (std::uint64_t us = 64; us < 3'600'000'000ULL; us = us * 9 / 8 + 1) {
    const auto upper = histogram_snapshot::upper_us(histogram_snapshot::index_of(us));
    ASSERT_LE(upper - us, us / 128) << us;
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
  EXPECT_NEAR(0.5, s.quantile(0.5), 0.005);
  EXPECT_NEAR(0.99, s.quantile(0.99), 0.0099);
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
