// Waves of small fleets, and waves in which nothing was tried: each has somebody to try it on.
#include <algorithm>

#include "tests/unit/campaigns/campaign_rig.hpp"

namespace fleet::cloud {
namespace {

using enum rollout_state;

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

TEST(campaign_waves, of_a_small_fleet_have_a_device_each_as_long_as_there_are_any) {
  campaign_rules rules = plain_rules();
  rules.select.waves = {1, 2, 3, 1000};
  auto devices = campaign_rig::fleet_of(5);
  devices[0].online = devices[1].online = devices[2].online = false;
  campaign_rig r{rules, devices};
  EXPECT_FALSE(r.machine.next_event());
  EXPECT_EQ(of_wave(r, 3).size(), 2U);
  r.start(at(0));
  for (std::uint8_t wave = 0; wave < 3; ++wave) {
    EXPECT_EQ(r.machine.sums().wave, wave);
    ASSERT_EQ(of_wave(r, wave).size(), 1U);
    const std::uint32_t one = of_wave(r, wave).front();
    EXPECT_EQ(one >= 3, wave < 2) << "who is there goes first";
    r.online(one, "1.0", at(1));
    r.upgrade(one, at(1));
  }
  EXPECT_EQ(r.machine.sums().wave, 3);
  const campaign_rig fewer{rules, 2};
  EXPECT_EQ(of_wave(fewer, 1).size(), 1U);
  EXPECT_EQ(of_wave(fewer, 3).size(), 0U);
}

TEST(campaign_waves, however_small_do_not_let_a_bad_image_through_to_everybody) {
  for (const std::uint32_t size : {2U, 20U, 60U}) {
    campaign_rules rules = plain_rules();
    rules.select.waves = {10, 1000};
    rules.halt_permille = 50;
    campaign_rig r{rules, size};
    r.start(at(0));
    const auto first = r.take_offers();
    EXPECT_EQ(first.size(), of_wave(r, 0).size());
    ASSERT_LT(first.size(), size);
    for (const std::uint32_t d : first) {
      r.progress(d, 100, at(1));
      r.online(d, "1.0", at(2));
    }
    EXPECT_EQ(r.machine.sums().state, campaign_state::halted);
    EXPECT_EQ(r.in(waiting), size - first.size());
    EXPECT_TRUE(r.take_offers().empty());
  }
}

TEST(campaign_waves, in_which_nothing_was_tried_are_lengthened_before_everybody_is_offered_it) {
  campaign_rules rules = plain_rules();
  rules.select.waves = {10, 1000};
  rules.halt_permille = 50;
  auto devices = campaign_rig::fleet_of(40);
  for (auto& d : devices) {
    d.online = false;
  }
  campaign_rig r{rules, devices};
  r.start(at(0));
  const auto first = of_wave(r, 0);
  for (const std::uint32_t d : first) {
    r.online(d, "2.0", at(1)); // somebody else's doing
  }
  EXPECT_EQ(r.machine.sums().wave, 0);
  EXPECT_EQ(of_wave(r, 0).size(), 2 * first.size());
  EXPECT_FALSE(r.changed.empty()) << "rows to keep";
  for (const std::uint32_t d : of_wave(r, 0)) {
    r.online(d, "1.0", at(2));
    r.progress(d, -2, at(2));
  }
  EXPECT_EQ(r.machine.sums().state, campaign_state::halted);
  EXPECT_EQ(r.in(waiting), of_wave(r, 1).size());
  r.expect_sums();
}

/// 100 devices in two waves; nobody of the first is there.
struct absent_wave {
  absent_wave() {
    rules.select.waves = {10, 1000};
    rules.halt_permille = 50;
    rules.wave_most = std::chrono::minutes{1};
    const campaign_rig all{rules, 100};
    first = of_wave(all, 0);
  }
  /// Online: `others` of the second wave.
  [[nodiscard]] campaign_rig with(std::size_t others) const {
    auto devices = campaign_rig::fleet_of(100);
    for (auto& d : devices) {
      const bool absent = std::ranges::find(first, d.device) != first.end();
      d.online = !absent && others != 0;
      others -= d.online ? 1 : 0;
    }
    return campaign_rig{rules, devices};
  }
  campaign_rules rules = plain_rules();
  std::vector<std::uint32_t> first;
};

TEST(campaign_waves, whose_devices_are_away_are_lengthened_by_others_when_they_had_their_time) {
  const absent_wave scene;
  ASSERT_FALSE(scene.first.empty());
  campaign_rig r = scene.with(60);
  r.start(at(0));
  EXPECT_TRUE(r.take_offers().empty());
  EXPECT_TRUE(r.machine.waits_for_devices());
  EXPECT_EQ(r.wait(), at(60'000));
  const auto tried = r.take_offers();
  ASSERT_EQ(tried.size(), scene.first.size()) << "as many again";
  EXPECT_FALSE(r.machine.waits_for_devices());
  EXPECT_EQ(r.machine.next_timeout(), at(60'000 + 3'600'000)) << "the attempts' own end";
  for (const std::uint32_t d : tried) {
    EXPECT_EQ(r.machine.sums().state, campaign_state::running);
    r.progress(d, -2, at(70'000));
  }
  EXPECT_EQ(r.wait(), at(120'000)) << "its time anew";
  EXPECT_EQ(r.machine.sums().state, campaign_state::halted) << "a bad one is found out";
  EXPECT_EQ(r.machine.sums().wave, 0);
  r.expect_sums();
}

TEST(campaign_waves, that_had_their_time_take_the_first_who_comes_of_a_later_one) {
  const absent_wave scene;
  campaign_rig r = scene.with(0);
  r.start(at(0));
  EXPECT_EQ(r.wait(), at(60'000));
  EXPECT_TRUE(r.machine.waits_for_devices());
  EXPECT_TRUE(r.machine.overdue());
  EXPECT_EQ(r.machine.next_timeout(), never) << "not again and again";
  const std::uint32_t one = of_wave(r, 1).front();
  r.online(one, "1.0", at(90'000));
  EXPECT_EQ(r.take_offers(), (std::vector<std::uint32_t>{one}));
  r.upgrade(one, at(91'000));
  EXPECT_EQ(r.machine.sums().wave, 0);
  EXPECT_EQ(r.wait(), at(150'000));
  EXPECT_EQ(r.machine.sums().wave, 1);
  r.expect_sums();
}

TEST(campaign_waves, of_devices_that_all_have_the_version_already_end_all_the_same) {
  campaign_rules rules = plain_rules();
  rules.select.waves = {100, 500, 1000};
  rules.halt_permille = 50;
  auto devices = campaign_rig::fleet_of(40);
  for (auto& d : devices) {
    d.online = false;
  }
  campaign_rig r{rules, devices};
  r.start(at(0));
  for (std::uint32_t d = 0; d < 40; ++d) {
    r.online(d, "2.0", at(1));
  }
  EXPECT_EQ(r.machine.sums().state, campaign_state::finished);
  r.expect_sums();
}

} // namespace
} // namespace fleet::cloud
