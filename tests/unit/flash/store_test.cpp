// What chips hold alike lies there once, goes with its last holder, and costs what is stated.
#include "hal_sim/flash/flash_store.hpp"

#include <deque>
#include <map>

#include <gtest/gtest.h>

#include "tests/support/flash_rig.hpp"

namespace fleet::hal {
namespace {

TEST(octet_pool, keeps_equal_runs_once_until_the_last_holder_goes) {
  octet_pool pool{4};
  const auto one = pool.enter(as_bytes("abcd"));
  const auto two = pool.enter(as_bytes("abcd"));
  const auto other = pool.enter(as_bytes("abce"));
  EXPECT_TRUE(one.fresh);
  EXPECT_FALSE(two.fresh);
  EXPECT_EQ(one.which, two.which);
  EXPECT_NE(one.which, other.which);
  EXPECT_EQ(as_text(pool.octets(one.which)), "abcd");
  pool.hold(one.which);
  EXPECT_EQ(pool.holders(one.which), 3U);
  EXPECT_FALSE(pool.drop(one.which));
  EXPECT_FALSE(pool.drop(one.which));
  EXPECT_EQ(pool.runs(), 2U);
  EXPECT_TRUE(pool.drop(one.which));
  EXPECT_EQ(pool.runs(), 1U);
  EXPECT_TRUE(pool.enter(as_bytes("abcd")).fresh);
}

TEST(octet_pool, agrees_with_a_map_through_a_thousand_comings_and_goings) {
  octet_pool pool{8};
  std::map<std::string, unsigned> model;
  std::deque<std::pair<octet_pool::id, std::string>> held;
  random_stream chance{1, 0, "pool"};
  for (int step = 0; step < 20'000; ++step) {
    if (held.empty() || chance.below(100) < 52) {
      std::string run = std::to_string(10'000'000 + chance.below(400));
      const auto [which, fresh] = pool.enter(as_bytes(run));
      ASSERT_EQ(fresh, model[run]++ == 0);
      held.emplace_back(which, run);
    } else {
      const auto gone = held.begin() + static_cast<std::ptrdiff_t>(chance.below(held.size()));
      ASSERT_EQ(as_text(pool.octets(gone->first)), gone->second);
      const unsigned left = --model[gone->second];
      ASSERT_EQ(pool.drop(gone->first), left == 0);
      if (left == 0) {
        model.erase(gone->second);
      }
      held.erase(gone);
    }
    ASSERT_EQ(pool.runs(), model.size());
  }
}

TEST(octet_pool, takes_no_more_memory_for_changing_contents) {
  octet_pool pool{1024};
  std::vector<std::uint8_t> run(1024);
  auto last = pool.enter(run).which;
  std::size_t most = 0;
  for (int i = 0; i < 1'000; ++i) {
    run[static_cast<std::size_t>(i)] = 1;
    const auto next = pool.enter(run).which;
    (void)pool.drop(last);
    last = next;
    most = std::max(most, pool.memory_bytes());
  }
  EXPECT_LE(most, 8U * 1024);
}

TEST(flash_store, gives_everything_back_when_its_chips_go) {
  flash_store store{256};
  {
    const flash_geometry geometry{.block_bytes = 256, .blocks = 100, .write_bytes = 32};
    flash_chip one{geometry, store};
    flash_chip two{geometry, store};
    const auto image = image_of(1, 90 * 256);
    for (flash_chip* chip : {&one, &two}) {
      ASSERT_EQ(chip->write(256, image), flash_status::done);
      chip->seal();
      ASSERT_EQ(chip->erase(5), flash_status::done);
    }
    EXPECT_EQ(store.blocks(), 89U);
    EXPECT_EQ(store.rows(), 3U);
    ASSERT_EQ(one.write(256 * 5, std::vector<std::uint8_t>(32, 7)), flash_status::done);
    EXPECT_EQ(store.blocks(), 89U) << "the block under way is the chip's own";
    one.seal();
    EXPECT_EQ(store.blocks(), 90U);
    EXPECT_EQ(store.rows(), 4U);
    std::vector<std::uint8_t> octet(1);
    ASSERT_EQ(two.read(256 * 5, octet), flash_status::done);
    EXPECT_EQ(octet.front(), 0xff) << "and nobody else's";
  }
  EXPECT_EQ(store.blocks(), 0U);
  EXPECT_EQ(store.rows(), 0U);
}

// Stated: idle, a chip of 514 blocks takes less than 256 octets, and the images lie there once.
TEST(flash_memory, five_thousand_boards_with_one_firmware_share_one_copy_through_an_update) {
  constexpr std::size_t boards = 5'000;
  constexpr std::size_t image_bytes = 24 * 4096;
  const flash_geometry geometry; // 1 MiB a slot
  flash_store store{geometry.block_bytes};
  const auto first = image_of(1, image_bytes);
  const auto second = image_of(2, image_bytes);
  std::deque<flash_chip> chips;
  for (std::size_t i = 0; i < boards; ++i) {
    ASSERT_EQ(boot_loader{chips.emplace_back(geometry, store)}.manufacture(first, "1.0"),
              boot_step::done);
  }
  EXPECT_LE(store.memory_bytes(), image_bytes + 64 * 1024);
  const slot_record offered = described(second, "2.0");
  for (flash_chip& chip : chips) {
    boot_loader loader{chip};
    std::uint8_t slot = 0;
    ASSERT_EQ(loader.open_slot(slot), boot_step::done);
    slot_writer writer{chip, slot, image_bytes};
    ASSERT_EQ(writer.append(bytes_view{second}.first(70'000)), flash_status::done);
    EXPECT_LE(chip.memory_bytes() + writer.memory_bytes(), 256U + 4096 + 256);
  }
  EXPECT_LE(store.memory_bytes(), 2 * image_bytes + 64 * 1024) << "halfway, all of them";
  std::size_t own = 0;
  for (std::size_t i = 0; i < boards; i += 50) { // the digest of a hundred is enough
    flash_chip& chip = chips[i];
    boot_loader loader{chip};
    slot_writer writer{chip, 1, image_bytes, 16 * 4096};
    ASSERT_EQ(writer.append(bytes_view{second}.subspan(16 * 4096)), flash_status::done);
    ASSERT_EQ(writer.finish(), flash_status::done);
    ASSERT_EQ(loader.stage(offered), boot_step::done);
    const boot_outcome outcome = loader.boot();
    ASSERT_EQ(outcome.verdict, boot_verdict::switched);
    ASSERT_EQ(loader.confirm(outcome.slot), boot_step::done);
    own = std::max(own, chip.memory_bytes());
  }
  EXPECT_LE(own, 256U);
  EXPECT_LE(store.memory_bytes(), 2 * image_bytes + 128 * 1024);
}

} // namespace
} // namespace fleet::hal
