// Spells of slow acknowledgements, from samples of a run that is made up.
#include "fleet/judging/slow_spell.hpp"

#include <tuple>

#include <gtest/gtest.h>

namespace fleet::judging {

namespace {

using std::chrono::milliseconds;

/// A run that sends evenly, and samples of it each second.
class run {
public:
  explicit run(std::uint64_t per_s) : per_s_(per_s) {}

  /// So many seconds in which each report takes as long.
  void usual(int seconds, milliseconds each) {
    for (int i = 0; i < seconds; ++i) {
      for (std::uint64_t n = 0; n < per_s_; ++n) {
        acknowledgements_.record(each);
      }
      look(0);
    }
  }
  /// So many seconds without any, at the end of which all come at once, then the rest of its
  /// second.
  void frozen(int seconds) {
    for (int i = 0; i < seconds; ++i) {
      look(per_s_ * static_cast<std::uint64_t>(i + 1));
    }
    const auto all = per_s_ * static_cast<std::uint64_t>(seconds);
    for (std::uint64_t n = 0; n < all; ++n) {
      const double age_s = seconds - static_cast<double>(n) / static_cast<double>(per_s_);
      acknowledgements_.record(duration{static_cast<std::int64_t>(age_s * 1e9)});
    }
    usual(1, milliseconds{1});
  }
  /// A second in which this many take 80 ms, and all others as long as ever.
  void some_late(std::uint64_t late) {
    for (std::uint64_t n = 0; n < per_s_; ++n) {
      acknowledgements_.record(milliseconds{n < late ? 80 : 1});
    }
    look(0);
  }
  /// A second in which this many come, each as late.
  void trickle(std::uint64_t reports, milliseconds each) {
    for (std::uint64_t n = 0; n < reports; ++n) {
      acknowledgements_.record(each);
    }
    look(1'000);
  }
  void look(std::uint64_t in_flight) {
    moment_.at_s += 1;
    moment_.in_flight = in_flight;
    actors::histogram_snapshot now;
    acknowledgements_.read(now);
    watch_.look(moment_, now);
  }
  void skip(std::uint64_t reports) { moment_.skipped += reports; }
  void fault(bool in_force) { moment_.faults = in_force ? 1 : 0; }
  spell_watch& watch() { return watch_; }

private:
  std::uint64_t per_s_;
  actors::histogram acknowledgements_;
  spell_moment moment_{};
  spell_watch watch_;
};

} // namespace

TEST(slow_spell, of_a_target_that_stood_still_has_all_reports_that_were_due_meanwhile) {
  run r{10'000};
  r.usual(10, milliseconds{1});
  r.frozen(2);
  r.usual(5, milliseconds{1});
  r.watch().finish();
  ASSERT_EQ(r.watch().spells().size(), 1U);
  const auto& spell = r.watch().spells().front();
  EXPECT_NEAR(static_cast<double>(spell.affected), 20'000, 1'000);
  EXPECT_LE(spell.from_s, 10.05);
  EXPECT_GE(spell.from_s, 9.9);
  EXPECT_DOUBLE_EQ(spell.to_s, 13);
  EXPECT_NEAR(spell.slowest_s, 2, 0.02);
  EXPECT_DOUBLE_EQ(spell.above_s, 0.05);
  EXPECT_NEAR(spell.usual_s, 0.001, 0.0001);
  EXPECT_EQ(spell.unanswered, 0U);
  EXPECT_FALSE(spell.faulted);
}

TEST(slow_spell, is_none_where_all_take_as_long_as_ever) {
  run r{1'000};
  r.usual(20, milliseconds{300}); // a slow link, and always
  r.watch().finish();
  EXPECT_TRUE(r.watch().spells().empty());
}

TEST(slow_spell, is_held_against_four_times_what_was_usual) {
  run below{1'000};
  below.usual(10, milliseconds{300});
  below.usual(2, milliseconds{900});
  below.watch().finish();
  EXPECT_TRUE(below.watch().spells().empty());
  run r{1'000};
  r.usual(10, milliseconds{300});
  r.usual(2, milliseconds{1'300});
  r.watch().finish();
  ASSERT_EQ(r.watch().spells().size(), 1U);
  EXPECT_EQ(r.watch().spells().front().affected, 2'000U);
  EXPECT_NEAR(r.watch().spells().front().above_s, 1.2, 0.05);
}

TEST(slow_spell, needs_ten_late_ones_and_one_in_a_hundred) {
  for (const auto& [per_s, late, told] :
       {std::tuple{500, 9, false}, std::tuple{500, 10, true}, std::tuple{10'000, 99, false},
        std::tuple{10'000, 100, true}}) {
    run r{static_cast<std::uint64_t>(per_s)};
    r.usual(5, milliseconds{1});
    r.some_late(static_cast<std::uint64_t>(late));
    r.watch().finish();
    EXPECT_EQ(!r.watch().spells().empty(), told) << late << " of " << per_s;
  }
}

TEST(slow_spell, goes_on_to_the_end_where_the_target_never_comes_back) {
  run r{1'000};
  r.usual(10, milliseconds{1});
  r.look(1'000);
  r.fault(true);
  r.skip(300);
  r.look(1'700);
  r.watch().finish();
  ASSERT_EQ(r.watch().spells().size(), 1U);
  const auto& spell = r.watch().spells().front();
  EXPECT_EQ(spell.affected, 0U);
  EXPECT_EQ(spell.skipped, 300U);
  EXPECT_EQ(spell.unanswered, 1'700U);
  EXPECT_DOUBLE_EQ(spell.from_s, 10);
  EXPECT_DOUBLE_EQ(spell.to_s, 12);
  EXPECT_TRUE(spell.faulted);
}

TEST(slow_spell, goes_on_over_a_sample_of_which_little_came) {
  run r{1'000};
  r.usual(10, milliseconds{1});
  r.fault(true);
  r.look(1'000);
  r.fault(false);
  r.trickle(3, milliseconds{1'900});
  r.trickle(1'997, milliseconds{1'500});
  r.usual(2, milliseconds{1});
  r.watch().finish();
  ASSERT_EQ(r.watch().spells().size(), 1U);
  EXPECT_EQ(r.watch().spells().front().affected, 2'000U);
  EXPECT_TRUE(r.watch().spells().front().faulted);
}

TEST(slow_spell, is_forgotten_where_nothing_was_late_after_a_pause) {
  run r{1'000};
  r.usual(10, milliseconds{1});
  r.look(5);
  r.usual(3, milliseconds{1});
  r.watch().finish();
  EXPECT_TRUE(r.watch().spells().empty());
}

TEST(slow_spell, is_none_where_a_few_are_under_way_when_the_load_is_over) {
  for (const std::uint64_t left : {1, 9, 10}) {
    run r{1'000};
    r.usual(10, milliseconds{1});
    r.look(left);
    r.watch().finish();
    EXPECT_EQ(r.watch().spells().size(), left < 10 ? 0U : 1U) << left;
  }
}

TEST(slow_spell, is_not_told_more_often_than_a_hundred_times) {
  run r{1'000};
  for (int i = 0; i < 150; ++i) {
    r.usual(2, milliseconds{1});
    r.usual(1, milliseconds{200});
  }
  r.watch().finish();
  EXPECT_EQ(r.watch().spells().size(), spells_most);
}

} // namespace fleet::judging
