// The timer queue that both worlds share: order, re-arming, and a long random comparison with the
// simplest model there is.
#include "hal_sim/world/timer.hpp"

#include <algorithm>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "protocol/base/random.hpp"

namespace fleet::hal {
namespace {

constexpr time_point at(std::int64_t ns) {
  return time_point{duration{ns}};
}

struct probe final : timer {
  probe() = default;
  probe(std::vector<int>& into, int number) : log(&into), id(number) {}

  void on_wake(time_point now) override {
    woken = now;
    ++wakes;
    if (log != nullptr) {
      log->push_back(id);
    }
    if (queue != nullptr && again != never) {
      queue->arm(*this, std::exchange(again, never));
    }
    if (queue != nullptr && victim != nullptr) {
      queue->disarm(*victim);
    }
  }

  std::vector<int>* log = nullptr;
  int id = 0;
  int wakes = 0;
  time_point woken{};
  timer_queue* queue = nullptr;
  time_point again = never;
  timer* victim = nullptr;
};

TEST(timer_queue, wakes_nothing_when_empty_and_never_is_next) {
  timer_queue q;
  EXPECT_EQ(q.next(), never);
  EXPECT_EQ(q.size(), 0U);
  EXPECT_FALSE(q.wake_one(time_point::max()));
}

TEST(timer_queue, wakes_at_the_due_time_and_not_before) {
  timer_queue q;
  probe p;
  q.arm(p, at(10));
  EXPECT_TRUE(p.armed());
  EXPECT_EQ(q.next(), at(10));
  EXPECT_FALSE(q.wake_one(at(9)));
  EXPECT_TRUE(q.wake_one(at(10)));
  EXPECT_EQ(p.wakes, 1);
  EXPECT_FALSE(p.armed());
  EXPECT_FALSE(q.wake_one(at(11)));
}

TEST(timer_queue, breaks_ties_by_the_order_of_arming) {
  timer_queue q;
  std::vector<int> log;
  std::vector<std::unique_ptr<probe>> probes;
  for (int i = 0; i < 100; ++i) {
    probes.push_back(std::make_unique<probe>(log, i));
    q.arm(*probes.back(), at(5));
  }
  q.arm(*probes[0], at(5)); // armed anew: now the last
  while (q.wake_one(at(5))) {
  }
  ASSERT_EQ(log.size(), 100U);
  for (int i = 0; i < 99; ++i) {
    EXPECT_EQ(log[static_cast<std::size_t>(i)], i + 1);
  }
  EXPECT_EQ(log.back(), 0);
}

TEST(timer_queue, rearms_in_place_earlier_and_later) {
  timer_queue q;
  std::vector<int> log;
  probe a{log, 1};
  probe b{log, 2};
  q.arm(a, at(10));
  q.arm(b, at(20));
  q.arm(b, at(5));
  EXPECT_EQ(q.size(), 2U);
  EXPECT_EQ(q.next(), at(5));
  q.arm(b, at(30));
  EXPECT_EQ(q.next(), at(10));
  while (q.wake_one(at(100))) {
  }
  EXPECT_EQ(log, (std::vector<int>{1, 2}));
}

TEST(timer_queue, disarms_by_call_or_by_arming_for_never) {
  timer_queue q;
  probe a;
  probe b;
  q.arm(a, at(1));
  q.arm(b, at(2));
  q.disarm(a);
  q.disarm(a);
  EXPECT_FALSE(a.armed());
  q.arm(b, never);
  EXPECT_FALSE(b.armed());
  EXPECT_EQ(q.next(), never);
  EXPECT_FALSE(q.wake_one(at(100)));
  EXPECT_EQ(a.wakes + b.wakes, 0);
}

TEST(timer_queue, may_be_rearmed_from_its_own_wake) {
  timer_queue q;
  probe p;
  p.queue = &q;
  p.again = at(20);
  q.arm(p, at(10));
  EXPECT_TRUE(q.wake_one(at(10)));
  EXPECT_TRUE(p.armed());
  EXPECT_EQ(q.next(), at(20));
  EXPECT_TRUE(q.wake_one(at(20)));
  EXPECT_FALSE(p.armed());
}

TEST(timer_queue, spares_a_timer_that_another_one_disarms_at_the_same_instant) {
  timer_queue q;
  probe first;
  probe second;
  first.queue = &q;
  first.victim = &second;
  q.arm(first, at(3));
  q.arm(second, at(3));
  while (q.wake_one(at(3))) {
  }
  EXPECT_EQ(first.wakes, 1);
  EXPECT_EQ(second.wakes, 0);
}

/// How far ahead timers are armed, and how far time moves at once.
struct strides {
  std::int64_t ahead;
  std::int64_t at_once;
};

class timer_queue_at_random : public testing::TestWithParam<strides> {};

TEST_P(timer_queue_at_random, agrees_with_an_ordered_map_over_many_steps) {
  // The model: (due, order of arming) → timer.
  using key = std::pair<time_point, std::uint64_t>;
  constexpr std::size_t count = 300;
  timer_queue q;
  std::vector<int> woken;
  std::vector<std::unique_ptr<probe>> probes;
  std::map<key, int> model;
  std::vector<key> keys(count);
  for (std::size_t i = 0; i < count; ++i) {
    probes.push_back(std::make_unique<probe>(woken, static_cast<int>(i)));
  }
  random_stream random{7, 0, "timers"};
  std::uint64_t order = 0;
  std::int64_t now = 0;
  for (int step = 0; step < 200'000; ++step) {
    const auto which = static_cast<std::size_t>(random.below(count));
    const std::uint64_t dice = random.below(10);
    if (dice < 6) {
      const time_point due = at(now + random.between(0, GetParam().ahead));
      model.erase(keys[which]);
      keys[which] = {due, order++};
      model[keys[which]] = static_cast<int>(which);
      q.arm(*probes[which], due);
    } else if (dice < 8) {
      model.erase(keys[which]);
      keys[which] = {never, 0};
      q.disarm(*probes[which]);
    } else {
      now += random.between(0, GetParam().at_once);
      std::vector<int> expected;
      while (!model.empty() && model.begin()->first.first <= at(now)) {
        expected.push_back(model.begin()->second);
        model.erase(model.begin());
      }
      woken.clear();
      while (q.wake_one(at(now))) {
      }
      ASSERT_EQ(woken, expected) << "step " << step;
    }
    ASSERT_EQ(q.size(), model.size());
    ASSERT_EQ(q.next(), model.empty() ? never : model.begin()->first.first);
  }
  for (auto& p : probes) {
    q.disarm(*p);
  }
}

constexpr std::int64_t minute = 60'000'000'000;
/// Few distinct times, so that ties are common; some ticks of the wheel; about its whole turn; many
/// turns; and leaps that leave far behind what was armed.
INSTANTIATE_TEST_SUITE_P(strides, timer_queue_at_random,
                         testing::Values(strides{40, 2}, strides{1'000'000'000, 30'000'000},
                                         strides{5 * minute, 3'000'000'000},
                                         strides{90 * minute, 20'000'000'000},
                                         strides{90 * minute, 60 * minute}));

TEST(timer_queue, finds_what_is_far_when_time_has_stood_still_for_long) {
  timer_queue q;
  probe far;
  probe further;
  q.arm(further, at(100 * minute));
  q.arm(far, at(50 * minute));
  EXPECT_EQ(q.next(), at(50 * minute));
  EXPECT_FALSE(q.wake_one(at(50 * minute - 1)));
  EXPECT_EQ(q.next(), at(50 * minute));
  q.disarm(far);
  EXPECT_EQ(q.next(), at(100 * minute));
  EXPECT_TRUE(q.wake_one(at(200 * minute)));
  EXPECT_EQ(further.woken, at(200 * minute));
  EXPECT_EQ(q.next(), never);
}

/// Notes the steps it was told, and how many there were when it woke.
struct foreseeing final : timer {
  void on_wake(time_point) override { before_wake = steps; }
  void foresee(unsigned step) const noexcept override { steps.push_back(step); }
  mutable std::vector<unsigned> steps;
  std::vector<unsigned> before_wake;
};

TEST(timer_queue, tells_a_timer_step_by_step_that_its_turn_comes_nearer) {
  timer_queue q;
  std::vector<foreseeing> all(500);
  for (std::size_t i = 0; i < all.size(); ++i) {
    q.arm(all[i], at(static_cast<std::int64_t>(i)));
  }
  while (q.wake_one(at(500))) {
  }
  std::size_t whole = 0;
  for (const auto& one : all) {
    ASSERT_FALSE(one.before_wake.empty());
    EXPECT_EQ(one.before_wake.back(), 4U);
    EXPECT_TRUE(std::is_sorted(one.before_wake.begin(), one.before_wake.end()));
    whole += one.before_wake == std::vector<unsigned>{1, 2, 3, 4} ? 1 : 0;
  }
  EXPECT_GT(whole, all.size() * 9 / 10); // all but those that were armed to the front
}

} // namespace
} // namespace fleet::hal
