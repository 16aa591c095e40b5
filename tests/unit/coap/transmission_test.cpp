// Times as RFC 7252 §4.8 computes them, and the ids that hang on them.
#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/coap/message_ids.hpp"
#include "tests/support/coap_rigs.hpp"

namespace fleet::coap::test {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(coap_transmission, derives_its_times_from_the_standards_parameters) {
  const transmission t; // §4.8.2
  EXPECT_EQ(t.longest_timeout(), 3s);
  EXPECT_EQ(t.max_transmit_span(), 45s);
  EXPECT_EQ(t.max_transmit_wait(), 93s);
  EXPECT_EQ(t.max_rtt(), 202s);
  EXPECT_EQ(t.exchange_lifetime(), 247s);
  EXPECT_EQ(t.non_lifetime(), 145s);
}

/// When the message went out, until the exchange failed, which is the last.
std::vector<duration> times_of(client_rig& rig) {
  std::vector<duration> at;
  const time_point start = rig.now;
  (void)rig.get();
  EXPECT_EQ(rig.sent().size(), 1U);
  for (;;) {
    const lines events = rig.timeout();
    at.push_back(rig.now - start);
    if (!events.empty()) {
      EXPECT_THAT(events, ElementsAre(testing::HasSubstr("timed_out")));
      EXPECT_THAT(rig.sent(), IsEmpty());
      return at;
    }
    EXPECT_EQ(rig.sent().size(), 1U);
  }
}

TEST(coap_transmission, sends_again_after_2_6_14_and_30_seconds_and_gives_up_after_62) {
  client_behaviour b;
  b.timing.ack_random_permille = 1000;
  client_rig rig{b};
  EXPECT_THAT(times_of(rig), ElementsAre(2s, 6s, 14s, 30s, 62s));
  EXPECT_EQ(rig.machine.next_timeout(), never);
  EXPECT_EQ(rig.machine.counts().retransmissions, 4U);
}

TEST(coap_transmission, draws_the_first_time_out_between_2_and_3_seconds_and_doubles_it) {
  client_rig rig;
  duration shortest = 1h;
  duration longest{};
  for (int i = 0; i < 500; ++i) {
    rig.now += 300s;
    const auto at = times_of(rig);
    ASSERT_EQ(at.size(), 5U);
    const duration first = at[0];
    ASSERT_GE(first, 2s);
    ASSERT_LE(first, 3s);
    EXPECT_THAT(at, ElementsAre(first, first * 3, first * 7, first * 15, first * 31));
    shortest = std::min(shortest, first);
    longest = std::max(longest, first);
  }
  EXPECT_LT(shortest, 2050ms);
  EXPECT_GT(longest, 2950ms);
}

TEST(coap_transmission, repeats_the_same_octets) {
  client_rig rig;
  (void)rig.get();
  const lines first = rig.sent();
  EXPECT_THAT(first, ElementsAre("CON 0.01 id=1 t=04030201 11:a"));
  for (int i = 0; i < 4; ++i) {
    EXPECT_THAT(rig.timeout(), IsEmpty());
    EXPECT_EQ(rig.sent(), first);
  }
}

TEST(coap_transmission, waits_its_time_anew_when_it_was_woken_late) {
  client_behaviour b;
  b.timing.ack_random_permille = 1000;
  client_rig rig{b};
  (void)rig.get();
  (void)rig.sent();
  (void)rig.pass(100s); // the radio slept
  EXPECT_EQ(rig.sent().size(), 1U);
  EXPECT_EQ(rig.machine.next_timeout() - rig.now, duration{4s});
}

TEST(coap_transmission, follows_other_parameters) {
  client_behaviour b;
  b.timing.ack_timeout = 10s;
  b.timing.ack_random_permille = 1000;
  b.timing.max_retransmit = 2;
  client_rig rig{b};
  EXPECT_THAT(times_of(rig), ElementsAre(10s, 30s, 70s));
}

TEST(coap_message_ids, gives_no_id_twice_within_a_lifetime) {
  message_id_source ids{65'530};
  time_point now{};
  std::vector<time_point> used(65'536, never);
  std::uint32_t given = 0;
  for (int step = 0; step < 40; ++step, now += 20s) {
    for (int i = 0; i < 20'000 && ids.available(now, 247s); ++i) {
      const std::uint16_t id = ids.take();
      ASSERT_TRUE(used[id] == never || now - used[id] >= 247s) << id;
      used[id] = now;
      ++given;
    }
  }
  EXPECT_GT(given, 65'535U);
}

TEST(coap_message_ids, counts_what_was_used_late_in_the_window_before) {
  message_id_source ids{0};
  const auto take = [&](time_point now, std::uint32_t most) {
    std::uint32_t given = 0;
    while (given < most && ids.available(now, 247s)) {
      (void)ids.take();
      ++given;
    }
    return given;
  };
  EXPECT_EQ(take(time_point{} + 240s, 40'000), 40'000U);
  EXPECT_EQ(take(time_point{} + 250s, 40'000), 25'535U);
  EXPECT_EQ(take(time_point{} + 480s, 40'000), 0U);
  EXPECT_EQ(take(time_point{} + 497s, 40'000), 40'000U);
}

TEST(coap_message_ids, runs_out_at_65535_and_says_when_more_are_free) {
  message_id_source ids{0};
  time_point now{};
  now += 5s;
  for (std::uint32_t i = 0; i < message_id_source::most; ++i) {
    ASSERT_TRUE(ids.available(now, 247s));
    (void)ids.take();
  }
  EXPECT_FALSE(ids.available(now, 247s));
  now = ids.free_at(247s);
  EXPECT_FALSE(ids.available(now, 247s)); // the window before still counts
  now = ids.free_at(247s);
  EXPECT_TRUE(ids.available(now, 247s));
}

TEST(coap_message_ids, keeps_counted_ids_in_a_few_runs) {
  recent_ids heard;
  time_point now{};
  for (std::uint32_t i = 0; i < 2470; ++i, now += 100ms) {
    ASSERT_FALSE(heard.seen(static_cast<std::uint16_t>(65'000 + i), now, 247s, 256));
  }
  EXPECT_LE(heard.runs(), 9U);
  for (std::uint32_t i = 0; i < 2470; ++i) {
    ASSERT_TRUE(heard.seen(static_cast<std::uint16_t>(65'000 + i), now, 247s, 256)) << i;
  }
  heard.forget_old(now + 248s, 247s);
  EXPECT_TRUE(heard.empty());
  EXPECT_EQ(heard.memory_bytes(), 0U);
}

TEST(coap_message_ids, forgets_the_oldest_run_when_a_peer_scatters_them) {
  recent_ids heard;
  const time_point now{};
  for (std::uint16_t i = 0; i < 300; ++i) {
    ASSERT_FALSE(heard.seen(static_cast<std::uint16_t>(i * 2), now, 247s, 256));
  }
  EXPECT_EQ(heard.runs(), 256U);
  EXPECT_TRUE(heard.seen(598, now, 247s, 256));
  EXPECT_FALSE(heard.seen(0, now, 247s, 256));
}

} // namespace
} // namespace fleet::coap::test
