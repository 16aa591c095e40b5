// A campaign as a whole: waves, halting by itself and by hand, cancelling, and a restarted twin.
#include "tests/unit/campaigns/campaign_rig.hpp"

namespace fleet::cloud {
namespace {

using enum rollout_state;

campaign_rules in_waves() {
  campaign_rules out = plain_rules();
  out.select.waves = {100, 500, 1000};
  return out;
}

/// Devices of the rig that are in a wave.
std::vector<std::uint32_t> of_wave(const campaign_rig& r, std::uint8_t wave) {
  std::vector<std::uint32_t> out;
  for (const rollout_device& d : r.machine.devices()) {
    if (d.wave == wave) {
      out.push_back(d.device);
    }
  }
  return out;
}

TEST(campaign_waves, open_one_after_the_other_when_the_one_before_is_done) {
  campaign_rules rules = in_waves();
  rules.wave_pause = std::chrono::seconds{10};
  campaign_rig r{rules, 200};
  r.start(at(0));
  for (std::uint8_t wave = 0; wave < 3; ++wave) {
    EXPECT_EQ(r.machine.sums().wave, wave);
    const auto now = at(wave * 100'000);
    const auto offers = r.take_offers();
    ASSERT_EQ(offers, of_wave(r, wave));
    for (const std::uint32_t d : offers) {
      r.upgrade(d, now);
    }
    if (wave < 2) {
      EXPECT_TRUE(r.take_offers().empty()) << "it pauses";
      EXPECT_FALSE(r.machine.asked(of_wave(r, 2).front(), now));
      EXPECT_EQ(r.wait(), now + std::chrono::seconds{10});
    }
  }
  EXPECT_EQ(r.machine.sums().state, campaign_state::finished);
  EXPECT_EQ(r.in(succeeded), 200U);
  r.expect_sums();
}

TEST(campaign_waves, need_not_wait_for_the_last_device_or_longer_than_they_may) {
  campaign_rules rules = in_waves();
  rules.wave_done_permille = 500;
  rules.wave_most = std::chrono::hours{24};
  campaign_rig r{rules, 200};
  r.start(at(0));
  const auto first = r.take_offers();
  for (std::size_t i = 0; i < (first.size() + 1) / 2; ++i) {
    EXPECT_EQ(r.machine.sums().wave, 0);
    r.upgrade(first[i], at(10));
  }
  EXPECT_EQ(r.machine.sums().wave, 1);
  for (const std::uint32_t d :
       r.machine.devices().subspan(0) | std::views::transform([](auto& x) { return x.device; })) {
    r.machine.offline(d); // a fleet that is switched off
  }
  while (r.machine.sums().wave == 1) {
    ASSERT_LE(r.machine.next_timeout(), at(10) + std::chrono::hours{24});
    r.wait();
  }
  EXPECT_EQ(r.machine.sums().wave, 2);
}

TEST(campaign_waves, a_bad_image_in_the_first_halts_by_itself_before_the_second) {
  campaign_rules rules = in_waves();
  rules.halt_permille = 200;
  rules.halt_after = 1'000; // more than the wave has: judged at its end all the same
  campaign_rig r{rules, 200};
  r.start(at(0));
  for (const std::uint32_t d : r.take_offers()) {
    r.progress(d, 100, at(1));
    r.online(d, "1.0", at(2)); // it did not boot
  }
  EXPECT_EQ(r.machine.sums().state, campaign_state::halted);
  EXPECT_EQ(r.machine.sums().halted_by, halt_reason::failure_rate);
  EXPECT_EQ(r.machine.sums().wave, 0);
  EXPECT_EQ(r.in(failed), of_wave(r, 0).size());
  EXPECT_EQ(r.machine.sums().judged_failed, r.in(failed));
  r.machine.handle_timeout(at(100'000'000));
  r.drain();
  EXPECT_TRUE(r.take_offers().empty());
  EXPECT_EQ(r.in(waiting), 200U - of_wave(r, 0).size());
}

TEST(campaign_waves, a_fleet_that_says_nothing_does_not_open_the_second_where_it_may_halt) {
  campaign_rules rules = in_waves();
  rules.halt_permille = 200;
  rules.wave_most = std::chrono::minutes{1};
  auto devices = campaign_rig::fleet_of(200);
  for (auto& d : devices) {
    d.online = false;
  }
  campaign_rig r{rules, devices};
  r.start(at(0));
  EXPECT_TRUE(r.machine.waits_for_devices());
  EXPECT_EQ(r.wait(), at(60'000));
  EXPECT_EQ(r.machine.next_timeout(), never);
  EXPECT_TRUE(r.machine.overdue());
  const std::uint32_t one = of_wave(r, 0).front();
  r.online(one, "1.0", at(100'000));
  r.upgrade(one, at(100'001));
  EXPECT_EQ(r.machine.sums().wave, 1) << "one succeeded, and the wave has had its time";
}

TEST(campaign_halt, with_nobody_left_to_offer_it_to_is_the_end) {
  campaign_rules rules = plain_rules();
  rules.halt_permille = 500;
  rules.halt_after = 1;
  campaign_rig r{rules, 2};
  r.start(at(0));
  r.progress(0, -1, at(1));
  ASSERT_EQ(r.machine.sums().state, campaign_state::halted);
  r.upgrade(1, at(2));
  EXPECT_EQ(r.machine.sums().state, campaign_state::finished);
  EXPECT_EQ(r.machine.sums().halted_by, halt_reason::failure_rate) << "it was";
  r.machine.retry_failed(at(3));
  r.drain();
  EXPECT_EQ(r.machine.sums().state, campaign_state::running);
  EXPECT_EQ(r.device(0).state, offered);
}

TEST(campaign_halt, comes_at_the_rate_and_not_below_it_once_enough_have_ended) {
  for (const std::uint32_t failures : {2U, 3U}) {
    campaign_rules rules = plain_rules();
    rules.halt_permille = 300;
    rules.halt_after = 10;
    campaign_rig r{rules, 100};
    r.start(at(0));
    for (std::uint32_t d = 0; d < 10; ++d) {
      EXPECT_EQ(r.machine.sums().state, campaign_state::running);
      if (d >= 10 - failures) {
        r.progress(d, -3, at(1));
      } else {
        r.upgrade(d, at(1));
      }
    }
    EXPECT_EQ(r.machine.sums().state == campaign_state::halted, failures == 3);
    EXPECT_EQ(r.machine.sums().judged, 10U);
  }
}

TEST(campaign_halt, lets_what_is_under_way_go_on_and_forgives_when_it_is_resumed) {
  campaign_rules rules = plain_rules();
  rules.halt_permille = 500;
  rules.halt_after = 2;
  rules.under_way_max = 4;
  campaign_rig r{rules, 10};
  r.start(at(0));
  r.take_offers();
  r.progress(0, -1, at(1));
  r.progress(1, -1, at(1));
  ASSERT_EQ(r.machine.sums().state, campaign_state::halted);
  r.take_offers();
  r.upgrade(2, at(2));
  EXPECT_EQ(r.device(2).state, succeeded);
  EXPECT_TRUE(r.take_offers().empty());
  r.machine.resume(at(3));
  r.drain();
  EXPECT_EQ(r.machine.sums().state, campaign_state::running);
  EXPECT_EQ(r.machine.sums().halted_by, halt_reason::none);
  EXPECT_EQ(r.machine.sums().judged, 0U);
  EXPECT_FALSE(r.take_offers().empty());
  r.progress(3, -1, at(4));
  EXPECT_EQ(r.machine.sums().state, campaign_state::running);
}

TEST(campaign_halt, by_hand_says_so_and_does_nothing_twice) {
  campaign_rig r{plain_rules(), 4};
  r.machine.halt();
  EXPECT_EQ(r.machine.sums().state, campaign_state::ready);
  r.machine.resume(at(0));
  EXPECT_EQ(r.machine.sums().state, campaign_state::ready);
  r.start(at(0));
  r.machine.halt();
  r.machine.halt();
  r.drain();
  EXPECT_EQ(r.machine.sums().halted_by, halt_reason::by_hand);
  EXPECT_EQ(r.campaign_changes, 2U);
}

TEST(campaign_cancel, ends_who_has_not_begun_and_lets_the_others_end) {
  campaign_rules rules = plain_rules();
  rules.under_way_max = 3;
  rules.retries = 5;
  campaign_rig r{rules, 6};
  r.start(at(0));
  r.progress(0, 10, at(1));
  r.progress(1, 10, at(1));
  r.machine.cancel();
  r.drain();
  EXPECT_EQ(r.in(cancelled), 3U);
  EXPECT_EQ(r.in(offered), 1U) << "its offer is out";
  EXPECT_EQ(r.in(upgrading), 2U);
  EXPECT_TRUE(r.machine.asked(2, at(2)));
  EXPECT_FALSE(r.machine.asked(5, at(2)));
  r.upgrade(0, at(2));
  r.progress(1, -2, at(2));
  EXPECT_EQ(r.device(0).state, succeeded);
  EXPECT_EQ(r.device(1).state, failed) << "no further attempt";
  r.online(2, "2.0", at(3));
  EXPECT_EQ(r.device(2).state, succeeded);
  r.online(3, "2.0", at(3));
  EXPECT_EQ(r.device(3).state, cancelled) << "not this campaign's doing";
  EXPECT_EQ(r.machine.under_way(), 0U);
  r.machine.retry_failed(at(4));
  r.machine.resume(at(4));
  r.machine.cancel();
  r.drain();
  EXPECT_EQ(r.machine.sums().state, campaign_state::cancelled);
  EXPECT_EQ(r.device(1).state, failed);
  r.expect_sums();
}

TEST(campaign_retry, gives_each_that_failed_one_attempt_more) {
  campaign_rules rules = plain_rules();
  rules.retries = 1;
  rules.retry_after = duration{0};
  campaign_rig r{rules, 2};
  r.start(at(0));
  const auto fail_twice = [&] {
    r.progress(0, -2, at(1));
    r.machine.handle_timeout(at(1));
    r.drain();
    r.progress(0, -2, at(1));
  };
  fail_twice();
  ASSERT_EQ(r.device(0).state, failed);
  r.take_offers();
  r.machine.retry_failed(at(2));
  r.drain();
  EXPECT_EQ(r.take_offers(), (std::vector<std::uint32_t>{0}));
  r.progress(0, -2, at(3));
  EXPECT_EQ(r.device(0).state, failed);
  EXPECT_EQ(r.machine.sums().state, campaign_state::running) << "device 1 is not done";
  r.expect_sums();
}

TEST(campaign_restart, goes_on_where_the_twin_was_killed_at_any_step) {
  campaign_rules rules = in_waves();
  rules.retries = 1;
  rules.retry_after = std::chrono::seconds{1};
  const auto play = [&](int killed_at) {
    auto r = std::make_unique<campaign_rig>(rules, 60);
    r->start(at(0));
    int step = 0;
    time_point now = at(0);
    for (int round = 0; round < 200 && r->machine.sums().state == campaign_state::running;
         ++round) {
      const std::vector<rollout_device> seen{r->machine.devices().begin(),
                                             r->machine.devices().end()};
      for (const rollout_device& d : seen) {
        if (step++ == killed_at) {
          const campaign_sums sums = r->machine.sums();
          const std::vector<rollout_device> rows{r->machine.devices().begin(),
                                                 r->machine.devices().end()};
          r = std::make_unique<campaign_rig>(rules, std::vector<device_facts>{});
          r->machine.restore(rows, sums, now);
          r->drain();
          EXPECT_EQ(r->machine.sums().by_state, sums.by_state);
          for (const rollout_device& back : rows) {
            r->online(back.device, "", now);
          }
        }
        const rollout_device is = r->device(d.device);
        if (is.state == offered) {
          r->progress(d.device, d.device % 7 == 0 && is.attempts == 1 ? -2 : 100, now);
        } else if (is.state == upgrading) {
          r->online(d.device, "2.0", now);
        }
      }
      now += std::chrono::seconds{1};
      r->machine.handle_timeout(now);
      r->drain();
      r->expect_sums();
    }
    EXPECT_EQ(r->machine.sums().state, campaign_state::finished) << killed_at;
    EXPECT_EQ(r->in(succeeded), 60U) << killed_at;
    return step;
  };
  const int steps = play(-1);
  ASSERT_GT(steps, 300);
  for (int killed_at = 0; killed_at < steps; ++killed_at) {
    play(killed_at);
    ASSERT_FALSE(testing::Test::HasFailure()) << killed_at;
  }
}

TEST(campaign_restart, gives_attempts_under_way_their_whole_time_again) {
  campaign_rules rules = plain_rules();
  campaign_rig before{rules, 2};
  before.start(at(0));
  campaign_rig r{rules, std::vector<device_facts>{}};
  r.machine.restore(before.machine.devices(), before.machine.sums(), at(1'000));
  EXPECT_EQ(r.machine.next_timeout(), at(3'601'000));
  EXPECT_FALSE(r.machine.next_event());
  r.online(0, "2.0", at(1'500));
  EXPECT_EQ(r.device(0).state, succeeded);
  r.wait();
  EXPECT_EQ(r.device(1).state, failed);
}

TEST(campaign_rules, are_checked) {
  const auto with = [](auto change) {
    campaign_rules rules = plain_rules();
    change(rules);
    return valid(rules);
  };
  EXPECT_TRUE(with([](auto&) {}));
  EXPECT_FALSE(with([](auto& r) { r.version.clear(); }));
  EXPECT_FALSE(with([](auto& r) { r.select.name.clear(); }));
  EXPECT_FALSE(with([](auto& r) { r.halt_permille = 1001; }));
  EXPECT_FALSE(with([](auto& r) { r.wave_done_permille = 0; }));
  EXPECT_FALSE(with([](auto& r) { r.wave_done_permille = 1001; }));
  EXPECT_FALSE(with([](auto& r) { r.retries = 255; }));
  EXPECT_FALSE(with([](auto& r) { r.attempt_most = duration{0}; }));
  EXPECT_FALSE(with([](auto& r) { r.wave_most = duration{0}; }));
  EXPECT_FALSE(with([](auto& r) { r.offers_per_second = 1'000'000'001; }));
}

TEST(campaign_size, of_a_large_fleet_is_sixteen_octets_a_device_and_each_event_is_cheap) {
  campaign_rules rules = plain_rules();
  rules.under_way_max = 500;
  campaign_rig r{rules, 100'000};
  r.start(at(0));
  std::size_t done = 0;
  while (r.machine.sums().state == campaign_state::running) {
    for (const std::uint32_t d : r.take_offers()) {
      r.upgrade(d, at(1));
      ++done;
    }
  }
  EXPECT_EQ(done, 100'000U);
  EXPECT_EQ(r.machine.devices().size_bytes(), 1'600'000U);
}

} // namespace
} // namespace fleet::cloud
