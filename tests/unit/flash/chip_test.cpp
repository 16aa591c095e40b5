// The chip: bits that only go from 1 to 0, units, wear, rot, bad blocks, and every way in which the
// power can fail in a write or an erase.
#include "hal_sim/flash/flash_chip.hpp"

#include <bit>

#include <gtest/gtest.h>

namespace fleet::hal {
namespace {

constexpr flash_geometry small{
    .block_bytes = 256, .blocks = 40, .write_bytes = 32, .erases_most = 5};

std::vector<std::uint8_t> at(const flash_chip& chip, std::uint32_t address, std::size_t count) {
  std::vector<std::uint8_t> out(count);
  EXPECT_EQ(chip.read(address, out), flash_status::done);
  return out;
}

std::vector<std::uint8_t> all(std::uint8_t octet, std::size_t count = 32) {
  return std::vector<std::uint8_t>(count, octet);
}

struct chip_rig {
  flash_store store{small.block_bytes};
  flash_chip chip{small, store};
};

TEST(flash_chip, is_erased_when_new_and_costs_nothing_in_the_store) {
  const chip_rig r;
  EXPECT_EQ(at(r.chip, 0, 40 * 256), all(0xff, 40 * 256));
  EXPECT_EQ(r.store.blocks(), 0U);
  EXPECT_EQ(r.store.rows(), 0U);
}

TEST(flash_chip, keeps_what_was_written_across_blocks) {
  chip_rig r;
  std::vector<std::uint8_t> octets(512);
  for (std::size_t i = 0; i < octets.size(); ++i) {
    octets[i] = static_cast<std::uint8_t>(i * 11);
  }
  ASSERT_EQ(r.chip.write(224, octets), flash_status::done);
  EXPECT_EQ(at(r.chip, 224, 512), octets);
  r.chip.seal();
  EXPECT_EQ(at(r.chip, 224, 512), octets);
  EXPECT_EQ(at(r.chip, 223, 1), all(0xff, 1));
  EXPECT_EQ(at(r.chip, 736, 1), all(0xff, 1));
  EXPECT_EQ(r.chip.operations(), 16U);
}

TEST(flash_chip, takes_a_whole_block_at_once_as_it_takes_its_units) {
  std::vector<std::uint8_t> block(256);
  for (std::size_t i = 0; i < block.size(); ++i) {
    block[i] = static_cast<std::uint8_t>(i * 7);
  }
  chip_rig whole;
  ASSERT_EQ(whole.chip.write(32, all(5)), flash_status::done); // another block is under way
  ASSERT_EQ(whole.chip.write(256, block), flash_status::done);
  EXPECT_EQ(at(whole.chip, 256, 256), block);
  EXPECT_EQ(at(whole.chip, 32, 32), all(5));
  EXPECT_EQ(whole.chip.operations(), 1U + 8U);
  EXPECT_EQ(whole.store.blocks(), 2U);
  EXPECT_EQ(whole.chip.write(256, all(0xff, 256)), flash_status::not_erased) << "what is written";
  EXPECT_EQ(at(whole.chip, 256, 256), block);
  ASSERT_EQ(whole.chip.write(512, all(9)), flash_status::done); // and under way itself
  EXPECT_EQ(whole.chip.write(512, all(0xf6, 256)), flash_status::not_erased);
  EXPECT_EQ(at(whole.chip, 512, 32), all(0));
  ASSERT_EQ(whole.chip.write(768, all(0xff, 256)), flash_status::done);
  whole.chip.seal();
  EXPECT_EQ(whole.store.blocks(), 3U) << "erased octets cost nothing";
}

TEST(flash_chip, clears_bits_and_sets_none_without_an_erase) {
  chip_rig r;
  ASSERT_EQ(r.chip.write(0, all(0b1010'1010)), flash_status::done);
  ASSERT_EQ(r.chip.write(0, all(0b1000'1010)), flash_status::done); // only clears
  EXPECT_EQ(r.chip.write(0, all(0b0000'1111)), flash_status::not_erased);
  EXPECT_EQ(at(r.chip, 0, 32), all(0b0000'1010));
  r.chip.seal();
  EXPECT_EQ(r.chip.write(0, all(0xff)), flash_status::not_erased);
  EXPECT_EQ(at(r.chip, 0, 32), all(0b0000'1010));
  ASSERT_EQ(r.chip.erase(0), flash_status::done);
  EXPECT_EQ(at(r.chip, 0, 256), all(0xff, 256));
}

TEST(flash_chip, refuses_odd_places_and_leaves_all_as_it_is) {
  chip_rig r;
  EXPECT_EQ(r.chip.write(1, all(0)), flash_status::misaligned);
  EXPECT_EQ(r.chip.write(0, all(0, 31)), flash_status::misaligned);
  EXPECT_EQ(r.chip.write(40 * 256, all(0)), flash_status::out_of_range);
  EXPECT_EQ(r.chip.write(40 * 256 - 32, all(0, 64)), flash_status::out_of_range);
  EXPECT_EQ(r.chip.write(UINT32_MAX - 31, all(0, 64)), flash_status::out_of_range);
  EXPECT_EQ(r.chip.erase(40), flash_status::out_of_range);
  std::vector<std::uint8_t> octet(1);
  EXPECT_EQ(r.chip.read(40 * 256, octet), flash_status::out_of_range);
  EXPECT_EQ(r.chip.read(40 * 256, {}), flash_status::done);
  EXPECT_EQ(r.chip.operations(), 0U);
  EXPECT_EQ(at(r.chip, 0, 40 * 256), all(0xff, 40 * 256));
}

TEST(flash_chip, counts_erases_by_block_and_wears_out_at_its_limit) {
  chip_rig r;
  ASSERT_EQ(r.chip.write(256, all(1)), flash_status::done);
  for (std::uint32_t i = 0; i < small.erases_most; ++i) {
    EXPECT_EQ(r.chip.erases(1), i);
    ASSERT_EQ(r.chip.erase(1), flash_status::done);
  }
  ASSERT_EQ(r.chip.write(256, all(2)), flash_status::done);
  EXPECT_EQ(r.chip.erase(1), flash_status::worn_out);
  EXPECT_EQ(at(r.chip, 256, 32), all(2));
  EXPECT_EQ(r.chip.erases(1), small.erases_most);
  EXPECT_EQ(r.chip.erases(0), 0U);
  EXPECT_EQ(r.chip.erases(2), 0U);
}

TEST(flash_chip, a_bad_block_is_neither_written_nor_erased) {
  chip_rig r;
  ASSERT_EQ(r.chip.write(512, all(3)), flash_status::done);
  r.chip.set_bad_from(2);
  EXPECT_EQ(r.chip.write(512 + 32, all(3)), flash_status::bad_block);
  EXPECT_EQ(r.chip.erase(2), flash_status::bad_block);
  // One call over the edge writes what is good.
  EXPECT_EQ(r.chip.write(512 - 32, all(4, 64)), flash_status::bad_block);
  EXPECT_EQ(at(r.chip, 512 - 32, 64 + 32), ([] {
              auto out = all(4);
              const auto three = all(3);
              const auto rest = all(0xff);
              out.insert(out.end(), three.begin(), three.end());
              out.insert(out.end(), rest.begin(), rest.end());
              return out;
            }()));
}

TEST(flash_chip, rots_by_its_stream_within_its_blocks_alone) {
  chip_rig r;
  chip_rig again;
  for (chip_rig* each : {&r, &again}) {
    random_stream chance{7, 3, "rot"};
    ASSERT_EQ(each->chip.write(1024, all(0x5a, 512)), flash_status::done);
    each->chip.rot(chance, 4, 2, 9);
  }
  unsigned flipped = 0;
  const auto octets = at(r.chip, 1024, 512);
  for (const std::uint8_t octet : octets) {
    flipped += static_cast<unsigned>(std::popcount(static_cast<unsigned>(octet ^ 0x5a)));
  }
  EXPECT_GT(flipped, 0U);
  EXPECT_LE(flipped, 9U);
  EXPECT_EQ(flipped % 2, 1U); // what flips twice is back
  EXPECT_EQ(octets, at(again.chip, 1024, 512));
  EXPECT_EQ(at(r.chip, 0, 1024), all(0xff, 1024));
  EXPECT_EQ(at(r.chip, 1536, 1024), all(0xff, 1024));
}

TEST(flash_power, a_cut_write_leaves_a_prefix_and_a_part_of_the_next_octet) {
  for (const std::uint16_t permille :
       std::initializer_list<std::uint16_t>{0, 1, 31, 32, 250, 500, 968, 969, 999, 1000}) {
    chip_rig r;
    r.chip.plan_cut(power_cut{.operation = 1, .permille = permille});
    EXPECT_EQ(r.chip.write(0, all(0, 96)), flash_status::power_lost);
    EXPECT_FALSE(r.chip.powered());
    std::vector<std::uint8_t> octet(1);
    EXPECT_EQ(r.chip.read(0, octet), flash_status::power_lost);
    EXPECT_EQ(r.chip.write(64, all(0)), flash_status::power_lost);
    EXPECT_EQ(r.chip.erase(0), flash_status::power_lost);
    r.chip.power_on();
    const std::size_t whole = 32 * permille / 1000;
    EXPECT_EQ(at(r.chip, 0, 32), all(0)) << "the unit before the cut is whole";
    EXPECT_EQ(at(r.chip, 32, whole), all(0, whole));
    EXPECT_EQ(at(r.chip, 64, 192), all(0xff, 192)) << "nothing behind it";
    if (permille > 0 && permille < 1000) {
      const auto torn = at(r.chip, 32 + static_cast<std::uint32_t>(whole), 1).front();
      EXPECT_NE(torn, 0);
      EXPECT_NE(torn, 0xff);
    } else {
      EXPECT_EQ(at(r.chip, 32, 32), all(permille == 0 ? 0xff : 0));
    }
  }
}

TEST(flash_power, a_cut_erase_leaves_an_erased_prefix_and_weakened_octets) {
  for (const std::uint16_t permille : std::initializer_list<std::uint16_t>{0, 4, 500, 999, 1000}) {
    chip_rig r;
    ASSERT_EQ(r.chip.write(0, all(0, 256)), flash_status::done);
    r.chip.plan_cut(power_cut{.operation = 0, .permille = permille});
    EXPECT_EQ(r.chip.erase(0), flash_status::power_lost);
    r.chip.power_on();
    const std::size_t whole = 256 * permille / 1000;
    EXPECT_EQ(at(r.chip, 0, whole), all(0xff, whole));
    const auto rest = at(r.chip, static_cast<std::uint32_t>(whole), 256 - whole);
    for (const std::uint8_t octet : rest) {
      EXPECT_NE(octet, 0xff);
      EXPECT_EQ(octet == 0, permille == 0);
    }
    EXPECT_EQ(r.chip.erases(0), permille == 0 ? 0U : 1U) << "a half erase wears too";
    ASSERT_EQ(r.chip.erase(0), flash_status::done);
    EXPECT_EQ(at(r.chip, 0, 256), all(0xff, 256));
  }
}

TEST(flash_power, a_cut_counts_from_its_plan_comes_once_and_may_be_called_off) {
  chip_rig r;
  ASSERT_EQ(r.chip.write(0, all(0, 96)), flash_status::done);
  r.chip.plan_cut(power_cut{.operation = 2, .permille = 1000});
  ASSERT_EQ(r.chip.erase(1), flash_status::done);
  ASSERT_EQ(r.chip.erase(1), flash_status::done);
  EXPECT_EQ(r.chip.erase(1), flash_status::power_lost);
  r.chip.power_on();
  ASSERT_EQ(r.chip.erase(1), flash_status::done);
  r.chip.plan_cut(power_cut{});
  r.chip.plan_cut(std::nullopt);
  EXPECT_EQ(r.chip.erase(1), flash_status::done);
  EXPECT_EQ(r.chip.operations(), 8U);
}

TEST(flash_geometry, is_checked) {
  EXPECT_TRUE(valid(flash_geometry{}));
  EXPECT_TRUE(valid(small));
  EXPECT_FALSE(valid({.block_bytes = 0}));
  EXPECT_FALSE(valid({.blocks = 0}));
  EXPECT_FALSE(valid({.write_bytes = 0}));
  EXPECT_FALSE(valid({.block_bytes = 4096, .write_bytes = 300}));
  EXPECT_FALSE(valid({.block_bytes = 1U << 20, .blocks = 1U << 11}));
  EXPECT_TRUE(valid({.block_bytes = 1U << 20, .blocks = (1U << 11) - 1}));
}

} // namespace
} // namespace fleet::hal
