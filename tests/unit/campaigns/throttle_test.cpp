// Rates of downloads: never faster than said, never slower than need be, alone and together.
#include "cloud_sim/campaigns/throttle.hpp"

#include <array>
#include <deque>

#include <gtest/gtest.h>

#include "protocol/base/random.hpp"

namespace fleet::cloud {
namespace {

time_point at(std::int64_t ms) {
  return time_point{std::chrono::milliseconds{ms}};
}

TEST(octet_rate, without_a_limit_allows_all_at_once) {
  octet_rate rate;
  EXPECT_FALSE(rate.limited());
  EXPECT_EQ(rate.allowed(UINT64_MAX, at(0)), UINT64_MAX);
  rate.spend(1 << 20, at(0));
  EXPECT_EQ(rate.when(1 << 20), time_point{});
}

TEST(octet_rate, allows_a_burst_after_a_pause_and_then_its_rate) {
  octet_rate rate{1'000, 500};
  EXPECT_EQ(rate.allowed(10'000, at(10'000)), 500U);
  rate.spend(500, at(10'000));
  EXPECT_EQ(rate.allowed(1, at(10'000)), 0U);
  EXPECT_EQ(rate.when(100), at(10'100));
  EXPECT_EQ(rate.allowed(1'000, at(10'100)), 100U);
  EXPECT_EQ(rate.when(10'000), at(10'500)) << "a burst is the most that can be waited for";
  EXPECT_EQ(rate.allowed(1'000, at(3'600'000)), 500U) << "an hour saves up no more";
}

TEST(octet_rate, is_never_exceeded_and_what_it_says_it_keeps) {
  for (const std::uint64_t per_second : {std::uint64_t{1}, std::uint64_t{3}, std::uint64_t{999},
                                         std::uint64_t{1'000'003}, octet_rate::per_second_max}) {
    for (const std::uint64_t burst :
         {std::uint64_t{1}, std::uint64_t{1'460}, octet_rate::burst_most, UINT64_MAX}) {
      octet_rate rate{per_second, burst};
      random_stream chance{per_second, burst, "rate"};
      const time_point begun = at(100'000);
      time_point now = begun;
      std::uint64_t sent = 0;
      for (int i = 0; i < 2'000; ++i) {
        const std::uint64_t wanted = 1 + chance.below(100'000);
        now = std::max(now, rate.when(wanted));
        const std::uint64_t may = rate.allowed(wanted, now);
        ASSERT_GT(may, 0U) << "when() is not too early: " << per_second << " " << burst;
        const std::uint64_t octets = 1 + chance.below(may);
        rate.spend(octets, now);
        sent += octets;
        const double most = static_cast<double>(per_second) * seconds(now - begun)
                            + static_cast<double>(std::min(burst, 2 * per_second)) + 1;
        ASSERT_LE(static_cast<double>(sent), most * (1 + 1e-9)) << per_second << " " << burst;
      }
    }
  }
}

TEST(octet_rate, is_reached_by_who_always_has_something_to_send) {
  octet_rate rate{1'000'000, 64 * 1024};
  std::uint64_t sent = 0;
  for (std::int64_t ms = 1; ms <= 10'000; ++ms) {
    const std::uint64_t octets = rate.allowed(UINT64_MAX, at(ms));
    rate.spend(octets, at(ms));
    sent += octets;
  }
  EXPECT_EQ(sent, 10'000'000U);
}

TEST(download_throttle, holds_each_to_its_own_rate_and_all_to_theirs_together) {
  octet_rate all{100'000, 10'000};
  std::deque<download_throttle> downloads;
  std::array<std::uint64_t, 20> sent{};
  for (std::size_t i = 0; i < sent.size(); ++i) {
    downloads.emplace_back(all, octet_rate{i < 2 ? 1'000U : 20'000U, 1'000});
  }
  std::uint64_t total = 0;
  for (std::int64_t ms = 1; ms <= 20'000; ++ms) {
    for (std::size_t i = 0; i < sent.size(); ++i) { // each in its turn, another one first
      const std::size_t which = (i + static_cast<std::size_t>(ms)) % sent.size();
      const std::uint64_t octets = downloads[which].take(500, at(ms));
      sent[which] += octets;
      total += octets;
    }
  }
  EXPECT_LE(total, 20U * 100'000 + 10'000);
  EXPECT_GE(total, 20U * 100'000 - 1'000);
  EXPECT_LE(sent[0], 20U * 1'000 + 1'000);
  for (std::size_t i = 2; i < sent.size(); ++i) {
    EXPECT_LE(sent[i], 20U * 20'000 + 1'000);
    EXPECT_GT(sent[i], 50'000U) << "nobody starves";
  }
}

TEST(download_throttle, says_when_to_come_back) {
  octet_rate all{1'000, 1'000};
  download_throttle slow{all, octet_rate{100, 100}};
  EXPECT_EQ(slow.take(500, at(10'000)), 100U);
  EXPECT_EQ(slow.take(500, at(10'000)), 0U);
  EXPECT_EQ(slow.when(50), at(10'500));
  all.spend(all.allowed(900, at(10'000)), at(10'000));
  EXPECT_EQ(slow.when(50), at(10'500));
  EXPECT_EQ(slow.take(50, at(10'500)), 50U);
}

} // namespace
} // namespace fleet::cloud
