// Faults of flash during a rollout, before the twin and its firmware server: power that fails in
// writes, flash that takes none, and bits that rot. What runs afterwards is always a whole image.
#include "actors/supervision/fault_driver.hpp"
#include "protocol/faults/fault.hpp"
#include "tests/sim/firmware/campaign_fleet.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;
using actors::update_result;
using cloud::rollout_state;
using faults::effect;
using support::campaign_fleet;

cloud::campaign_rules patient() {
  cloud::campaign_rules out;
  out.under_way_max = 50;
  out.halt_permille = 1000;
  out.halt_after = 1000;
  out.retries = 5;
  out.retry_after = 20s;
  out.attempt_most = 30min;
  return out;
}

void add(campaign_fleet& to, effect what, duration span,
         const std::function<void(faults::fault&)>& change = {}) {
  auto f = faults::default_fault(what);
  f.span = span;
  if (change) {
    change(f);
  }
  to.tell(actors::add_fault{std::make_shared<const faults::fault>(f)});
  to.run_for(1ms);
}

std::uint64_t strikes(campaign_fleet& of) {
  std::uint64_t out = 0;
  of.part().faults.each([&out](const actors::fault_mark& m) { out += m.strikes.load(); });
  return out;
}

TEST(power_loss_in_write, fails_in_a_share_of_the_steps_and_every_update_succeeds_in_the_end) {
  campaign_fleet fleet{30};
  add(fleet, effect::power_loss_in_write, 2min, [](auto& f) { f.share_ppm = 5'000; });
  fleet.roll_out(patient());
  fleet.run_out(3h);
  EXPECT_EQ(fleet.campaign().sums.of(rollout_state::succeeded), 30U);
  // 64 KiB in pages of 256 octets, and the blocks that are erased: 272 steps and some an update.
  const auto losses = fleet.counts().firmware_power_losses.load();
  EXPECT_GT(losses, 15U);
  EXPECT_LT(losses, 150U);
  fleet.expect_true_states();
  EXPECT_EQ(fleet.online(), 30U);
  fleet.flash(3).chip.plan_cut(std::nullopt);
}

TEST(full_flash, fails_the_burning_while_it_lasts) {
  campaign_fleet fleet{10};
  add(fleet, effect::full_flash, 60s);
  EXPECT_EQ(strikes(fleet), 10U);
  fleet.roll_out(patient());
  fleet.run_for(50s);
  EXPECT_EQ(fleet.campaign().sums.of(rollout_state::succeeded), 0U);
  EXPECT_EQ(fleet.results(update_result::succeeded), 0U);
  EXPECT_EQ(fleet.online(), 10U) << "what runs goes on";
  fleet.run_out(3h);
  EXPECT_EQ(fleet.campaign().sums.of(rollout_state::succeeded), 10U);
  fleet.expect_true_states();
}

TEST(bit_rot, is_found_by_the_boot_loader_at_the_next_boot) {
  campaign_fleet fleet{4};
  add(fleet, effect::bit_rot, 0s, [](auto& f) {
    f.size = 400; // of a chip of 34 blocks: some in the image, whatever the seed
    f.select.among = {{1, 1}};
  });
  EXPECT_EQ(strikes(fleet), 1U);
  fleet.run_for(30s);
  EXPECT_EQ(fleet.online(), 4U) << "what runs is in its memory";
  EXPECT_EQ(fleet.counts().firmware_dead.load(), 0U);
  add(fleet, effect::power_loss, 5s);
  fleet.run_for(20s);
  EXPECT_EQ(fleet.online(), 3U);
  EXPECT_EQ(fleet.counts().firmware_dead.load(), 1U) << "and there is no second image";
  EXPECT_FALSE(fleet.flash(1).running.starts());
  add(fleet, effect::dead_battery, 5s);
  fleet.run_for(20s);
  EXPECT_EQ(fleet.counts().firmware_dead.load(), 1U) << "counted once";
}

TEST(bit_rot, of_one_of_two_images_is_survived) {
  campaign_fleet fleet{20};
  fleet.roll_out(patient());
  fleet.run_out(1h);
  ASSERT_EQ(fleet.results(update_result::succeeded), 20U);
  add(fleet, effect::bit_rot, 0s, [](auto& f) { f.size = 1; });
  add(fleet, effect::reboot_loop, 5s);
  fleet.run_for(60s);
  EXPECT_GE(fleet.online(), 19U) << "one bit spoils one image, or the boot record's one copy";
  EXPECT_GT(fleet.results(update_result::fell_back), 0U) << "for half of the chip is the new one";
  for (std::uint32_t i = 0; i < 20; ++i) {
    const auto& running = fleet.flash(i).running;
    EXPECT_TRUE(!running.starts()
                || hal::verify_slot(fleet.flash(i).chip, running.slot, running.image));
  }
}

} // namespace
} // namespace fleet
