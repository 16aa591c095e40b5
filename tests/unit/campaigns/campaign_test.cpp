// A campaign device by device: offers, reports, failures, retries, and time limits.
#include "tests/unit/campaigns/campaign_rig.hpp"

namespace fleet::cloud {
namespace {

using enum rollout_state;

TEST(campaign, offers_to_all_and_counts_only_the_reported_version_as_success) {
  campaign_rig r{plain_rules()};
  EXPECT_EQ(r.in(waiting), 10U);
  r.start(at(0));
  EXPECT_EQ(r.take_offers().size(), 10U);
  EXPECT_EQ(r.in(offered), 10U);
  r.progress(3, 1, at(1));
  EXPECT_EQ(r.device(3).state, upgrading);
  r.progress(3, 100, at(2));
  EXPECT_EQ(r.device(3).state, upgrading) << "a hundred is not yet a success";
  r.online(3, "2.0", at(3));
  EXPECT_EQ(r.device(3).state, succeeded);
  r.online(3, "1.0", at(4));
  EXPECT_EQ(r.device(3).state, succeeded) << "for good";
  for (std::uint32_t d = 0; d < 10; ++d) {
    r.upgrade(d, at(5));
  }
  EXPECT_EQ(r.machine.sums().state, campaign_state::finished);
  EXPECT_EQ(r.machine.sums().attempts_succeeded, 10U);
  EXPECT_EQ(r.take_offers().size(), 0U);
  EXPECT_EQ(r.machine.next_timeout(), at(3'600'000)) << "stale, and harmless";
  r.wait();
  EXPECT_EQ(r.in(succeeded), 10U);
  EXPECT_EQ(r.machine.next_timeout(), never);
  r.expect_sums();
}

TEST(campaign, offers_to_an_offline_device_when_it_comes_back) {
  auto devices = campaign_rig::fleet_of(3);
  devices[1].online = false;
  campaign_rig r{plain_rules(), devices};
  r.start(at(0));
  EXPECT_EQ(r.take_offers(), (std::vector<std::uint32_t>{0, 2}));
  r.online(1, "", at(10));
  EXPECT_EQ(r.take_offers(), (std::vector<std::uint32_t>{1}));
  r.online(1, "1.0", at(10));
  EXPECT_EQ(r.take_offers(), (std::vector<std::uint32_t>{1})) << "a boot: the offer may be lost";
  r.online(77, "1.0", at(10));
  EXPECT_TRUE(r.take_offers().empty()) << "a device that takes no part";
}

TEST(campaign, repeats_an_offer_to_who_was_away_or_booted_in_the_middle_of_it) {
  campaign_rig r{plain_rules(), 1};
  r.start(at(0));
  r.take_offers();
  r.online(0, "", at(1));
  EXPECT_TRUE(r.take_offers().empty()) << "it was there all the time";
  r.machine.offline(0);
  r.online(0, "", at(2));
  EXPECT_EQ(r.take_offers().size(), 1U);
  r.progress(0, 40, at(3));
  r.machine.offline(0);
  r.online(0, "", at(4));
  EXPECT_TRUE(r.take_offers().empty()) << "its download does not need the session";
  r.online(0, "1.0", at(5));
  EXPECT_EQ(r.take_offers().size(), 1U);
  EXPECT_EQ(r.device(0).attempts, 1) << "the same attempt, within its time";
  EXPECT_EQ(r.machine.next_timeout(), at(3'600'000));
}

TEST(campaign, takes_a_device_that_said_100_and_came_back_with_the_old_version_as_fallen_back) {
  campaign_rig r{plain_rules(), 1};
  r.start(at(0));
  r.progress(0, 100, at(1));
  r.online(0, "1.0", at(2));
  EXPECT_EQ(r.device(0).state, failed);
  EXPECT_EQ(r.device(0).cause, rollout_cause::old_version);
  EXPECT_EQ(r.machine.sums().state, campaign_state::finished);
  r.online(0, "2.0", at(3));
  EXPECT_EQ(r.device(0).state, succeeded) << "late is better than never";
  r.expect_sums();
}

TEST(campaign, leaves_out_who_runs_the_version_or_one_that_was_not_chosen) {
  campaign_rules rules = plain_rules();
  rules.select.from_versions = {"1.0"};
  const std::vector<device_facts> devices{{.device = 0, .version = "1.0", .online = true},
                                          {.device = 1, .version = "2.0", .online = true},
                                          {.device = 2, .version = "0.9", .online = true},
                                          {.device = 3, .version = "", .online = false},
                                          {.device = 4, .version = "", .online = false},
                                          {.device = 5, .version = "", .online = false}};
  campaign_rig r{rules, devices};
  EXPECT_EQ(r.machine.sums().already, 1U);
  EXPECT_EQ(r.machine.sums().devices, 4U);
  r.start(at(0));
  EXPECT_EQ(r.take_offers(), (std::vector<std::uint32_t>{0}));
  r.online(3, "0.9", at(1));
  EXPECT_EQ(r.device(3).state, cancelled);
  r.online(4, "2.0", at(1));
  EXPECT_EQ(r.device(4).state, succeeded);
  EXPECT_EQ(r.machine.sums().attempts_succeeded, 0U) << "it was never offered";
  r.online(5, "1.0", at(1));
  EXPECT_EQ(r.take_offers(), (std::vector<std::uint32_t>{5}));
}

TEST(campaign, keeps_the_step_that_a_device_failed_with) {
  for (const int step : {-1, -2, -3, -4}) {
    campaign_rig r{plain_rules(), 2};
    r.start(at(0));
    r.progress(0, 20, at(1));
    r.progress(0, step, at(2));
    EXPECT_EQ(r.device(0).state, failed);
    EXPECT_EQ(r.device(0).cause, rollout_cause::step);
    EXPECT_EQ(r.device(0).step, step);
    r.progress(0, 30, at(3));
    EXPECT_EQ(r.device(0).state, failed) << "a straggler";
    r.progress(1, 101, at(3));
    r.progress(1, -5, at(3));
    EXPECT_EQ(r.device(1).state, offered);
  }
}

TEST(campaign, tries_again_after_a_rest_as_often_as_it_may) {
  campaign_rules rules = plain_rules();
  rules.retries = 2;
  campaign_rig r{rules, 1};
  r.start(at(0));
  for (int attempt = 1; attempt <= 2; ++attempt) {
    EXPECT_EQ(r.take_offers().size(), 1U);
    const time_point now = at(attempt * 100'000);
    r.progress(0, -2, now);
    EXPECT_EQ(r.device(0).state, waiting);
    r.online(0, "1.0", now);
    EXPECT_TRUE(r.take_offers().empty()) << "it rests";
    EXPECT_FALSE(r.machine.asked(0, now));
    EXPECT_EQ(r.wait(), now + std::chrono::minutes{1});
  }
  EXPECT_EQ(r.take_offers().size(), 1U);
  r.progress(0, -2, at(300'000));
  EXPECT_EQ(r.device(0).state, failed);
  EXPECT_EQ(r.machine.sums().attempts_failed, 3U);
  EXPECT_EQ(r.machine.sums().state, campaign_state::finished);
  r.expect_sums();
}

TEST(campaign, ends_an_attempt_that_brings_no_report_in_time) {
  campaign_rules rules = plain_rules();
  rules.retries = 1;
  rules.attempt_most = std::chrono::seconds{100};
  campaign_rig r{rules, 2};
  r.start(at(0));
  r.progress(1, 50, at(99'000));
  EXPECT_EQ(r.wait(), at(100'000));
  EXPECT_EQ(r.in(waiting), 2U);
  EXPECT_EQ(r.device(1).cause, rollout_cause::timed_out);
  EXPECT_EQ(r.wait(), at(160'000));
  EXPECT_EQ(r.in(offered), 2U);
  r.upgrade(0, at(161'000));
  EXPECT_EQ(r.wait(), at(260'000));
  EXPECT_EQ(r.device(0).state, succeeded);
  EXPECT_EQ(r.device(1).state, failed);
  EXPECT_EQ(r.machine.sums().state, campaign_state::finished);
}

TEST(campaign, an_earlier_attempts_limit_does_not_end_a_later_attempt) {
  campaign_rules rules = plain_rules();
  rules.attempt_most = std::chrono::seconds{100};
  campaign_rig r{rules, 1};
  r.start(at(0));
  r.progress(0, -2, at(50'000));
  ASSERT_EQ(r.machine.sums().state, campaign_state::finished);
  r.machine.retry_failed(at(60'000));
  r.drain();
  EXPECT_EQ(r.take_offers().size(), 2U);
  EXPECT_EQ(r.machine.sums().state, campaign_state::running);
  EXPECT_EQ(r.wait(), at(100'000));
  EXPECT_EQ(r.device(0).state, offered);
  EXPECT_EQ(r.wait(), at(160'000));
  EXPECT_EQ(r.device(0).state, failed);
}

TEST(campaign, offers_at_its_rate_and_saves_up_nothing_over_a_pause) {
  campaign_rules rules = plain_rules();
  rules.offers_per_second = 2;
  campaign_rig r{rules, 4};
  for (std::uint32_t d = 1; d < 4; ++d) {
    r.machine.offline(d);
  }
  r.start(at(0));
  EXPECT_EQ(r.take_offers().size(), 1U);
  for (std::uint32_t d = 1; d < 4; ++d) {
    r.online(d, "", at(60'000));
  }
  EXPECT_EQ(r.take_offers().size(), 1U) << "not those of a minute at once";
  EXPECT_EQ(r.wait(), at(60'500));
  EXPECT_EQ(r.wait(), at(61'000));
  EXPECT_EQ(r.take_offers().size(), 2U);
}

TEST(campaign, holds_a_high_rate_with_timers_of_a_millisecond) {
  campaign_rules rules = plain_rules();
  rules.offers_per_second = 5'000;
  campaign_rig r{rules, 5'000};
  r.start(at(0));
  for (std::int64_t ms = 1; ms <= 500; ++ms) {
    r.machine.handle_timeout(at(ms));
    r.drain();
    EXPECT_LE(r.offers.size(), static_cast<std::size_t>(5 * ms + 1));
  }
  EXPECT_GE(r.offers.size(), 2'490U);
}

TEST(campaign, has_no_more_under_way_than_it_may) {
  campaign_rules rules = plain_rules();
  rules.under_way_max = 3;
  campaign_rig r{rules, 10};
  r.start(at(0));
  std::uint32_t done = 0;
  for (std::uint32_t d = 0; d < 10; ++d) {
    EXPECT_LE(r.in(offered) + r.in(upgrading), 3U);
    EXPECT_FALSE(r.machine.asked(9, at(1)) && done < 7);
    if (d % 2 == 0) {
      r.upgrade(d, at(1));
    } else {
      r.progress(d, -3, at(1));
    }
    ++done;
  }
  EXPECT_EQ(r.take_offers().size(), 10U);
  EXPECT_EQ(r.machine.sums().state, campaign_state::finished);
  EXPECT_EQ(r.in(succeeded), 5U);
}

TEST(campaign, answers_who_asks_and_offers_no_second_time) {
  campaign_rules rules = plain_rules();
  rules.offers_per_second = 1;
  campaign_rig r{rules, 3};
  EXPECT_FALSE(r.machine.asked(0, at(0))) << "it has not begun";
  r.start(at(0));
  EXPECT_EQ(r.take_offers(), (std::vector<std::uint32_t>{0}));
  EXPECT_TRUE(r.machine.asked(1, at(1)));
  r.drain();
  EXPECT_EQ(r.device(1).state, offered);
  EXPECT_EQ(r.device(1).attempts, 1);
  EXPECT_TRUE(r.machine.asked(1, at(2))) << "a fresh address";
  EXPECT_EQ(r.device(1).attempts, 1);
  EXPECT_FALSE(r.machine.asked(77, at(2)));
  EXPECT_EQ(r.wait(), at(1'000));
  EXPECT_EQ(r.take_offers(), (std::vector<std::uint32_t>{2})) << "not to 1 once more";
  r.upgrade(1, at(1'500));
  EXPECT_FALSE(r.machine.asked(1, at(1'600)));
}

TEST(campaign, fails_a_device_that_comes_back_with_another_version_again_and_again) {
  campaign_rules rules = plain_rules();
  rules.retries = 1;
  campaign_rig r{rules, 1};
  r.start(at(0));
  for (const int attempt : {1, 2}) {
    EXPECT_EQ(r.take_offers().size(), 1U) << attempt;
    r.progress(0, 40, at(attempt)); // its 100 is lost, or it never says one
    for (unsigned boot = 0; boot < campaign_repeats_max; ++boot) {
      r.online(0, "1.0", at(attempt));
      EXPECT_EQ(r.take_offers().size(), 1U) << "it may have booted in the middle";
    }
    EXPECT_EQ(r.machine.sums().attempts_failed, static_cast<std::uint32_t>(attempt - 1));
    r.online(0, "1.0", at(attempt));
    EXPECT_EQ(r.take_offers().size(), 0U);
    EXPECT_EQ(r.machine.sums().attempts_failed, static_cast<std::uint32_t>(attempt));
    EXPECT_EQ(r.device(0).cause, rollout_cause::old_version);
    if (attempt == 1) {
      EXPECT_EQ(r.device(0).state, waiting);
      r.machine.handle_timeout(at(100'000));
      r.drain();
    }
  }
  EXPECT_EQ(r.device(0).state, failed);
}

TEST(campaign, does_not_fail_a_device_that_gets_further_before_each_of_its_boots) {
  campaign_rig r{plain_rules(), 1};
  r.start(at(0));
  for (const int step : {10, 30, 50, 70, 72, 90}) { // by ranges, over more boots than repeats_max
    r.progress(0, step, at(step));
    r.take_offers();
    r.online(0, "1.0", at(step));
    ASSERT_EQ(r.take_offers().size(), 1U) << step;
  }
  EXPECT_EQ(r.machine.sums().attempts_failed, 0U);
  for (unsigned boot = 1; boot < campaign_repeats_max; ++boot) {
    r.progress(0, 90, at(100)); // and no further
    r.online(0, "1.0", at(100));
    EXPECT_EQ(r.take_offers().size(), 1U);
  }
  r.progress(0, 89, at(101));
  r.online(0, "1.0", at(101));
  EXPECT_EQ(r.device(0).cause, rollout_cause::old_version);
}

TEST(campaign, tells_what_changed_once_and_not_each_percent) {
  campaign_rig r{plain_rules(), 1};
  r.start(at(0));
  unsigned told = 0;
  for (int step = 0; step <= 100; ++step) {
    r.changed.clear();
    r.progress(0, step, at(step));
    told += static_cast<unsigned>(r.changed.size());
  }
  EXPECT_EQ(told, 2U) << "when it began and when it was there";
  EXPECT_EQ(r.device(0).step, 100);
}

} // namespace
} // namespace fleet::cloud
