// When faults begin, grow, strike and end.
#include "protocol/faults/timeline.hpp"

#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

namespace fleet::faults {
namespace {

using namespace std::chrono_literals;

constexpr time_point at(duration d) {
  return time_point{d};
}

/// Writes down what it is told.
struct book final : timeline_events {
  void on_strike(const fault& f, const strike& whom) override {
    std::ostringstream out;
    out << f.name << " strikes " << whom.from_ppm << "-" << whom.to_ppm << " round " << whom.round;
    lines.push_back(out.str());
  }
  void on_strength(const fault& f, std::uint32_t ppm) override {
    lines.push_back(f.name + " has " + std::to_string(ppm));
  }
  void on_end(const fault& f) override { lines.push_back(f.name + " ends"); }

  std::vector<std::string> take() { return std::exchange(lines, {}); }
  std::vector<std::string> lines;
};
using lines = std::vector<std::string>;

fault named(effect what, std::string name, duration begin) {
  fault f = default_fault(what);
  f.name = std::move(name);
  f.at = begin;
  return f;
}

TEST(fault_timeline, has_no_edge_without_faults) {
  timeline t;
  book b;
  EXPECT_EQ(t.next_edge(), never);
  t.advance(at(1h), b);
  t.replay(b);
  EXPECT_TRUE(b.lines.empty());
}

TEST(fault_timeline, begins_and_ends_a_window_at_its_times) {
  timeline t;
  book b;
  ASSERT_TRUE(t.add(named(effect::stall, "s", 10s), at(1s)));
  EXPECT_EQ(t.next_edge(), at(11s));
  t.advance(at(11s) - 1ns, b);
  EXPECT_TRUE(b.take().empty());
  t.advance(at(11s), b);
  EXPECT_EQ(b.take(), (lines{"s strikes 0-1000000 round 0"}));
  EXPECT_EQ(t.find("s")->now, timeline::state::in_force);
  EXPECT_EQ(t.next_edge(), at(41s));
  t.advance(at(41s), b);
  EXPECT_EQ(b.take(), (lines{"s ends"}));
  EXPECT_EQ(t.next_edge(), never);
  EXPECT_EQ(t.find("s")->now, timeline::state::over);
}

TEST(fault_timeline, strikes_a_moment_once_or_again_and_again) {
  timeline t;
  book b;
  ASSERT_TRUE(t.add(named(effect::reset, "once", 1s), at(0s)));
  fault often = named(effect::reset, "often", 2s);
  often.every = 3s;
  often.span = 9s; // at 2, 5 and 8 s; 11 s is its end
  ASSERT_TRUE(t.add(often, at(0s)));
  t.advance(at(1h), b);
  EXPECT_EQ(b.take(), (lines{"once strikes 0-1000000 round 0", "once ends",
                             "often strikes 0-1000000 round 0", "often strikes 0-1000000 round 1",
                             "often strikes 0-1000000 round 2", "often ends"}));
}

TEST(fault_timeline, makes_a_gradual_effect_stronger_step_by_step) {
  timeline t;
  book b;
  fault f = named(effect::latency, "l", 0s);
  f.ramp = 400ms; // steps of 100 ms: the least
  ASSERT_TRUE(t.add(f, at(0s)));
  t.advance(at(0s), b);
  EXPECT_EQ(b.take(), (lines{"l strikes 0-1000000 round 0", "l has 250000"}));
  EXPECT_EQ(t.next_edge(), at(100ms));
  t.advance(at(350ms), b);
  EXPECT_EQ(b.take(), (lines{"l has 500000", "l has 750000", "l has 1000000"}));
  EXPECT_EQ(t.next_edge(), at(30s));
}

TEST(fault_timeline, reaches_one_device_after_another_over_a_ramp_and_each_once) {
  timeline t;
  struct sum final : timeline_events {
    void on_strike(const fault&, const strike& whom) override {
      EXPECT_EQ(whom.from_ppm, reached);
      EXPECT_GT(whom.to_ppm, whom.from_ppm);
      reached = whom.to_ppm;
      ++steps;
    }
    void on_strength(const fault&, std::uint32_t) override { FAIL(); }
    void on_end(const fault&) override { ended = true; }
    std::uint32_t reached = 0;
    std::uint32_t steps = 0;
    bool ended = false;
  } told;
  fault f = named(effect::power_loss, "p", 0s);
  f.ramp = 20s;
  ASSERT_TRUE(t.add(f, at(0s)));
  t.advance(at(10s), told);
  EXPECT_NEAR(told.reached, 500'000, 30'000);
  t.advance(at(20s), told);
  EXPECT_EQ(told.reached, whole_ppm);
  EXPECT_EQ(told.steps, timeline::ramp_steps);
  EXPECT_FALSE(told.ended);
  t.advance(at(30s), told);
  EXPECT_TRUE(told.ended);
}

TEST(fault_timeline, repeats_a_moment_that_takes_a_while_from_the_first_device_on) {
  timeline t;
  book b;
  fault f = named(effect::kick, "k", 0s);
  f.every = 1s;
  f.span = 2s;
  f.ramp = 200ms;
  ASSERT_TRUE(t.add(f, at(0s)));
  t.advance(at(10s), b);
  EXPECT_EQ(b.take(),
            (lines{"k strikes 0-500000 round 0", "k strikes 500000-1000000 round 0",
                   "k strikes 0-500000 round 1", "k strikes 500000-1000000 round 1", "k ends"}));
}

TEST(fault_timeline, tells_edges_in_the_order_of_time_and_of_adding) {
  timeline t;
  book b;
  ASSERT_TRUE(t.add(named(effect::stall, "b", 2s), at(0s)));
  ASSERT_TRUE(t.add(named(effect::stall, "c", 2s), at(0s)));
  ASSERT_TRUE(t.add(named(effect::stall, "a", 1s), at(0s)));
  t.advance(at(40s), b);
  EXPECT_EQ(b.take(), (lines{"a strikes 0-1000000 round 0", "b strikes 0-1000000 round 0",
                             "c strikes 0-1000000 round 0", "a ends", "b ends", "c ends"}));
}

TEST(fault_timeline, lasts_for_ever_where_nobody_says_how_long) {
  timeline t;
  book b;
  ASSERT_TRUE(t.add(named(effect::dead_battery, "d", 1s), at(0s)));
  t.advance(at(1000h), b);
  EXPECT_EQ(b.take(), (lines{"d strikes 0-1000000 round 0"}));
  EXPECT_EQ(t.next_edge(), never);
  EXPECT_TRUE(t.remove("d", b));
  EXPECT_EQ(b.take(), (lines{"d ends"}));
}

TEST(fault_timeline, removes_before_during_and_after) {
  timeline t;
  book b;
  EXPECT_FALSE(t.remove("x", b));
  ASSERT_TRUE(t.add(named(effect::stall, "x", 1s), at(0s)));
  EXPECT_TRUE(t.remove("x", b));
  EXPECT_TRUE(b.take().empty());
  ASSERT_TRUE(t.add(named(effect::stall, "x", 1s), at(0s)));
  t.advance(at(2s), b);
  EXPECT_TRUE(t.remove("x", b));
  EXPECT_EQ(b.take(), (lines{"x strikes 0-1000000 round 0", "x ends"}));
  ASSERT_TRUE(t.add(named(effect::stall, "x", 1s), at(0s)));
  t.advance(at(40s), b);
  b.take();
  EXPECT_TRUE(t.remove("x", b));
  EXPECT_TRUE(b.take().empty());
}

TEST(fault_timeline, ends_all_that_is_in_force_at_once) {
  timeline t;
  book b;
  ASSERT_TRUE(t.add(named(effect::stall, "now", 1s), at(0s)));
  ASSERT_TRUE(t.add(named(effect::stall, "later", 1h), at(0s)));
  t.advance(at(2s), b);
  b.take();
  t.remove_all(b);
  EXPECT_EQ(b.take(), (lines{"now ends"}));
  EXPECT_TRUE(t.all().empty());
}

TEST(fault_timeline, tells_again_what_is_in_force_and_not_what_struck) {
  timeline t;
  book b;
  fault gradual = named(effect::latency, "l", 0s);
  gradual.ramp = 20s;
  fault spread = named(effect::power_loss, "p", 0s);
  spread.ramp = 20s;
  ASSERT_TRUE(t.add(gradual, at(0s)));
  ASSERT_TRUE(t.add(spread, at(0s)));
  ASSERT_TRUE(t.add(named(effect::reset, "r", 0s), at(0s)));
  ASSERT_TRUE(t.add(named(effect::stall, "later", 1h), at(0s)));
  t.advance(at(10s), b);
  b.take();
  t.replay(b);
  EXPECT_EQ(b.take(),
            (lines{"l strikes 0-1000000 round 0", "l has 520000", "p strikes 0-520000 round 0"}));
}

TEST(fault_timeline, refuses_a_second_of_a_name_what_is_not_whole_and_too_many) {
  timeline t;
  ASSERT_TRUE(t.add(named(effect::stall, "a", 0s), at(0s)));
  EXPECT_FALSE(t.add(named(effect::loss, "a", 0s), at(0s)));
  fault none = named(effect::stall, "b", 0s);
  none.span = 0s;
  EXPECT_FALSE(t.add(none, at(0s)));
  for (std::size_t i = 1; i < timeline::faults_max; ++i) {
    ASSERT_TRUE(t.add(named(effect::stall, "n" + std::to_string(i), 0s), at(0s)));
  }
  EXPECT_FALSE(t.add(named(effect::stall, "one more", 0s), at(0s)));
}

TEST(fault_timeline, does_at_once_what_should_have_begun_before) {
  timeline t;
  book b;
  ASSERT_TRUE(t.add(named(effect::stall, "s", 0s), at(0s)));
  t.advance(at(10s), b);
  EXPECT_EQ(b.take(), (lines{"s strikes 0-1000000 round 0"}));
  EXPECT_EQ(t.next_edge(), at(30s));
}

} // namespace
} // namespace fleet::faults
