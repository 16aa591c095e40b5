// Rollouts from campaign to reboot through all pure machines: healthy, broken off, cut by the
// power, with bad images; the campaign's states must be what the devices run.
#include <gtest/gtest.h>

#include "tests/support/ota_world.hpp"

namespace fleet::ota {
namespace {

using cloud::campaign_rules;
using cloud::campaign_state;
using cloud::rollout_state;

campaign_rules in_waves() {
  campaign_rules out;
  out.select.waves = {200, 1000};
  out.under_way_max = 5;
  out.halt_permille = 300;
  out.retries = 1;
  return out;
}

/// What the campaign says of each device must be true of it.
void expect_true_states(const ota_world& w) {
  w.expect_true_images();
  for (const cloud::rollout_device& d : w.rollout->devices()) {
    EXPECT_EQ(d.state == rollout_state::succeeded, w.version_of(d.device) == "2.0") << d.device;
  }
}

TEST(ota_rollout, brings_all_devices_to_the_new_version_wave_by_wave) {
  ota_world w{30, in_waves()};
  w.run();
  EXPECT_EQ(w.rollout->sums().state, campaign_state::finished);
  EXPECT_EQ(w.rollout->sums().of(rollout_state::succeeded), 30U);
  EXPECT_EQ(w.rollout->sums().wave, 1);
  EXPECT_EQ(w.octets_sent, 30 * new_image.size()) << "each octet once a device";
  expect_true_states(w);
}

TEST(ota_rollout, survives_a_server_that_breaks_off_at_any_octet) {
  for (std::uint64_t seed = 0; seed < 30; ++seed) {
    campaign_rules rules = in_waves();
    rules.retries = 3;
    rules.halt_permille = 0;
    ota_world w{10, rules};
    w.breaks.emplace(seed, 0, "breaks");
    w.run();
    EXPECT_EQ(w.rollout->sums().of(rollout_state::succeeded), 10U) << seed;
    expect_true_states(w);
  }
}

TEST(ota_rollout, asks_for_fresh_addresses_where_the_first_have_expired) {
  ota_world w{10, in_waves()};
  w.token_life_s = 0;
  w.run();
  EXPECT_EQ(w.rollout->sums().of(rollout_state::succeeded), 10U);
  EXPECT_EQ(w.requests, 20U);
  EXPECT_EQ(w.rollout->sums().attempts_failed, 0U);
  expect_true_states(w);
}

/// Nobody gets the new version, the campaign halts in its first wave, and says so.
void expect_halted_in_wave_one(const ota_world& w, cloud::rollout_cause cause, int step) {
  const cloud::campaign_sums& sums = w.rollout->sums();
  EXPECT_EQ(sums.state, campaign_state::halted);
  EXPECT_EQ(sums.halted_by, cloud::halt_reason::failure_rate);
  EXPECT_EQ(sums.wave, 0);
  EXPECT_EQ(sums.of(rollout_state::succeeded), 0U);
  EXPECT_GT(sums.of(rollout_state::failed), 0U);
  for (const cloud::rollout_device& d : w.rollout->devices()) {
    if (d.state == rollout_state::failed) {
      EXPECT_EQ(d.wave, 0);
      EXPECT_EQ(d.cause, cause);
      EXPECT_EQ(d.step, step);
    }
  }
  expect_true_states(w);
}

TEST(ota_rollout, of_each_kind_of_bad_image_halts_before_the_second_wave_with_its_step) {
  ota_world digest{40, in_waves()};
  digest.image[77] ^= 1;
  digest.run();
  expect_halted_in_wave_one(digest, cloud::rollout_cause::step, -3);
  ota_world shorter{40, in_waves()};
  shorter.image.pop_back();
  shorter.run();
  expect_halted_in_wave_one(shorter, cloud::rollout_cause::step, -3);
  ota_world longer{40, in_waves()};
  longer.image.push_back(0);
  longer.run();
  expect_halted_in_wave_one(longer, cloud::rollout_cause::step, -3);
  ota_world large{40, in_waves()};
  large.image = hal::image_of(9, 4'097); // a slot has 4'096
  large.truth = offer_of(large.image, "2.0");
  large.run();
  expect_halted_in_wave_one(large, cloud::rollout_cause::step, -4);
  ota_world dead{40, in_waves()};
  dead.runs = false;
  dead.run();
  expect_halted_in_wave_one(dead, cloud::rollout_cause::old_version, 100);
}

TEST(ota_rollout, from_each_kind_of_bad_server_halts_before_the_second_wave) {
  for (const std::uint16_t status : std::initializer_list<std::uint16_t>{403, 404, 500, 503}) {
    ota_world w{40, in_waves()};
    w.fails_with = status;
    w.run();
    expect_halted_in_wave_one(w, cloud::rollout_cause::step, -2);
  }
}

TEST(ota_rollout, cut_by_the_power_at_every_step_of_a_flash_ends_in_true_states) {
  std::uint64_t steps = 0;
  {
    ota_world whole{2, campaign_rules{}};
    const auto before = whole.devices[0]->flash.chip.operations();
    whole.run();
    steps = whole.devices[0]->flash.chip.operations() - before;
  }
  ASSERT_GT(steps, 80U);
  for (std::uint64_t step = 0; step < steps; ++step) {
    for (const std::uint16_t moment : std::initializer_list<std::uint16_t>{0, 500, 1000}) {
      ota_world w{2, campaign_rules{}};
      w.devices[0]->flash.chip.plan_cut(hal::power_cut{.operation = step, .permille = moment});
      w.run();
      ASSERT_EQ(w.devices[0]->cuts, 1U) << step;
      ASSERT_EQ(w.rollout->sums().state, campaign_state::finished) << step << "/" << moment;
      ASSERT_EQ(w.rollout->sums().of(rollout_state::succeeded), 2U) << step << "/" << moment;
      expect_true_states(w);
      ASSERT_FALSE(testing::Test::HasFailure()) << step << "/" << moment;
    }
  }
}

} // namespace
} // namespace fleet::ota
