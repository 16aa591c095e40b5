// What recovery takes as usual, and how long it looks before it calls a fleet whole.
#include "tests/unit/judging/recovery_rig.hpp"

namespace fleet::judging {

using namespace std::chrono_literals;

TEST_F(recovering, waits_for_a_keep_alive_where_links_may_be_half_open_unnoticed) {
  begin("gone", 3).effect = "half_open";
  faults.back().strikes = 3;
  pass(1);
  end("gone");
  pass(40);
  EXPECT_FALSE(watch.findings().front().recovered_s) << "whole for four seconds, as it looks";
  lose(3);
  pass(1);
  come_back(3);
  pass(15); // all of them are known to have been lost: no need to wait any longer
  ASSERT_TRUE(watch.findings().front().recovered_s);
  EXPECT_NEAR(*watch.findings().front().recovered_s, 4.2, 0.11);
}

TEST_F(recovering, waits_no_longer_than_that_for_links_that_were_lost_otherwise) {
  begin("gone", 3).effect = "half_open";
  faults.back().strikes = 3;
  pass(1);
  end("gone");
  pass(60);
  ASSERT_TRUE(watch.findings().front().recovered_s);
  EXPECT_NEAR(*watch.findings().front().recovered_s, 0.1, 0.11);
}

TEST(recovering_from_the_start, waits_for_all_where_a_fault_is_there_before_anybody_is_online) {
  fake_distributions asked;
  recovery_watch watch{recovery_limits{1, 60, 1, 5}, asked};
  std::vector<fault_look> faults(1);
  faults[0].name = "refuse";
  faults[0].in_force = true;
  faults[0].began_s = 0;
  fleet_moment now;
  now.wanted = 100;
  const auto pass = [&](int slices) {
    for (int i = 0; i < slices; ++i) {
      now.at_s += 0.1;
      watch.look(now, faults);
    }
  };
  pass(50);
  faults[0].in_force = false;
  faults[0].ended_s = 5;
  now.online = 99;
  now.attempts = 400;
  pass(50);
  EXPECT_FALSE(watch.findings().front().recovered_s);
  now.online = 100;
  pass(20);
  ASSERT_TRUE(watch.findings().front().recovered_s);
  EXPECT_NEAR(*watch.findings().front().recovered_s, 5.1, 1e-6);
  EXPECT_EQ(watch.findings().front().backoff.attempts, 400U);
}

TEST_F(recovering, waits_for_those_behind_gateways) {
  now.children_online = now.children_wanted = 300;
  pass(20);
  begin("kick");
  now.children_online = 0;
  pass(5);
  end("kick");
  now.children_online = 299;
  pass(30);
  EXPECT_FALSE(watch.findings().front().recovered_s);
  now.children_online = 300;
  pass(20);
  ASSERT_TRUE(watch.findings().front().recovered_s);
  EXPECT_NEAR(*watch.findings().front().recovered_s, 3.1, 1e-6);
}

TEST_F(recovering, takes_children_that_come_and_go_as_usual) {
  now.children_wanted = 300;
  now.children_online = 298;
  pass(20);
  now.children_online = 300;
  pass(5);
  begin("kick");
  now.children_online = 200;
  pass(5);
  end("kick");
  now.children_online = 298;
  pass(20);
  EXPECT_TRUE(watch.findings().front().recovered_s);
}

TEST_F(recovering, counts_the_waits_that_are_drawn_at_the_moment_of_the_strike) {
  asked.waited.record(30s); // of somebody else, before
  now.attempts += 1;
  pass(10);
  auto& reset = begin("reset");
  reset.in_force = false;
  reset.ended_s = reset.began_s;
  lose(40);
  for (int i = 0; i < 40; ++i) {
    asked.waited.record(90s);
  }
  pass(5);
  come_back(40);
  pass(20);
  const auto& b = watch.findings().front().backoff;
  EXPECT_EQ(b.waits, 40U);
  EXPECT_FALSE(b.capped);
}

TEST_F(recovering, keeps_the_figures_of_a_fault_whose_name_waits_again) {
  begin("cut").hit = 10;
  pass(5);
  faults.clear();
  auto& next = begin("cut");
  next.hit = 0;
  next.in_force = false;
  next.began_s = -1;
  pass(20);
  ASSERT_EQ(watch.findings().size(), 1U);
  EXPECT_EQ(watch.findings().front().hit, 10U);
}

} // namespace fleet::judging
