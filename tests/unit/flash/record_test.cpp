// The boot record: its octets, its two copies, and what a failure at any step of storing it leaves.
#include "hal_sim/flash/boot_area.hpp"

#include <gtest/gtest.h>

#include "protocol/base/digest.hpp"
#include "tests/support/flash_rig.hpp"

namespace fleet::hal {
namespace {

/// Four places to a block, so that erases come soon.
constexpr flash_geometry small{.block_bytes = 1024, .blocks = 2, .write_bytes = 64};

boot_record sample(std::string_view version = "1.2.3") {
  boot_record out;
  out.active = 1;
  out.trial = true;
  out.tries_left = 2;
  out.slots[0] = described(image_of(1, 100), "0.9", content_digest::md5);
  out.slots[0].state = slot_state::good;
  out.slots[1] = described(image_of(2, 1000), version);
  out.slots[1].state = slot_state::candidate;
  return out;
}

TEST(boot_record, reads_back_as_it_was_written) {
  boot_record record = sample(std::string(firmware_version_max, 'v'));
  record.sequence = 0x01020304;
  EXPECT_EQ(decode_boot_record(encode(record)), record);
  EXPECT_EQ(decode_boot_record(encode(boot_record{})), boot_record{});
  EXPECT_FALSE(record.slots[0].set_version(std::string(firmware_version_max + 1, 'v')));
}

TEST(boot_record, is_none_once_any_bit_is_flipped_or_any_octet_is_missing) {
  const auto octets = encode(sample());
  for (std::size_t bit = 0; bit < 8 * octets.size(); ++bit) {
    auto flipped = octets;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << bit % 8);
    ASSERT_FALSE(decode_boot_record(flipped)) << bit;
  }
  for (std::size_t size = 0; size < octets.size(); ++size) {
    ASSERT_FALSE(decode_boot_record(bytes_view{octets}.first(size)));
    auto torn = octets; // a write that ended there
    std::fill(torn.begin() + static_cast<std::ptrdiff_t>(size), torn.end(), std::uint8_t{0xff});
    ASSERT_FALSE(decode_boot_record(torn)) << size;
  }
}

TEST(boot_record, of_another_layout_or_with_impossible_values_is_none) {
  const auto with = [](std::size_t at, std::uint8_t value) {
    auto octets = encode(sample());
    octets[at] = value;
    const std::uint32_t crc = crc32(bytes_view{octets}.first(octets.size() - 4));
    for (std::size_t i = 0; i < 4; ++i) {
      octets[octets.size() - 4 + i] = static_cast<std::uint8_t>(crc >> (24 - 8 * i));
    }
    return decode_boot_record(octets);
  };
  EXPECT_TRUE(with(9, 77)) << "the sequence may be any";
  EXPECT_FALSE(with(5, boot_record_layout + 1));
  EXPECT_FALSE(with(10, 2)) << "slot";
  EXPECT_FALSE(with(11, 2)) << "trial";
  EXPECT_FALSE(with(13, 4)) << "state";
  EXPECT_FALSE(with(18, 2)) << "digest";
  EXPECT_FALSE(with(51, firmware_version_max + 1)) << "version";
}

struct area_rig {
  flash_store store{small.block_bytes};
  flash_chip chip{small, store};
  boot_area area{chip, 0};
};

TEST(boot_area, has_none_at_first_and_then_always_the_last) {
  area_rig r;
  EXPECT_EQ(r.area.places(), 4U);
  EXPECT_FALSE(r.area.newest());
  for (std::uint32_t i = 0; i < 50; ++i) {
    boot_record record = sample(std::to_string(i));
    ASSERT_EQ(r.area.store(record), flash_status::done);
    EXPECT_EQ(record.sequence, i);
    ASSERT_EQ(r.area.newest(), record);
  }
  // 50 records in each copy, four to an erase.
  EXPECT_EQ(r.chip.erases(0), 12U);
  EXPECT_EQ(r.chip.erases(1), 12U);
}

TEST(boot_area, survives_the_loss_of_either_copy) {
  for (const std::uint32_t lost : {0U, 1U}) {
    area_rig r;
    boot_record record = sample();
    for (int i = 0; i < 7; ++i) {
      ASSERT_EQ(r.area.store(record), flash_status::done);
    }
    random_stream chance{1, lost, "rot"};
    r.chip.rot(chance, lost, 1, 4000);
    ASSERT_EQ(r.area.newest(), record);
    ASSERT_EQ(r.area.repair(), flash_status::done);
    random_stream more{2, lost, "rot"};
    r.chip.rot(more, 1 - lost, 1, 4000);
    EXPECT_EQ(r.area.newest(), record) << "the repaired copy is whole";
  }
}

TEST(boot_area, goes_on_with_one_copy_and_never_risks_the_last) {
  constexpr flash_geometry brief{
      .block_bytes = 1024, .blocks = 2, .write_bytes = 64, .erases_most = 1};
  flash_store store{brief.block_bytes};
  flash_chip chip{brief, store};
  boot_area area{chip, 0};
  boot_record record = sample();
  for (int i = 0; i < 8; ++i) {
    ASSERT_EQ(area.store(record), flash_status::done);
  }
  for (int i = 0; i < 3; ++i) {
    boot_record more = sample("lost");
    EXPECT_EQ(area.store(more), flash_status::worn_out);
    EXPECT_EQ(area.newest(), record);
  }
  chip.set_bad_from(1);
  boot_record more = sample("lost");
  EXPECT_NE(area.store(more), flash_status::done);
  EXPECT_EQ(area.newest(), record);
}

TEST(boot_area, one_bad_block_leaves_the_other_copy_to_work_with_until_it_is_full) {
  area_rig r;
  r.chip.set_bad_from(1);
  for (int i = 0; i < 4; ++i) {
    boot_record record = sample(std::to_string(i));
    ASSERT_EQ(r.area.store(record), flash_status::done);
    ASSERT_EQ(r.area.newest(), record);
  }
  boot_record record = sample("4");
  EXPECT_EQ(r.area.store(record), flash_status::bad_block);
  EXPECT_EQ(r.area.newest()->slots[1].version(), "3");
}

constexpr std::uint16_t moments[] = {0, 1, 250, 500, 750, 999, 1000};

/// A rig that holds records 0 to `before`, the last of them whole.
void fill(area_rig& r, std::uint32_t before) {
  for (std::uint32_t i = 0; i <= before; ++i) {
    boot_record record = sample(std::to_string(i));
    ASSERT_EQ(r.area.store(record), flash_status::done);
  }
}

std::string newest_version(const area_rig& r) {
  const auto record = r.area.newest();
  return record ? std::string{record->slots[1].version()} : "(none)";
}

/// A record is stored and the power fails; once it is back another one is stored, after a repair
/// or without, and it fails again. Whether the second cut came in time.
bool cut_twice(std::uint32_t before, power_cut first, power_cut second, bool repairs) {
  area_rig r;
  fill(r, before);
  r.chip.plan_cut(first);
  boot_record record = sample("new");
  EXPECT_EQ(r.area.store(record), flash_status::power_lost);
  r.chip.power_on();
  const std::string after = newest_version(r);
  EXPECT_TRUE(after == std::to_string(before) || after == "new") << after;
  r.chip.plan_cut(second);
  boot_record next = sample("next");
  const bool through = (!repairs || r.area.repair() == flash_status::done)
                       && r.area.store(next) == flash_status::done;
  r.chip.power_on();
  const std::string then = newest_version(r);
  EXPECT_TRUE(then == "next" || (!through && then == after)) << after << " became " << then;
  return !through;
}

// Every step of a store with the copies filled to every degree, and again with a second cut at
// every step of what follows.
TEST(boot_area_power, two_cuts_at_any_steps_leave_the_new_or_the_former_record) {
  std::uint64_t cuts = 0;
  for (std::uint32_t before = 0; before < 5; ++before) {
    area_rig whole;
    fill(whole, before);
    const auto operations = whole.chip.operations();
    boot_record record = sample("new");
    ASSERT_EQ(whole.area.store(record), flash_status::done);
    const std::uint64_t steps = whole.chip.operations() - operations;
    ASSERT_EQ(steps, before == 3 ? 10U : 8U);
    for (std::uint64_t step = 0; step < steps; ++step) {
      for (const std::uint16_t moment : moments) {
        for (const bool repairs : {false, true}) {
          for (std::uint64_t second = 0;
               cut_twice(before, {.operation = step, .permille = moment},
                         {.operation = second, .permille = moment}, repairs);
               ++second) {
            ++cuts;
            ASSERT_FALSE(HasFailure()) << before << ": " << step << " then " << second;
          }
        }
      }
    }
  }
  EXPECT_GT(cuts, 4'000U);
}

} // namespace
} // namespace fleet::hal
