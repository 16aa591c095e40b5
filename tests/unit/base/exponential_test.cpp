// Gaps of a Poisson process: golden values, and what many of them come to.
#include "protocol/base/exponential.hpp"

#include <cmath>

#include <gtest/gtest.h>

namespace fleet {
namespace {

using namespace std::chrono_literals;

TEST(exponential, is_the_logarithm_of_what_the_stream_gives) {
  random_stream numbers{1, 2, "gaps"};
  random_stream gaps{1, 2, "gaps"};
  for (int i = 0; i < 1000; ++i) {
    const double u = (static_cast<double>(numbers.next() >> 1) + 1) / 9223372036854775808.0;
    const double got = seconds(exponential(gaps, 1h));
    EXPECT_NEAR(got, -std::log(u) * 3600, 1e-5) << u;
  }
}

TEST(exponential, has_its_mean_and_the_spread_that_goes_with_it) {
  // Of 200,000 the mean is within a hundredth, the variance (the mean's square) within three.
  for (const std::uint64_t seed : {1, 2, 3}) {
    random_stream random{seed, 0, "gaps"};
    constexpr int count = 200'000;
    double sum = 0;
    double squares = 0;
    int late = 0;
    for (int i = 0; i < count; ++i) {
      const double gap = seconds(exponential(random, 10s));
      sum += gap;
      squares += gap * gap;
      late += gap > 30 ? 1 : 0;
    }
    const double mean = sum / count;
    EXPECT_NEAR(mean, 10, 0.1);
    EXPECT_NEAR(squares / count - mean * mean, 100, 3);
    EXPECT_NEAR(late, count * std::exp(-3), 300);
  }
}

TEST(exponential, of_no_mean_is_nothing_and_of_a_year_does_not_overflow) {
  random_stream random{1, 0, "gaps"};
  EXPECT_EQ(exponential(random, 0s), 0s);
  for (int i = 0; i < 1000; ++i) {
    EXPECT_GE(exponential(random, 24h * 365), 0s);
  }
}

} // namespace
} // namespace fleet
