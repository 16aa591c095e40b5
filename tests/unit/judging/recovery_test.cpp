// Recovery from series of samples, as a run would see them.
#include <gmock/gmock.h>

#include "tests/unit/judging/recovery_rig.hpp"

namespace fleet::judging {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

TEST_F(recovering, takes_from_the_end_of_the_fault_to_the_last_device_that_is_back) {
  begin("cut");
  pass(1);
  lose(300);
  pass(99); // ten seconds
  end("cut");
  const double ended = now.at_s;
  pass(20);
  come_back(200);
  pass(15);
  EXPECT_FALSE(watch.findings().front().recovered_s) << "a hundred are missing";
  come_back(100);
  pass(30);
  const auto& f = watch.findings().front();
  EXPECT_EQ(f.name, "cut");
  EXPECT_NEAR(f.at_s, 2.0, 1e-6);
  EXPECT_NEAR(*f.ended_s, ended, 1e-6);
  ASSERT_TRUE(f.recovered_s);
  EXPECT_NEAR(*f.recovered_s, 3.6, 1e-6);
  EXPECT_EQ(f.selected, 300U);
  EXPECT_EQ(f.links_lost, 300U);
  EXPECT_TRUE(f.followed_by.empty());
}

TEST_F(recovering, waits_for_what_is_in_flight) {
  begin("slow");
  now.in_flight = 400;
  pass(10);
  end("slow");
  pass(25);
  EXPECT_FALSE(watch.findings().front().recovered_s);
  now.in_flight = 2; // as much as sampling sees by chance
  pass(20);
  ASSERT_TRUE(watch.findings().front().recovered_s);
  EXPECT_NEAR(*watch.findings().front().recovered_s, 2.6, 1e-6);
}

TEST_F(recovering, compares_with_what_was_in_flight_before) {
  now.in_flight = 80; // usual here
  pass(20);
  begin("slow");
  now.in_flight = 400;
  pass(10);
  end("slow");
  now.in_flight = 80;
  pass(20);
  EXPECT_TRUE(watch.findings().front().recovered_s);
}

TEST_F(recovering, is_not_put_off_by_a_sample_that_sees_more_in_flight) {
  begin("cut");
  lose(300);
  pass(10);
  end("cut");
  come_back(300);
  pass(5);
  now.in_flight = 400; // half a second
  pass(5);
  now.in_flight = 0;
  pass(10);
  ASSERT_TRUE(watch.findings().front().recovered_s);
  EXPECT_NEAR(*watch.findings().front().recovered_s, 0.1, 1e-6);
}

TEST_F(recovering, is_not_there_before_the_fleet_stays_whole) {
  begin("half_open");
  pass(1);
  end("half_open"); // nobody has noticed yet
  pass(5);
  EXPECT_FALSE(watch.findings().front().recovered_s);
  EXPECT_NEAR(*watch.waiting_s(0), 0.1, 1e-6) << "it looks whole since then";
  lose(300);
  pass(10);
  come_back(300);
  pass(20);
  ASSERT_TRUE(watch.findings().front().recovered_s);
  EXPECT_NEAR(*watch.findings().front().recovered_s, 1.6, 1e-6);
}

TEST_F(recovering, does_not_wait_for_devices_that_another_fault_keeps_off) {
  begin("power");
  lose(100);
  now.off_by_fault = 100;
  pass(10);
  begin("cut");
  lose(50);
  pass(10);
  end("cut");
  come_back(50);
  pass(20);
  EXPECT_TRUE(watch.findings()[1].recovered_s) << "a hundred are off by the other";
  EXPECT_EQ(watch.findings()[0].followed_by, "cut");
  EXPECT_FALSE(watch.findings()[0].ended_s);
}

TEST_F(recovering, does_not_wait_for_devices_that_were_missing_before) {
  lose(7);
  pass(20);
  begin("cut");
  lose(10);
  pass(10);
  end("cut");
  pass(15);
  EXPECT_FALSE(watch.findings().front().recovered_s);
  come_back(10);
  pass(15);
  EXPECT_TRUE(watch.findings().front().recovered_s);
}

TEST_F(recovering, takes_what_a_fault_in_force_does_as_usual_while_it_lasts) {
  begin("slow"); // all day
  now.in_flight = 400;
  pass(20);
  begin("cut");
  now.in_flight = 900;
  pass(10);
  end("cut");
  now.in_flight = 400;
  pass(20);
  EXPECT_TRUE(watch.findings()[1].recovered_s);
  end("slow");
  pass(30);
  EXPECT_FALSE(watch.findings()[0].recovered_s);
}

TEST_F(recovering, takes_no_fault_as_usual_that_was_recovered_from) {
  begin("first");
  lose(300);
  pass(10);
  begin("second");
  lose(100);
  pass(10);
  end("first");
  come_back(400);
  pass(20);
  ASSERT_TRUE(watch.findings()[0].recovered_s);
  lose(200); // by the second
  pass(5);
  end("second");
  pass(30);
  EXPECT_FALSE(watch.findings()[1].recovered_s) << "three hundred were missing at its begin";
}

TEST_F(recovering, says_what_followed_before_the_fleet_was_whole) {
  begin("first");
  lose(10);
  pass(10);
  end("first");
  pass(2);
  begin("second");
  pass(10);
  end("second");
  come_back(10);
  pass(20);
  EXPECT_EQ(watch.findings()[0].followed_by, "second");
  EXPECT_EQ(watch.findings()[1].followed_by, "");
  EXPECT_TRUE(watch.findings()[0].recovered_s);
}

TEST_F(recovering, is_told_of_moments_that_are_over_when_they_are_seen) {
  auto& kick = begin("kick");
  kick.in_force = false;
  kick.ended_s = kick.began_s;
  lose(300);
  pass(10);
  come_back(300);
  pass(20);
  const auto& f = watch.findings().front();
  EXPECT_EQ(f.ended_s, f.at_s);
  EXPECT_NEAR(*f.recovered_s, 1.1, 1e-6);
}

TEST_F(recovering, has_the_fullest_second_wherever_it_lies) {
  begin("cut");
  lose(300);
  pass(3);
  end("cut");
  for (int i = 0; i < 20; ++i) { // 15 a slice for two seconds, but for half a second of 30
    come_back(i >= 8 && i < 13 ? 30 : 15);
    pass(1);
  }
  EXPECT_EQ(watch.findings().front().reconnect_peak_per_s, 5U * 30 + 5 * 15);
}

TEST_F(recovering, counts_what_was_late_repeated_and_lost_its_link) {
  for (int i = 0; i < 1000; ++i) {
    asked.acks.record(50ms);
  }
  pass(1);
  begin("cut");
  pass(1);
  lose(300);
  now.resent += 40;
  for (int i = 0; i < 25; ++i) {
    asked.acks.record(3s);
  }
  asked.acks.record(900ms); // not late
  pass(10);
  end("cut");
  come_back(300);
  pass(20);
  asked.acks.record(10s); // not of this fault
  pass(5);
  const auto& f = watch.findings().front();
  EXPECT_EQ(f.delayed, 25U);
  EXPECT_EQ(f.delayed_after_s, 1.0);
  EXPECT_EQ(f.repeated, 40U);
  EXPECT_EQ(f.links_lost, 300U);
}

TEST_F(recovering, takes_slow_fleets_as_they_were_without_faults) {
  for (int i = 0; i < 1000; ++i) {
    asked.acks.record(500ms);
  }
  begin("first");
  pass(1);
  for (int i = 0; i < 100; ++i) {
    asked.acks.record(1500ms); // below four times the p99
    asked.acks.record(20s);
  }
  pass(10);
  end("first");
  pass(20);
  begin("second");
  pass(5);
  end("second");
  pass(20);
  EXPECT_NEAR(watch.findings()[0].delayed_after_s, 2.0, 0.1);
  EXPECT_EQ(watch.findings()[0].delayed, 100U);
  EXPECT_NEAR(watch.findings()[1].delayed_after_s, 2.0, 0.1) << "the first one's are not usual";
}

TEST_F(recovering, finds_back_off_as_it_should_be) {
  begin("refuse");
  lose(300);
  pass(1);
  for (int i = 0; i < 300; ++i) {
    asked.waited.record(1s + i * 3ms);
  }
  for (int i = 0; i < 50; ++i) {
    asked.waited.record(60s);
  }
  for (int i = 0; i < 30; ++i) {
    now.attempts += 10;
    pass(1);
  }
  end("refuse");
  come_back(300);
  pass(20);
  const auto& b = watch.findings().front().backoff;
  EXPECT_TRUE(b.kept());
  EXPECT_EQ(b.waits, 350U);
  EXPECT_NEAR(b.longest_s, 60, 1);
  EXPECT_NEAR(b.shortest_s, 1, 0.05);
  EXPECT_GT(b.distinct, 20U);
  EXPECT_EQ(b.attempts, 600U);
  EXPECT_EQ(b.attempts_peak_per_s, 300U + 90);
  EXPECT_EQ(b.allowed_per_s, 600U);
  EXPECT_NEAR(b.spread, 390.0 / 600, 0.01);
}

TEST_F(recovering, finds_waits_beyond_the_cap) {
  begin("refuse");
  pass(1);
  asked.waited.record(1500ms);
  asked.waited.record(90s);
  pass(5);
  end("refuse");
  pass(20);
  EXPECT_FALSE(watch.findings().front().backoff.capped);
  EXPECT_FALSE(watch.findings().front().backoff.kept());
}

TEST_F(recovering, finds_waits_that_are_all_the_same) {
  begin("refuse");
  pass(1);
  for (int i = 0; i < 40; ++i) {
    asked.waited.record(2s);
  }
  pass(5);
  end("refuse");
  pass(20);
  EXPECT_FALSE(watch.findings().front().backoff.jittered);
}

TEST_F(recovering, finds_devices_that_do_not_wait) {
  begin("refuse");
  lose(10);
  pass(1);
  now.attempts += 1000; // ten devices cannot, at a wait a second
  pass(5);
  end("refuse");
  come_back(10);
  pass(20);
  const auto& b = watch.findings().front().backoff;
  EXPECT_FALSE(b.spaced);
  EXPECT_EQ(b.allowed_per_s, 20U);
}

TEST_F(recovering, tells_what_is_open_when_the_run_ends) {
  begin("cut");
  lose(10);
  pass(10);
  end("cut");
  pass(30);
  EXPECT_NEAR(*watch.waiting_s(0), 3.0, 1e-6);
  watch.finish();
  EXPECT_FALSE(watch.findings().front().recovered_s);
  EXPECT_FALSE(watch.waiting_s(0));
}

TEST_F(recovering, does_not_call_it_whole_when_the_run_ends_before_that_can_be_known) {
  begin("cut");
  pass(10);
  end("cut");
  pass(3); // less than it must stay so
  watch.finish();
  EXPECT_FALSE(watch.findings().front().recovered_s);
  ASSERT_TRUE(watch.findings().front().whole_for_s);
  EXPECT_NEAR(*watch.findings().front().whole_for_s, 0.2, 0.11);
}

TEST_F(recovering, watches_the_next_of_a_name_before_the_fleet_is_whole_from_the_former) {
  begin("cut");
  pass(1);
  lose(300);
  pass(9);
  faults.clear(); // taken away, and the fleet is not whole
  const double again = now.at_s;
  begin("cut");
  pass(5);
  lose(100);
  pass(5);
  ASSERT_EQ(watch.findings().size(), 2U);
  EXPECT_NEAR(*watch.findings()[0].ended_s, again, 0.11);
  EXPECT_EQ(watch.findings()[0].followed_by, "cut");
  EXPECT_FALSE(watch.findings()[1].ended_s);
  EXPECT_EQ(watch.findings()[1].links_lost, 100U);
  end("cut");
  come_back(400);
  pass(20);
  EXPECT_TRUE(watch.findings()[0].recovered_s);
  EXPECT_TRUE(watch.findings()[1].recovered_s);
}

TEST_F(recovering, finds_those_that_do_not_wait_behind_a_fuller_second_that_was_allowed) {
  begin("cut");
  pass(1);
  lose(1000);
  pass(5);
  now.attempts += 1000; // all of them at once, as they may
  pass(15);
  come_back(990);
  pass(15);
  for (int i = 0; i < 20; ++i) { // ten go on, far more often than they may
    now.attempts += 50;
    pass(1);
  }
  end("cut");
  come_back(10);
  pass(20);
  const auto& backoff = watch.findings().front().backoff;
  EXPECT_GE(backoff.attempts_peak_per_s, 1000U);
  EXPECT_FALSE(backoff.spaced);
  EXPECT_GT(backoff.excess_per_s, 400U);
}

TEST_F(recovering, tells_faults_of_one_name_apart) {
  begin("cut");
  pass(5);
  end("cut");
  pass(20);
  faults.clear(); // taken away
  pass(5);
  begin("cut");
  pass(5);
  faults.clear(); // while in force
  pass(20);
  ASSERT_EQ(watch.findings().size(), 2U);
  EXPECT_TRUE(watch.findings()[1].ended_s);
  EXPECT_TRUE(watch.findings()[1].recovered_s);
}

TEST_F(recovering, tells_people_when_a_fault_begins_ends_and_is_recovered_from) {
  begin("cut", 1203);
  pass(5);
  end("cut");
  pass(20);
  EXPECT_THAT(watch.take_news(),
              ElementsAre("fault cut (partition) begins: 1,203 devices selected",
                          "fault cut is over: 1,203 of 1,203 devices hit",
                          HasSubstr("fault cut: the fleet is whole again, 0.1 s after its end")));
  EXPECT_TRUE(watch.take_news().empty());
}

TEST_F(recovering, looks_at_so_many_faults_and_no_more) {
  for (std::size_t i = 0; i < findings_most + 5; ++i) {
    auto& f = begin("f" + std::to_string(i));
    f.in_force = false;
    f.ended_s = f.began_s;
    if (i % 100 == 0) {
      pass(15);
    }
  }
  pass(30);
  EXPECT_EQ(watch.findings().size(), findings_most);
}

} // namespace fleet::judging
