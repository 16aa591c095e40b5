// Campaigns of the twin against device actors, over HTTPS in the virtual world: rollouts that
// succeed, that lose power, and of everything that may be wrong with a firmware or its server. The
// campaign must end, in its first wave where all is bad, and say what is true.
#include "tests/sim/firmware/campaign_fleet.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;
using actors::update_result;
using cloud::campaign_state;
using cloud::firmware_fault;
using cloud::rollout_cause;
using cloud::rollout_state;
using support::campaign_fleet;

cloud::campaign_rules in_waves() {
  cloud::campaign_rules out;
  out.select.waves = {100, 1000};
  out.under_way_max = 50;
  out.halt_permille = 300;
  out.halt_after = 5;
  out.retry_after = 20s;
  out.attempt_most = 30min;
  return out;
}

TEST(firmware_campaign, brings_two_hundred_devices_to_the_new_version_wave_by_wave) {
  campaign_fleet fleet{200};
  ASSERT_EQ(fleet.online(), 200U);
  fleet.roll_out(in_waves());
  fleet.run_out(1h);
  const auto said = fleet.campaign();
  EXPECT_EQ(said.sums.state, campaign_state::finished);
  EXPECT_EQ(said.sums.of(rollout_state::succeeded), 200U);
  EXPECT_EQ(said.sums.attempts_failed, 0U);
  EXPECT_EQ(said.sums.wave, 1);
  fleet.expect_true_states();
  EXPECT_EQ(fleet.online(), 200U);
  EXPECT_EQ(fleet.results(update_result::succeeded), 200U);
  EXPECT_EQ(fleet.counts().firmware_octets.load(), 200U * campaign_fleet::image_bytes);
  EXPECT_EQ(fleet.twin->firmware()->firmware(1).value().octets_sent,
            200U * campaign_fleet::image_bytes);
  EXPECT_LT(fleet.stock_bytes(), 2 * campaign_fleet::image_bytes + 128 * 1024);
}

TEST(firmware_campaign, ends_well_when_a_quarter_of_the_boards_loses_its_power_on_the_way) {
  campaign_fleet fleet{100};
  random_stream chance{1, 0, "cuts"};
  for (std::uint32_t i = 0; i < 100; i += 4) {
    fleet.flash(i).chip.plan_cut(
        hal::power_cut{.operation = chance.below(280),
                       .permille = static_cast<std::uint16_t>(chance.below(1001))});
  }
  auto rules = in_waves();
  rules.retries = 3;
  fleet.roll_out(rules);
  fleet.run_out(3h);
  EXPECT_EQ(fleet.campaign().sums.state, campaign_state::finished);
  EXPECT_EQ(fleet.campaign().sums.of(rollout_state::succeeded), 100U);
  EXPECT_EQ(fleet.counts().firmware_power_losses.load(), 25U);
  fleet.expect_true_states();
}

TEST(firmware_campaign, fails_no_device_when_the_twin_is_away_in_the_middle_of_the_downloads) {
  campaign_fleet fleet{60, 8192};
  auto rules = in_waves();
  rules.select.waves.clear();
  fleet.roll_out(rules);
  fleet.run_for(4s);
  ASSERT_GT(fleet.counts().in_update[static_cast<std::size_t>(actors::update_state::downloading)],
            30U);
  fleet.die();
  fleet.run_for(40s); // the three attempts of these devices are used up after ten
  ASSERT_EQ(fleet.online(), 0U);
  fleet.live();
  fleet.run_out(1h);
  const auto said = fleet.campaign();
  EXPECT_EQ(said.sums.state, campaign_state::finished);
  EXPECT_EQ(said.sums.of(rollout_state::succeeded), 60U);
  EXPECT_EQ(said.sums.attempts_failed, 0U);
  EXPECT_EQ(fleet.results(update_result::download_failed), 0U);
  EXPECT_LT(fleet.counts().firmware_octets.load(), 60U * 80'000) << "they go on where they were";
  fleet.expect_true_states();
}

struct wrong {
  firmware_fault fault;
  std::uint16_t status;
  rollout_cause cause;
  int step; ///< of rollout_cause::step
};

/// All there is in design, part 9: the step code, the campaign's halt, and the devices unharmed.
TEST(firmware_campaign, of_each_bad_firmware_halts_by_itself_in_its_first_wave_and_says_why) {
  const wrong all[] = {
      {firmware_fault::wrong_digest, 404, rollout_cause::step, -3},
      {firmware_fault::short_body, 404, rollout_cause::step, -2},
      {firmware_fault::long_body, 404, rollout_cause::step, -3},
      {firmware_fault::wrong_size, 404, rollout_cause::step, -3},
      {firmware_fault::status, 404, rollout_cause::step, -2},
      {firmware_fault::status, 403, rollout_cause::step, -2},
      {firmware_fault::status, 500, rollout_cause::step, -2},
      {firmware_fault::stall, 404, rollout_cause::step, -2},
      {firmware_fault::redirect, 404, rollout_cause::step, -2},
      {firmware_fault::unbootable, 404, rollout_cause::old_version, 0},
  };
  for (const auto& w : all) {
    const std::string name = std::string{cloud::to_string(w.fault)} + std::to_string(w.status);
    campaign_fleet fleet{60};
    fleet.roll_out(in_waves(), w.fault, w.status);
    fleet.run_out(3h);
    const auto said = fleet.campaign();
    EXPECT_EQ(said.sums.state, campaign_state::halted) << name;
    EXPECT_EQ(said.sums.halted_by, cloud::halt_reason::failure_rate) << name;
    EXPECT_EQ(said.sums.wave, 0) << name;
    EXPECT_FALSE(said.why.empty()) << name;
    EXPECT_EQ(said.sums.of(rollout_state::succeeded), 0U) << name;
    const auto failed = said.sums.of(rollout_state::failed);
    EXPECT_GT(failed, 0U) << name;
    EXPECT_LT(failed, 20U) << name << ": the first wave alone";
    EXPECT_EQ(said.causes[static_cast<std::size_t>(w.cause)], failed) << name;
    if (w.step != 0) {
      EXPECT_EQ(said.steps[static_cast<std::size_t>(-w.step - 1)], failed) << name;
    }
    EXPECT_EQ(fleet.online(), 60U) << name;
    EXPECT_EQ(fleet.counts().in_update[0].load(), 60U) << name << ": nothing hangs";
    fleet.expect_true_states();
  }
}

} // namespace
} // namespace fleet
