// The boot loader without power cuts: switching, confirming, falling back, and images that rot.
#include "hal_sim/flash/boot_loader.hpp"

#include <gtest/gtest.h>

#include "tests/support/flash_rig.hpp"

namespace fleet::hal {
namespace {

constexpr flash_geometry small{.block_bytes = 1024, .blocks = 18, .write_bytes = 64};
const auto old_image = image_of(1, 7'000);
const auto new_image = image_of(2, 8'000);

struct board_rig : flash_rig {
  board_rig() : flash_rig(small) {
    EXPECT_EQ(loader.manufacture(old_image, "1.0"), boot_step::done);
  }
};

TEST(slot_layout, is_two_equal_slots_behind_the_record) {
  EXPECT_EQ(range_of_slot(small, 0).first_block, 2U);
  EXPECT_EQ(range_of_slot(small, 0).blocks, 8U);
  EXPECT_EQ(range_of_slot(small, 1).first_block, 10U);
  EXPECT_EQ(slot_bytes(small), 8'192U);
  EXPECT_EQ(slot_bytes(flash_geometry{}), 1U << 20);
}

TEST(slot_writer, writes_the_same_whatever_the_pieces_and_erases_each_block_once) {
  for (const std::size_t piece : {1U, 63U, 64U, 65U, 1023U, 1024U, 5'000U, 8'000U}) {
    board_rig r;
    slot_writer writer{r.chip, 1, 8'000};
    for (std::size_t at = 0; at < new_image.size(); at += piece) {
      const auto next = bytes_view{new_image}.subspan(at, std::min(piece, new_image.size() - at));
      ASSERT_EQ(writer.append(next), flash_status::done);
      ASSERT_LE(writer.resumable(), writer.taken());
      ASSERT_EQ(writer.resumable() % 1024, 0U);
      ASSERT_LE(writer.memory_bytes(), 64U);
    }
    EXPECT_EQ(writer.append(as_bytes("x")), flash_status::out_of_range);
    ASSERT_EQ(writer.finish(), flash_status::done);
    EXPECT_EQ(r.slot(1, 8'000), new_image);
    for (std::uint32_t block = 10; block < 18; ++block) {
      EXPECT_EQ(r.chip.erases(block), 1U);
    }
  }
}

TEST(slot_writer, goes_on_from_any_block_over_whatever_lies_there) {
  for (std::uint32_t from = 0; from <= 7'168; from += 1024) {
    board_rig r;
    slot_writer cut{r.chip, 1, 8'000};
    ASSERT_EQ(cut.append(bytes_view{new_image}.first(from + 500)), flash_status::done);
    EXPECT_EQ(cut.resumable(), from);
    slot_writer writer{r.chip, 1, 8'000, from};
    ASSERT_EQ(writer.append(bytes_view{new_image}.subspan(from)), flash_status::done);
    ASSERT_EQ(writer.finish(), flash_status::done);
    EXPECT_EQ(r.slot(1, 8'000), new_image);
  }
}

TEST(boot_loader, boots_what_was_manufactured_again_and_again_without_wear) {
  board_rig r;
  const auto operations = r.chip.operations();
  for (int i = 0; i < 5; ++i) {
    const boot_outcome outcome = r.loader.boot();
    EXPECT_EQ(outcome.verdict, boot_verdict::booted);
    EXPECT_EQ(outcome.slot, 0);
    EXPECT_EQ(outcome.image.version(), "1.0");
    EXPECT_EQ(r.loader.confirm(outcome.slot), boot_step::done);
  }
  EXPECT_EQ(r.chip.operations(), operations);
}

TEST(boot_loader, switches_tries_confirms_and_goes_back_and_forth) {
  board_rig r;
  ASSERT_TRUE(r.bring(new_image, "2.0", 500));
  EXPECT_EQ(r.loader.record()->active, 0) << "nothing changes before the boot";
  boot_outcome outcome = r.loader.boot();
  EXPECT_EQ(outcome.verdict, boot_verdict::switched);
  EXPECT_EQ(outcome.slot, 1);
  EXPECT_EQ(outcome.image.version(), "2.0");
  std::uint8_t slot = 9;
  EXPECT_EQ(r.loader.open_slot(slot), boot_step::in_trial) << "the way back is not given away";
  EXPECT_EQ(r.loader.stage(described(old_image, "1.0")), boot_step::in_trial);
  EXPECT_EQ(r.loader.confirm(0), boot_step::failed) << "slot 0 does not run";
  EXPECT_EQ(r.loader.confirm(1), boot_step::done);
  EXPECT_EQ(r.loader.boot().verdict, boot_verdict::booted);
  ASSERT_TRUE(r.update(old_image, "1.1", 500));
  outcome = r.loader.boot();
  EXPECT_EQ(outcome.verdict, boot_verdict::booted);
  EXPECT_EQ(outcome.slot, 0);
  EXPECT_EQ(outcome.image.version(), "1.1");
  EXPECT_EQ(r.loader.boot().slot, 0) << "what was once staged is not tried again";
}

TEST(boot_loader, falls_back_after_its_tries_from_an_image_that_never_confirms) {
  for (const std::uint8_t tries : std::initializer_list<std::uint8_t>{1, 2, 3, 255}) {
    board_rig r;
    const boot_settings settings{.tries = tries};
    boot_loader loader{r.chip, settings};
    ASSERT_TRUE(r.bring(new_image, "2.0", 500));
    EXPECT_EQ(loader.boot().verdict, boot_verdict::switched);
    for (int i = 1; i < tries; ++i) {
      ASSERT_EQ(loader.boot().verdict, boot_verdict::trying);
    }
    const boot_outcome outcome = loader.boot();
    EXPECT_EQ(outcome.verdict, boot_verdict::fell_back);
    EXPECT_EQ(outcome.image.version(), "1.0");
    EXPECT_EQ(loader.record()->slots[1].state, slot_state::bad);
    EXPECT_EQ(loader.boot().verdict, boot_verdict::booted);
    EXPECT_EQ(loader.boot().slot, 0);
    EXPECT_TRUE(r.update(new_image, "2.1", 500)) << "and takes the next one";
  }
}

TEST(boot_loader, counts_nothing_in_a_slot_that_was_opened_again) {
  board_rig r;
  ASSERT_TRUE(r.bring(new_image, "2.0", 500));
  EXPECT_EQ(r.loader.record()->slots[1].state, slot_state::candidate);
  std::uint8_t slot = 0;
  ASSERT_EQ(r.loader.open_slot(slot), boot_step::done);
  EXPECT_EQ(slot, 1);
  EXPECT_EQ(r.loader.record()->slots[1].state, slot_state::empty);
  const auto operations = r.chip.operations();
  ASSERT_EQ(r.loader.open_slot(slot), boot_step::done);
  EXPECT_EQ(r.chip.operations(), operations) << "nothing to say twice";
  EXPECT_EQ(r.loader.boot().verdict, boot_verdict::booted);
}

TEST(boot_loader, stages_nothing_that_the_flash_does_not_hold) {
  board_rig r;
  std::uint8_t slot = 0;
  ASSERT_EQ(r.loader.open_slot(slot), boot_step::done);
  slot_writer writer{r.chip, slot, 8'000};
  ASSERT_EQ(writer.append(new_image), flash_status::done);
  ASSERT_EQ(writer.finish(), flash_status::done);
  auto wrong = described(new_image, "2.0");
  wrong.digest.octets[0] ^= 1;
  EXPECT_EQ(r.loader.stage(wrong), boot_step::bad_image);
  wrong = described(new_image, "2.0");
  --wrong.size;
  EXPECT_EQ(r.loader.stage(wrong), boot_step::bad_image);
  wrong.size = UINT32_MAX;
  EXPECT_EQ(r.loader.stage(wrong), boot_step::bad_image);
  EXPECT_EQ(r.loader.boot().image.version(), "1.0");
  EXPECT_EQ(r.loader.stage(described(new_image, "2.0", content_digest::md5)), boot_step::done);
  EXPECT_EQ(r.loader.boot().image.version(), "2.0");
}

TEST(boot_loader, refuses_a_candidate_that_rotted_since_it_was_staged) {
  board_rig r;
  ASSERT_TRUE(r.bring(new_image, "2.0", 500));
  random_stream chance{1, 0, "rot"};
  r.chip.rot(chance, 10, 7, 1);
  boot_outcome outcome = r.loader.boot();
  EXPECT_EQ(outcome.verdict, boot_verdict::refused);
  EXPECT_EQ(outcome.image.version(), "1.0");
  outcome = r.loader.boot();
  EXPECT_EQ(outcome.verdict, boot_verdict::booted);
  EXPECT_EQ(outcome.image.version(), "1.0");
}

TEST(boot_loader, falls_back_from_an_active_image_that_rots_while_the_other_is_whole) {
  board_rig r;
  ASSERT_TRUE(r.update(new_image, "2.0", 500));
  random_stream chance{1, 0, "rot"};
  r.chip.rot(chance, 10, 7, 3);
  const boot_outcome outcome = r.loader.boot();
  EXPECT_EQ(outcome.verdict, boot_verdict::fell_back);
  EXPECT_EQ(outcome.image.version(), "1.0");
  r.chip.rot(chance, 2, 6, 3);
  EXPECT_EQ(r.loader.boot().verdict, boot_verdict::nothing_bootable);
}

TEST(boot_loader, rot_in_the_record_never_starts_an_image_that_does_not_verify) {
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    board_rig r;
    ASSERT_TRUE(r.update(new_image, "2.0", 500));
    random_stream chance{seed, 0, "rot"};
    r.chip.rot(chance, 0, 2, 1 + static_cast<std::uint32_t>(chance.below(8)));
    const boot_outcome outcome = r.loader.boot();
    if (outcome.starts()) {
      EXPECT_TRUE(verify_slot(r.chip, outcome.slot, outcome.image));
      EXPECT_EQ(outcome.image.version(), outcome.slot == 0 ? "1.0" : "2.0");
    }
  }
}

TEST(boot_loader, has_nothing_to_boot_on_an_empty_chip) {
  flash_rig r{small};
  std::uint8_t slot = 0;
  EXPECT_EQ(r.loader.boot().verdict, boot_verdict::nothing_bootable);
  EXPECT_EQ(r.loader.confirm(0), boot_step::no_record);
  EXPECT_EQ(r.loader.open_slot(slot), boot_step::no_record);
  EXPECT_EQ(r.loader.stage({}), boot_step::no_record);
  EXPECT_EQ(r.loader.manufacture(std::vector<std::uint8_t>(8'193), "1"), boot_step::bad_image);
  EXPECT_EQ(r.loader.manufacture({}, std::string(65, 'v')), boot_step::bad_image);
}

TEST(boot_loader, keeps_the_old_image_when_the_record_can_be_written_no_more) {
  board_rig r;
  ASSERT_TRUE(r.bring(new_image, "2.0", 500));
  r.chip.set_bad_from(0);
  for (int i = 0; i < 10; ++i) {
    const boot_outcome outcome = r.loader.boot();
    EXPECT_EQ(outcome.verdict, boot_verdict::refused);
    EXPECT_EQ(outcome.image.version(), "1.0");
  }
}

TEST(boot_loader, a_bad_block_in_the_inactive_slot_stops_the_writer_and_nothing_else) {
  board_rig r;
  r.chip.set_bad_from(15);
  EXPECT_FALSE(r.bring(new_image, "2.0", 500));
  EXPECT_EQ(r.loader.boot().verdict, boot_verdict::booted);
  EXPECT_EQ(r.slot(0, old_image.size()), old_image);
}

} // namespace
} // namespace fleet::hal
