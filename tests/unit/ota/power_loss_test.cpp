// Whole updates, the device's machine and all, with the power cut at every step of the flash: the
// device always boots an image that verifies, and ends at the new version however often it is cut.
#include <gtest/gtest.h>

#include "tests/support/ota_rig.hpp"

namespace fleet::ota {
namespace {

struct course {
  unsigned boots = 0;
  unsigned resumed = 0; ///< fetches that asked for a range
  std::uint64_t octets = 0;
};

/// Boots and updates until the new version is reported; the power comes back after each cut, and
/// `again` plans the next one. False when the device never gets there.
template <class Again>
bool run_until_new(ota_rig& r, course& c, Again again) {
  for (; c.boots < 20; ++c.boots) {
    if (!r.flash.chip.powered()) {
      r.flash.chip.power_on();
      again(r.flash.chip);
    }
    const hal::boot_outcome outcome = r.flash.loader.boot();
    if (outcome.verdict == hal::boot_verdict::power_lost) {
      continue;
    }
    EXPECT_TRUE(outcome.starts());
    const bool is_new = outcome.image.version() == "2.0";
    const auto& image = is_new ? new_image : old_image;
    EXPECT_EQ(r.flash.slot(outcome.slot, image.size()), image);
    r.device.emplace(r.board, std::string{outcome.image.version()}, r.settings);
    booted_device& device = *r.device;
    device.connect(at(0));
    if (r.flash.loader.confirm(outcome.slot) == hal::boot_step::power_lost) {
      continue;
    }
    if (is_new) {
      return true;
    }
    device.offer(offer_of(new_image, "2.0"), at(0)); // the version still needs the job (§14.1)
    if (device.fetching) {
      c.resumed += device.from != 0 ? 1 : 0;
      device.serve(new_image, at(0));
    }
    c.octets += device.machine.counters().octets;
    EXPECT_TRUE(device.machine.phase() == update_phase::staged || !r.flash.chip.powered());
  }
  return false;
}

updater_settings noting() {
  updater_settings out = quiet();
  out.keep_every = 512;
  return out;
}

std::uint64_t steps_of_an_update() {
  ota_rig r{noting()};
  const auto before = r.flash.chip.operations();
  course c;
  EXPECT_TRUE(run_until_new(r, c, [](hal::flash_chip&) {}));
  EXPECT_EQ(c.boots, 1U);
  return r.flash.chip.operations() - before;
}

TEST(ota_power_loss, one_cut_at_every_step_ends_at_the_new_version_and_fetches_no_block_twice) {
  const std::uint64_t steps = steps_of_an_update();
  ASSERT_GT(steps, 80U);
  unsigned resumed = 0;
  for (std::uint64_t step = 0; step < steps; ++step) {
    for (const std::uint16_t moment : std::initializer_list<std::uint16_t>{0, 300, 700, 1000}) {
      ota_rig r{noting()};
      r.flash.chip.plan_cut(hal::power_cut{.operation = step, .permille = moment});
      course c;
      ASSERT_TRUE(run_until_new(r, c, [](hal::flash_chip&) {})) << step << "/" << moment;
      ASSERT_LE(c.boots, 4U);
      ASSERT_LE(c.octets, new_image.size() + 2 * 512 + 100) << step;
      resumed += c.resumed;
      ASSERT_FALSE(HasFailure()) << step << "/" << moment;
    }
  }
  EXPECT_GT(resumed, steps);
}

TEST(ota_power_loss, cuts_that_come_again_every_so_many_steps_do_not_stop_it_for_good) {
  for (std::uint64_t every = 25; every < 60; ++every) {
    for (const std::uint16_t moment : std::initializer_list<std::uint16_t>{0, 500, 1000}) {
      ota_rig r{noting()};
      const auto plan = [&](hal::flash_chip& chip) {
        chip.plan_cut(hal::power_cut{.operation = every, .permille = moment});
      };
      plan(r.flash.chip);
      course c;
      ASSERT_TRUE(run_until_new(r, c, plan)) << every << "/" << moment;
      ASSERT_FALSE(HasFailure()) << every << "/" << moment;
    }
  }
}

} // namespace
} // namespace fleet::ota
