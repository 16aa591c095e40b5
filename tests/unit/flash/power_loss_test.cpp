// A whole update with the power cut before, inside and behind every single step of the flash, and
// again with a second cut at every step of the recovery: it always boots one of the two images.
#include <gtest/gtest.h>

#include "tests/support/flash_rig.hpp"

namespace fleet::hal {
namespace {

constexpr std::uint16_t moments[] = {0, 300, 500, 999, 1000};

struct sweep {
  flash_geometry geometry;
  std::vector<std::uint8_t> before;
  std::vector<std::uint8_t> after;
  std::size_t piece;
  unsigned updates_before; ///< so that the record's blocks are filled to another degree
};

/// A board in the state before the update, which is from "1" to "2".
void prepare(flash_rig& r, const sweep& s) {
  ASSERT_EQ(r.loader.manufacture(s.before, "1"), boot_step::done);
  for (unsigned i = 0; i < s.updates_before; ++i) {
    ASSERT_TRUE(r.update(s.before, "1", s.piece));
  }
}

/// Boots and looks whether what starts is one of the two images, and is what it says it is.
void expect_bootable(flash_rig& r, const sweep& s, boot_outcome& outcome) {
  outcome = r.loader.boot();
  ASSERT_TRUE(outcome.starts());
  const bool is_new = outcome.image.version() == "2";
  ASSERT_TRUE(is_new || outcome.image.version() == "1");
  const auto& image = is_new ? s.after : s.before;
  ASSERT_EQ(outcome.image.size, image.size());
  ASSERT_TRUE(r.slot(outcome.slot, image.size()) == image);
}

/// What a device does after a start: confirm, and update if it is the old one still.
bool go_on(flash_rig& r, const sweep& s) {
  const boot_outcome outcome = r.loader.boot();
  if (!outcome.starts() || r.loader.confirm(outcome.slot) != boot_step::done) {
    return false;
  }
  return outcome.image.version() == "2" || r.update(s.after, "2", s.piece);
}

std::uint64_t steps_of(const sweep& s) {
  flash_rig r{s.geometry};
  prepare(r, s);
  const auto before = r.chip.operations();
  EXPECT_TRUE(r.update(s.after, "2", s.piece));
  return r.chip.operations() - before;
}

void cut_once(const sweep& s) {
  const std::uint64_t steps = steps_of(s);
  std::uint64_t booted_new = 0;
  for (std::uint64_t step = 0; step < steps; ++step) {
    for (const std::uint16_t moment : moments) {
      flash_rig r{s.geometry};
      prepare(r, s);
      r.chip.plan_cut(power_cut{.operation = step, .permille = moment});
      ASSERT_FALSE(r.update(s.after, "2", s.piece));
      ASSERT_FALSE(r.chip.powered());
      r.chip.power_on();
      boot_outcome outcome;
      expect_bootable(r, s, outcome);
      ASSERT_FALSE(testing::Test::HasFatalFailure()) << step << " of " << steps << ", " << moment;
      booted_new += outcome.image.version() == "2" ? 1 : 0;
      ASSERT_TRUE(go_on(r, s)) << step << " of " << steps << ", " << moment;
      expect_bootable(r, s, outcome);
      ASSERT_EQ(outcome.image.version(), "2");
    }
  }
  EXPECT_GT(booted_new, 0U);
  EXPECT_LT(booted_new, steps * std::size(moments));
}

TEST(power_loss, one_cut_at_every_step_of_a_64_block_update_always_leaves_a_bootable_image) {
  cut_once({.geometry = {.block_bytes = 256, .blocks = 130, .write_bytes = 64},
            .before = image_of(1, 63 * 256 + 17),
            .after = image_of(2, 64 * 256 - 3),
            .piece = 1'000,
            .updates_before = 0});
}

TEST(power_loss, one_cut_at_every_step_with_the_record_filled_to_every_degree) {
  for (unsigned before = 0; before < 4; ++before) {
    cut_once({.geometry = {.block_bytes = 1024, .blocks = 8, .write_bytes = 128},
              .before = image_of(1, 2'500),
              .after = image_of(2, 3'000),
              .piece = 700,
              .updates_before = before});
  }
}

/// The second cut comes `second` steps after the power is back; false when it came too late.
bool cut_twice(const sweep& s, power_cut first, power_cut second) {
  flash_rig r{s.geometry};
  prepare(r, s);
  r.chip.plan_cut(first);
  EXPECT_FALSE(r.update(s.after, "2", s.piece));
  r.chip.power_on();
  r.chip.plan_cut(second);
  const bool through = go_on(r, s);
  EXPECT_EQ(through, r.chip.powered());
  r.chip.plan_cut(std::nullopt);
  r.chip.power_on();
  boot_outcome outcome;
  expect_bootable(r, s, outcome);
  EXPECT_TRUE(go_on(r, s));
  expect_bootable(r, s, outcome);
  EXPECT_EQ(outcome.image.version(), "2");
  return !through;
}

TEST(power_loss, two_cuts_at_every_pair_of_steps_always_leave_a_bootable_image) {
  const sweep s{.geometry = {.block_bytes = 512, .blocks = 8, .write_bytes = 256},
                .before = image_of(1, 1'400),
                .after = image_of(2, 1'500),
                .piece = 600,
                .updates_before = 1};
  const std::uint64_t steps = steps_of(s);
  std::uint64_t pairs = 0;
  for (std::uint64_t first = 0; first < steps; ++first) {
    for (const std::uint16_t moment : std::initializer_list<std::uint16_t>{0, 500, 1000}) {
      for (const std::uint16_t then : std::initializer_list<std::uint16_t>{0, 500, 1000}) {
        for (std::uint64_t second = 0; cut_twice(s, {.operation = first, .permille = moment},
                                                 {.operation = second, .permille = then});
             ++second) {
          ++pairs;
          ASSERT_FALSE(HasFailure()) << first << "/" << moment << " then " << second << "/" << then;
        }
      }
    }
  }
  EXPECT_GT(pairs, steps * steps);
}

TEST(power_loss, cuts_in_every_boot_of_a_trial_lead_back_to_the_old_image_or_on_to_the_new) {
  const sweep s{.geometry = {.block_bytes = 512, .blocks = 8, .write_bytes = 256},
                .before = image_of(1, 1'400),
                .after = image_of(2, 1'500),
                .piece = 600,
                .updates_before = 0};
  for (std::uint64_t step = 0; step < 4; ++step) {
    flash_rig r{s.geometry};
    prepare(r, s);
    ASSERT_TRUE(r.bring(s.after, "2", s.piece));
    for (int boot = 0; boot < 12; ++boot) {
      r.chip.plan_cut(power_cut{.operation = step, .permille = 500});
      (void)r.loader.boot(); // never confirmed
      r.chip.plan_cut(std::nullopt);
      r.chip.power_on();
    }
    for (int boot = 0; boot < 5; ++boot) {
      boot_outcome outcome;
      expect_bootable(r, s, outcome);
    }
    EXPECT_EQ(r.loader.boot().image.version(), "1") << step;
  }
}

} // namespace
} // namespace fleet::hal
