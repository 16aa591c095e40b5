// Substreams: golden values from an independent implementation, independence, and distributions.
#include "protocol/base/random.hpp"

#include <array>
#include <cstdint>
#include <set>

#include <gtest/gtest.h>

namespace fleet {
namespace {

using namespace std::chrono_literals;

TEST(random_stream, gives_the_same_numbers_on_every_machine) {
  random_stream stream(1, 2, "jitter");
  EXPECT_EQ(stream.next(), 0x2616e28c1ea7bad1ULL);
  EXPECT_EQ(stream.next(), 0x2fd4885e2f935eddULL);
  EXPECT_EQ(stream.next(), 0x51ebe3511393ae84ULL);
  EXPECT_EQ(stream.next(), 0x44b039141efee3e3ULL);
}

TEST(random_stream, gives_the_same_bounded_numbers_on_every_machine) {
  random_stream stream(1, 2, "jitter");
  for (const std::uint64_t expected : {148, 186, 320, 268, 228, 515}) {
    EXPECT_EQ(stream.below(1000), expected);
  }
  for (const std::int64_t expected : {41, -7, 34, 10, -30, 50}) {
    EXPECT_EQ(stream.between(std::int64_t{-50}, std::int64_t{50}), expected);
  }
}

TEST(random_stream, differs_by_seed_device_and_purpose) {
  std::set<std::uint64_t> firsts;
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    for (std::uint64_t device = 0; device < 10; ++device) {
      for (const char* purpose : {"jitter", "payload", "", "fault"}) {
        firsts.insert(random_stream(seed, device, purpose).next());
      }
    }
  }
  EXPECT_EQ(firsts.size(), 400U);
}

TEST(random_stream, keeps_within_its_bounds_and_reaches_both_ends) {
  random_stream stream(3, 0, "bounds");
  std::set<std::int64_t> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::int64_t value = stream.between(std::int64_t{-2}, std::int64_t{2});
    EXPECT_GE(value, -2);
    EXPECT_LE(value, 2);
    seen.insert(value);
  }
  EXPECT_EQ(seen.size(), 5U);
  EXPECT_EQ(stream.below(0), 0U);
  EXPECT_EQ(stream.below(1), 0U);
  EXPECT_EQ(stream.between(std::int64_t{7}, std::int64_t{7}), 7);
}

TEST(random_stream, spans_the_whole_range_of_64_bits) {
  random_stream stream(4, 0, "wide");
  bool negative = false;
  bool positive = false;
  for (int i = 0; i < 100; ++i) {
    const std::int64_t value = stream.between(INT64_MIN, INT64_MAX);
    negative = negative || value < 0;
    positive = positive || value > 0;
  }
  EXPECT_TRUE(negative && positive);
  EXPECT_LT(stream.between(INT64_MIN, INT64_MIN + 1), INT64_MIN + 2);
}

TEST(random_stream, draws_durations) {
  random_stream stream(5, 0, "pause");
  for (int i = 0; i < 100; ++i) {
    const duration drawn = stream.between(duration{1ms}, duration{2ms});
    EXPECT_GE(drawn, 1ms);
    EXPECT_LE(drawn, 2ms);
  }
}

TEST(random_stream, is_flat) {
  random_stream stream(6, 0, "flat");
  std::array<int, 16> bins{};
  constexpr int draws = 160'000;
  for (int i = 0; i < draws; ++i) {
    ++bins[stream.below(bins.size())];
  }
  double chi_squared = 0;
  for (const int count : bins) {
    chi_squared += (count - 10'000.0) * (count - 10'000.0) / 10'000.0;
  }
  EXPECT_LT(chi_squared, 37.7); // 15 degrees of freedom, one in a thousand; the seed is fixed
}

TEST(random_stream, meets_its_chances) {
  random_stream stream(7, 0, "chance");
  int hits = 0;
  for (int i = 0; i < 100'000; ++i) {
    EXPECT_FALSE(stream.chance_ppm(0));
    EXPECT_TRUE(stream.chance_ppm(1'000'000));
    hits += stream.chance_ppm(250'000) ? 1 : 0;
  }
  EXPECT_NEAR(hits, 25'000, 600); // over four standard deviations
}

TEST(random_stream_death, refuses_an_interval_turned_around) {
  random_stream stream(8, 0, "death");
  EXPECT_DEATH(stream.between(std::int64_t{2}, std::int64_t{1}), "low <= high");
}

TEST(hash_text, is_the_same_on_every_machine) {
  static_assert(hash_text("telemetry") == 0xc2d75d64b330559aULL);
  static_assert(hash_text("") == 0xf52a15e9a9b5e89bULL);
  EXPECT_NE(hash_text("\xff"), hash_text("\x7f"));
}

} // namespace
} // namespace fleet
