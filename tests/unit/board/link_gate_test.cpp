// What passes a disturbed link, measured: when, how much, in what pieces, and what has changed.
#include <algorithm>
#include <cmath>

#include "tests/unit/board/link_rig.hpp"

namespace fleet::hal {
namespace {

TEST(link_gate, delays_both_ways_by_the_latency_and_nothing_else) {
  link_rig r;
  r.connected();
  r.trouble.latency = 300ms;
  r.it.disturb(r.trouble);
  const time_point sent = r.w.now();
  r.say("up");
  r.far().write("down");
  r.w.run_for(10s);
  ASSERT_EQ(r.up.size(), 1U);
  ASSERT_EQ(r.down.size(), 1U);
  EXPECT_EQ(r.up[0], std::pair(sent + 300ms + way_time, std::string{"up"}));
  EXPECT_EQ(r.down[0], std::pair(sent + 300ms + way_time, std::string{"down"}));
}

TEST(link_gate, counts_from_when_an_owner_that_never_seals_appended) {
  link_rig r;
  r.connected();
  r.trouble.latency = 300ms;
  r.it.disturb(r.trouble);
  const time_point sent = r.w.now();
  r.it.output().append(std::string_view{"a"});
  r.it.output().append(std::string_view{"b"});
  r.w.run_for(1s);
  EXPECT_EQ(r.up, (arrivals{{sent + 300ms + way_time, "ab"}}));
}

// An owner that never seals answers what it is told: that goes with the next turn, for which the
// gate waits without waking itself over and over.
TEST(link_gate, waits_for_its_turn_with_what_an_owner_that_never_seals_answers) {
  link_rig r;
  r.connected();
  r.trouble.octets_per_s = 1000;
  r.it.disturb(r.trouble);
  r.owner.when_received = [&r](support::recorder&, std::string_view) {
    r.it.output().append(noise(10));
  };
  r.far().write("say more");
  r.w.run_for(10s);
  EXPECT_TRUE(r.far().received == noise(10));
}

TEST(link_gate, makes_an_attempt_longer_by_each_way_of_its_handshake) {
  for (const bool secure : {false, true}) {
    support::modelled_security model; // two round trips
    link_rig r{secure ? &model : nullptr};
    r.trouble.latency = 100ms;
    r.it.disturb(r.trouble);
    r.open();
    r.w.run_for(9s);
    ASSERT_EQ(r.owner.connected, 1);
    const int ways = secure ? 6 : 2;
    EXPECT_EQ(r.owner.connected_at - time_point{}, ways * (100ms + way_time)) << secure;
  }
}

TEST(link_gate, adds_jitter_within_its_bounds_evenly_and_keeps_order) {
  link_rig r;
  r.connected();
  r.trouble.jitter = 100ms;
  r.it.disturb(r.trouble);
  std::vector<time_point> sent;
  for (int i = 0; i < 1000; ++i) {
    sent.push_back(r.w.now());
    r.say("x");
    r.far().write("y");
    r.w.run_for(1s);
  }
  for (const arrivals* const way : {&r.up, &r.down}) {
    ASSERT_EQ(way->size(), 1000U);
    double sum = 0;
    duration least = 1s;
    duration most{};
    for (std::size_t i = 0; i < 1000; ++i) {
      const duration late = (*way)[i].first - sent[i] - way_time;
      least = std::min(least, late);
      most = std::max(most, late);
      sum += seconds(late);
    }
    EXPECT_GE(least, 0ms);
    EXPECT_LE(least, 1ms);
    EXPECT_LE(most, 100ms);
    EXPECT_GE(most, 99ms);
    EXPECT_NEAR(sum / 1000, 0.050, 4 * 0.1 / std::sqrt(12.0 * 1000)) << "four deviations";
  }
  r.up.clear();
  std::string text;
  for (int i = 0; i < 200; ++i) { // closer together than the jitter
    text += std::to_string(i) + ' ';
    r.say(std::to_string(i) + ' ');
    r.w.run_for(1ms);
  }
  r.w.run_for(1s);
  std::string got;
  for (const auto& [at, piece] : r.up) {
    got += piece;
  }
  EXPECT_EQ(got, text);
}

TEST(link_gate, lets_as_many_octets_a_second_pass_as_its_rate_says) {
  for (const std::uint64_t rate : {50ULL, 10'000ULL, 1'000'000ULL}) {
    link_rig r;
    r.connected();
    r.trouble.octets_per_s = rate;
    r.it.disturb(r.trouble);
    const time_point begin = r.w.now();
    const std::string text = noise(10 * rate);
    r.say(text);
    r.far().write(text);
    r.w.run_for(60s);
    for (const arrivals* const way : {&r.up, &r.down}) {
      std::string all;
      for (const auto& [at, piece] : *way) {
        all += piece;
        const auto allowed = static_cast<double>(rate) * seconds(at - way_time - begin);
        ASSERT_LE(static_cast<double>(all.size()), allowed + 1) << rate;
        ASSERT_GE(static_cast<double>(all.size()) + 1448, allowed - 1) << rate;
      }
      EXPECT_TRUE(all == text);
      EXPECT_NEAR(seconds(way->back().first - begin - way_time), 10.0, 1e-6) << rate;
    }
  }
}

TEST(link_gate, does_not_make_up_for_time_in_which_nobody_sent) {
  link_rig r;
  r.connected();
  r.trouble.octets_per_s = 1000;
  r.it.disturb(r.trouble);
  r.w.run_for(60s);
  const time_point begin = r.w.now();
  r.say(noise(2000));
  r.w.run_for(10s);
  EXPECT_EQ(r.up.back().first, begin + 2s + way_time);
}

TEST(link_gate, holds_everything_back_in_a_stall_and_lets_it_go_in_order) {
  link_rig r;
  r.connected();
  r.trouble.stall = true;
  r.it.disturb(r.trouble);
  r.say("one ");
  r.far().write("eins ");
  r.w.run_for(60s);
  r.say("two");
  r.far().write("zwei");
  r.w.run_for(60s);
  EXPECT_TRUE(r.up.empty());
  EXPECT_TRUE(r.down.empty());
  const time_point end = r.w.now();
  r.it.relieve(r.trouble);
  r.w.run_for(10s);
  EXPECT_EQ(r.far().received, "one two");
  EXPECT_EQ(r.owner.received, "eins zwei");
  EXPECT_EQ(r.up.back().first, end + way_time);
  EXPECT_EQ(r.down.back().first, end);
  EXPECT_EQ(r.owner.closed + r.far().closed, 0);
}

TEST(link_gate, stalls_what_is_on_its_way_already) {
  link_rig r;
  r.connected();
  r.trouble.latency = 1s;
  r.it.disturb(r.trouble);
  r.say("up");
  r.far().write("down");
  r.w.run_for(500ms);
  const link_disturbance stall{.stall = true};
  r.it.disturb(stall);
  r.w.run_for(30s);
  r.far().write(" more"); // the gate looks at what it has
  r.w.run_for(30s);
  EXPECT_TRUE(r.up.empty());
  EXPECT_TRUE(r.down.empty());
  r.it.relieve(stall);
  r.w.run_for(10s);
  EXPECT_EQ(r.far().received, "up");
  EXPECT_EQ(r.owner.received, "down more");
}

TEST(link_gate, makes_up_for_no_time_of_a_stall) {
  link_rig r;
  r.connected();
  r.trouble.latency = 1s;
  r.trouble.octets_per_s = 1000;
  r.it.disturb(r.trouble);
  const link_disturbance stall{.stall = true};
  r.it.disturb(stall);
  r.say(noise(5000));
  r.far().write(noise(5000));
  r.w.run_for(60s);
  const time_point end = r.w.now();
  r.it.relieve(stall);
  r.w.run_for(60s);
  EXPECT_EQ(r.up.back().first, end + 6s + way_time);
  EXPECT_EQ(r.down.back().first, end + 6s);
}

TEST(link_gate, cuts_what_passes_into_slices) {
  for (const std::uint32_t slice : {1U, 7U}) {
    link_rig r;
    r.connected();
    r.trouble.slice_octets = slice;
    r.it.disturb(r.trouble);
    const std::string text = noise(1000);
    r.say(text);
    r.far().write(text);
    r.w.run_for(1s);
    for (const arrivals* const way : {&r.up, &r.down}) {
      EXPECT_EQ(way->size(), (1000 + slice - 1) / slice);
      for (const auto& [at, piece] : *way) {
        EXPECT_LE(piece.size(), slice);
      }
    }
    EXPECT_TRUE(r.far().received == text);
    EXPECT_TRUE(r.owner.received == text);
  }
}

TEST(link_gate, changes_one_octet_in_its_share_of_the_pieces) {
  link_rig r;
  r.connected();
  r.trouble.corrupt_ppm = 100'000;
  r.it.disturb(r.trouble);
  const std::string text = "0123456789";
  for (int i = 0; i < 5000; ++i) {
    r.say(text);
    r.far().write(text);
    r.w.run_for(10ms);
  }
  for (const arrivals* const way : {&r.up, &r.down}) {
    ASSERT_EQ(way->size(), 5000U);
    int spoiled = 0;
    for (const auto& [at, piece] : *way) {
      ASSERT_EQ(piece.size(), text.size());
      int changed = 0;
      for (std::size_t i = 0; i < text.size(); ++i) {
        changed += piece[i] != text[i] ? 1 : 0;
      }
      ASSERT_LE(changed, 1);
      spoiled += changed;
    }
    EXPECT_NEAR(spoiled, 500, 4 * std::sqrt(5000 * 0.1 * 0.9)) << "four deviations";
  }
}

TEST(link_gate, ends_a_secured_stream_when_a_record_is_damaged) {
  support::modelled_security model;
  link_rig r{&model};
  r.connected();
  r.trouble.corrupt_ppm = 1'000'000;
  r.it.disturb(r.trouble);
  r.far().write("hello");
  r.w.run_for(1s);
  EXPECT_EQ(r.owner.received, "");
  EXPECT_EQ(r.owner.closed, 1);
  EXPECT_EQ(r.owner.reason, close_reason::tls_failed);
  EXPECT_NE(r.owner.detail.find("bad record MAC"), std::string::npos);
  EXPECT_EQ(r.far().closed, 1);
}

TEST(link_gate, adds_latencies_and_takes_the_tightest_of_two_limits) {
  link_rig r;
  r.connected();
  link_disturbance other{.latency = 50ms, .octets_per_s = 1000};
  r.trouble.latency = 100ms;
  r.trouble.octets_per_s = 2000;
  r.it.disturb(r.trouble);
  r.it.disturb(other);
  r.it.disturb(other); // the same one counts once
  EXPECT_EQ(r.it.disturbed_by().latency, 150ms);
  const time_point begin = r.w.now();
  r.say(noise(1000));
  r.w.run_for(10s);
  EXPECT_EQ(r.up.back().first, begin + 1s + 150ms + way_time);
  r.it.relieve(other);
  r.up.clear();
  const time_point again = r.w.now();
  r.say(noise(1000));
  r.w.run_for(10s);
  EXPECT_EQ(r.up.back().first, again + 500ms + 100ms + way_time);
  r.it.relieve(r.trouble);
  r.w.run_for(1s);
  EXPECT_EQ(r.it.memory_bytes(), 0U);
}

TEST(link_gate, combines_shares_as_independent_chances) {
  EXPECT_EQ(either_ppm(0, 0), 0U);
  EXPECT_EQ(either_ppm(1'000'000, 0), 1'000'000U);
  EXPECT_EQ(either_ppm(500'000, 500'000), 750'000U);
  EXPECT_EQ(either_ppm(100'000, 0), 100'000U);
  const link_disturbance a{.slice_octets = 3, .hold_back = 1s, .refuse = true};
  const link_disturbance b{.slice_octets = 5, .hold_back = 2s, .cut = true};
  EXPECT_EQ(combined(a, b), combined(b, a));
  EXPECT_EQ(combined(a, b),
            (link_disturbance{.slice_octets = 3, .hold_back = 2s, .refuse = true, .cut = true}));
}

TEST(link_gate, follows_a_disturbance_that_grows) {
  link_rig r;
  r.connected();
  r.it.disturb(r.trouble); // nothing yet
  for (int step = 1; step <= 5; ++step) {
    r.trouble.latency = step * 100ms;
    r.it.disturbance_changed(r.trouble);
    r.up.clear();
    const time_point sent = r.w.now();
    r.say("x");
    r.w.run_for(2s);
    EXPECT_EQ(r.up, (arrivals{{sent + step * 100ms + way_time, "x"}}));
  }
}

TEST(link_gate, never_overtakes_what_is_on_its_way_when_it_ends) {
  link_rig r;
  r.connected();
  r.trouble.latency = 5s;
  r.it.disturb(r.trouble);
  r.say("first ");
  r.far().write("erst ");
  r.w.run_for(1s);
  r.it.relieve(r.trouble);
  r.say("second");
  r.far().write("zweit");
  r.w.run_for(10s);
  EXPECT_EQ(r.far().received, "first second");
  EXPECT_EQ(r.owner.received, "erst zweit");
  EXPECT_EQ(r.it.memory_bytes(), 0U) << "the queue is empty, and nothing is left of it";
}

TEST(link_gate, lets_a_full_queue_go_when_its_limit_ends) {
  link_rig r;
  r.connected();
  r.trouble.octets_per_s = 1000;
  r.it.disturb(r.trouble);
  const std::string text = noise(500'000);
  r.say(text);
  r.far().write(text);
  r.w.run_for(10s);
  EXPECT_EQ(r.far().received.size(), 10'000U - 20);
  const time_point end = r.w.now();
  r.it.relieve(r.trouble);
  r.w.run_for(1s);
  EXPECT_TRUE(r.far().received == text);
  EXPECT_TRUE(r.owner.received == text);
  EXPECT_LE(r.up.back().first, end + 100ms);
  EXPECT_LE(r.down.back().first, end + 100ms);
  EXPECT_EQ(r.it.memory_bytes(), 0U);
}

TEST(link_gate, pushes_back_on_both_sides_and_bounds_what_it_keeps) {
  link_rig r;
  r.connected();
  r.trouble.stall = true;
  r.it.disturb(r.trouble);
  const std::string text = noise(4'000'000);
  r.far().write(text);
  r.say(noise(high_water_bytes));
  r.w.run_for(60s);
  EXPECT_GT(r.far().stream->unsent(), 1'000'000U) << "the far side notices";
  EXPECT_EQ(r.it.unsent(), high_water_bytes) << "and so does the owner";
  EXPECT_LT(r.it.memory_bytes(), 3U << 20);
  EXPECT_EQ(r.owner.drained, 0);
  r.it.relieve(r.trouble);
  r.w.run_for(60s);
  EXPECT_TRUE(r.owner.received == text);
  EXPECT_EQ(r.far().received.size(), high_water_bytes);
  EXPECT_EQ(r.it.unsent(), 0U);
  EXPECT_EQ(r.owner.drained, 1);
}

TEST(link_gate, pauses_reading_for_its_owner) {
  link_rig r;
  r.connected();
  r.it.pause_reading(true);
  r.trouble.latency = 10ms;
  r.it.disturb(r.trouble);
  r.far().write("later");
  r.w.run_for(1s);
  EXPECT_EQ(r.owner.received, "");
  r.it.pause_reading(false);
  r.w.run_for(1s);
  EXPECT_EQ(r.owner.received, "later");
  r.it.pause_reading(true);
  r.it.relieve(r.trouble);
  r.w.run_for(1s);
  EXPECT_EQ(r.it.memory_bytes(), 0U);
  r.far().write(" still");
  r.w.run_for(1s);
  EXPECT_EQ(r.owner.received, "later");
  r.it.pause_reading(false);
  r.w.run_for(1s);
  EXPECT_EQ(r.owner.received, "later still");
}

TEST(link_gate, costs_nothing_before_and_after) {
  link_rig r;
  r.connected();
  EXPECT_EQ(r.it.memory_bytes(), 0U);
  r.it.disturbance_changed(r.trouble);
  r.it.relieve(r.trouble);
  EXPECT_EQ(r.it.memory_bytes(), 0U);
  r.trouble.latency = 1ms;
  r.it.disturb(r.trouble);
  EXPECT_GT(r.it.memory_bytes(), 0U);
  EXPECT_LT(r.it.memory_bytes(), 1024U) << "an idle one under it";
  r.it.relieve(r.trouble);
  r.w.run_for(1ms);
  EXPECT_EQ(r.it.memory_bytes(), 0U);
  r.say("goes straight");
  r.w.run_for(1s);
  EXPECT_EQ(r.far().received, "goes straight");
  r.it.close();
  r.w.run_for(1s);
  EXPECT_EQ(r.owner.reason, close_reason::local);
}

TEST(link_gate, draws_the_same_for_the_same_salt_and_others_for_another) {
  const auto delay = [](std::uint32_t salt) {
    link_rig r;
    link other{r.w.home(), salt};
    r.trouble.jitter = 1s;
    other.disturb(r.trouble);
    other.open({.peer = r.cloud.door->at()}, r.owner);
    r.w.run_for(9s);
    return r.owner.connected_at;
  };
  EXPECT_EQ(delay(1), delay(1));
  EXPECT_NE(delay(1), delay(2));
}

} // namespace
} // namespace fleet::hal
