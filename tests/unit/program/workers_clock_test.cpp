// How far another process's clock is ahead, and what it is told by when it jumps.
#include "fleet/workers/far_clock.hpp"
#include "fleet/workers/roll.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fleet::program {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

/// A machine whose clock is 100 s ahead of ours.
struct far_machine {
  /// Asked at `now`; the question takes `there` s and the answer `back`.
  void ask(double now, double there, double back) {
    const double told = now + there + ahead;
    clock.take({now, now + there + back, told, told - slept, told + calendar});
  }
  double ahead = 100;
  double slept = 0;
  double calendar = 1e9;
  far_clock clock;
};

TEST(far_clock, believes_the_quickest_of_the_last_answers) {
  far_machine m;
  m.ask(1, 0.4, 0.0);
  EXPECT_NEAR(m.clock.ahead_s(), 100.2, 1e-6); // as far as one can tell
  m.ask(2, 0.001, 0.001);
  EXPECT_NEAR(m.clock.ahead_s(), 100, 1e-6);
  m.ask(3, 0.0, 0.3);
  EXPECT_NEAR(m.clock.ahead_s(), 100, 1e-6);
  m.ahead = 100.05; // it runs fast
  for (std::size_t i = 0; i < far_clock::window; ++i) {
    m.ask(4.0 + static_cast<double>(i), 0.002, 0.002);
  }
  EXPECT_NEAR(m.clock.ahead_s(), 100.05, 1e-6);
  EXPECT_TRUE(m.clock.take_news().empty());
  EXPECT_EQ(m.clock.looks(), 3 + static_cast<int>(far_clock::window));
}

TEST(far_clock, tells_of_a_machine_that_slept) {
  far_machine m;
  m.ask(1, 0.001, 0.001);
  m.slept = 12;
  m.ask(14, 0.001, 0.001);
  EXPECT_THAT(m.clock.take_news(), ElementsAre("machine has slept for 12.0 s"));
  m.ask(15, 0.001, 0.001);
  EXPECT_TRUE(m.clock.take_news().empty()); // once
  EXPECT_NEAR(m.clock.ahead_s(), 100, 1e-6);
}

TEST(far_clock, tells_of_a_calendar_that_was_set) {
  far_machine m;
  m.ask(1, 0.001, 0.001);
  m.calendar -= 3600;
  m.ask(2, 0.001, 0.001);
  EXPECT_THAT(m.clock.take_news(), ElementsAre("machine's clock was set by -3600.0 s"));
  EXPECT_NEAR(m.clock.ahead_s(), 100, 1e-6);
}

TEST(far_clock, goes_with_a_clock_that_jumped) {
  far_machine m;
  m.ask(1, 0.001, 0.001);
  m.ahead = 92;
  m.ask(2, 0.1, 0.1);
  EXPECT_THAT(m.clock.take_news(), ElementsAre(HasSubstr("-8.0 s against ours")));
  EXPECT_NEAR(m.clock.ahead_s(), 92, 1e-6);
}

TEST(far_clock, takes_a_slow_answer_for_no_jump_and_a_false_one_for_none) {
  far_machine m;
  m.ask(1, 0.001, 0.001);
  m.ask(2, 5, 0);
  EXPECT_TRUE(m.clock.take_news().empty());
  m.clock.take({10, 9, 500, 500, 500}); // answered before it was asked
  EXPECT_EQ(m.clock.looks(), 2);
  EXPECT_NEAR(m.clock.ahead_s(), 100, 1e-6);
}

TEST(worker_clocks, that_jump_are_events_of_the_report) {
  crew_worker w;
  EXPECT_TRUE(w.hear({1, 1, 101, 101, 1000}, 0).empty());
  EXPECT_THAT(w.hear({14, 14, 114, 102, 1013}, 12.5),
              ElementsAre("its machine has slept for 12.0 s"));
  ASSERT_EQ(w.events.size(), 1U);
  EXPECT_EQ(w.events[0].at_s, 12.5);
  EXPECT_EQ(w.events[0].what, "its machine has slept for 12.0 s");
  double wall = 1013;
  for (std::size_t i = 0; i < crew_worker::events_most; ++i) {
    const auto now = 15 + static_cast<double>(i);
    wall += i % 2 == 0 ? 3600 : -3600;
    EXPECT_EQ(w.hear({now, now, now + 100, now + 88, now + 999 + wall - 1013}, now).size(), 1U)
        << i;
  }
  EXPECT_EQ(w.events.size(), crew_worker::events_most);
}

} // namespace
} // namespace fleet::program
