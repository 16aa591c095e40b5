// A campaign watched to its end, against answers given by hand.
#include "fleet/console/campaign_watch.hpp"

#include <algorithm>

#include "tests/unit/program/rollout_rig.hpp"

namespace fleet::program {

using namespace test;

TEST(watch, ends_well_when_all_devices_succeeded) {
  scripted_admin twin;
  scripted_onlooker watcher{true};
  twin.give(201, campaign({.waiting = 10}));
  twin.give(campaign({.waiting = 8, .upgrading = 2}));
  twin.give(campaign({.wave = 2, .waiting = 5, .succeeded = 5}));
  twin.give(campaign({.state = "finished", .wave = 2, .succeeded = 10}));
  const auto o = outcome_of(twin, {"campaign", "start", "--firmware", "4", "--watch"}, watcher);
  EXPECT_EQ(o.code, exit_code::passed) << o.errors;
  EXPECT_EQ(watcher.lines,
            (std::vector<std::string>{
                " 0:00 r1 running wave 1 of 3 [....................] 0% | 0 of 10 succeeded, "
                "2 upgrading, 8 waiting",
                " 0:00 r1 running wave 3 of 3 [##########..........] 50% | 5 of 10 succeeded, "
                "5 waiting",
                " 0:01 r1 finished wave 3 of 3 [####################] 100% | 10 of 10 succeeded "
                "| 10/s"}));
  EXPECT_TRUE(o.out.starts_with("campaign     2 r1\n")) << o.out;
  EXPECT_EQ(watcher.finished, 1U);
}

TEST(watch, fails_when_the_campaign_halts_or_devices_failed) {
  for (const sums& end : {sums{.state = "halted", .waiting = 9, .failed = 1, .why = "so"},
                          sums{.state = "finished", .succeeded = 9, .failed = 1},
                          sums{.state = "cancelled", .succeeded = 9}}) {
    scripted_admin twin;
    twin.give(campaign(end));
    const auto o = outcome_of(twin, {"campaign", "status", "2", "--watch"});
    EXPECT_EQ(o.code, exit_code::expectation_failed) << end.state;
    EXPECT_NE(o.out.find("state"), std::string::npos);
  }
}

TEST(watch, is_a_line_every_few_seconds_where_lines_stay) {
  scripted_admin twin;
  scripted_onlooker watcher;
  for (int i = 0; i < 30; ++i) { // 15 seconds
    twin.give(campaign({.waiting = 10}));
  }
  twin.give(campaign({.wave = 1, .waiting = 10}));
  twin.give(campaign({.state = "finished", .succeeded = 10}));
  const auto o = outcome_of(twin, {"campaign", "status", "2", "--watch"}, watcher);
  EXPECT_EQ(o.code, exit_code::passed);
  ASSERT_EQ(watcher.lines.size(), 5U); // at 0, 5 and 10 s, at the new wave, at the end
  EXPECT_TRUE(watcher.lines[1].starts_with(" 0:05 "));
}

TEST(watch, leaves_the_campaign_going_when_it_is_interrupted) {
  scripted_admin twin;
  scripted_onlooker watcher;
  watcher.patience = 2;
  for (int i = 0; i < 3; ++i) {
    twin.give(campaign({.waiting = 10}));
  }
  const auto o = outcome_of(twin, {"campaign", "status", "2", "--watch"}, watcher);
  EXPECT_EQ(o.code, exit_code::interrupted);
  EXPECT_EQ(o.errors, "fleet cloud campaign status: campaign 2 goes on; `fleet cloud campaign "
                      "status 2 --watch` shows it again\n");
  for (const auto& asked : twin.asked) {
    EXPECT_EQ(asked.method, "GET");
  }
}

TEST(watch, outlives_a_twin_that_is_started_again_but_not_for_ever) {
  scripted_admin twin;
  scripted_onlooker watcher;
  twin.give(campaign({.waiting = 10}));
  for (unsigned i = 0; i < watch_silences_max; ++i) {
    twin.lose();
  }
  twin.give(campaign({.waiting = 9, .succeeded = 1}));
  for (unsigned i = 0; i < watch_silences_max; ++i) {
    twin.lose();
  }
  auto o = outcome_of(twin, {"campaign", "status", "2", "--watch"}, watcher);
  EXPECT_EQ(o.code, exit_code::environment_failed);
  EXPECT_EQ(twin.asked.size(), 3 + 2 * watch_silences_max);
  EXPECT_EQ(std::count(watcher.lines.begin(), watcher.lines.end(), "no answer; asking on"), 2);
  // One that was never there is told at once.
  scripted_admin nobody;
  o = outcome_of(nobody, {"campaign", "status", "2", "--watch"}, watcher);
  EXPECT_EQ(o.code, exit_code::environment_failed);
  EXPECT_EQ(nobody.asked.size(), 1U);
}

TEST(watch, stays_within_the_terminal) {
  scripted_admin twin;
  scripted_onlooker watcher{true};
  watcher.width = 30;
  twin.give(campaign({.state = "finished", .succeeded = 10}));
  (void)outcome_of(twin, {"campaign", "status", "2", "--watch"}, watcher);
  EXPECT_EQ(watcher.lines, (std::vector<std::string>{" 0:00 r1 finished wave 1 of 3 "}));
}

} // namespace fleet::program
