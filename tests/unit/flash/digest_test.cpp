// Digests of what chips hold: equal contents are digested once, and nothing that changed is taken
// for what it was. And copies of a chip.
#include <deque>

#include "tests/support/flash_rig.hpp"

namespace fleet::hal {
namespace {

constexpr flash_geometry small{.block_bytes = 256, .blocks = 66, .write_bytes = 32};
constexpr std::uint32_t image_bytes = 30 * 256 + 100;

struct made_rig : flash_rig {
  made_rig() : flash_rig(small) { EXPECT_EQ(loader.manufacture(image, "1.0"), boot_step::done); }
  [[nodiscard]] std::optional<digest_value> digest(const flash_chip& of) const {
    return digest_slot(of, 0, image_bytes, content_digest::sha256);
  }
  std::vector<std::uint8_t> image = image_of(1, image_bytes);
  digest_value truth = digest_of(content_digest::sha256, image);
};

TEST(flash_digest, of_a_slot_is_that_of_its_octets_however_often_it_is_asked) {
  const made_rig r;
  EXPECT_EQ(r.digest(r.chip), r.truth);
  EXPECT_EQ(r.digest(r.chip), r.truth);
  EXPECT_EQ(digest_slot(r.chip, 0, image_bytes, content_digest::md5),
            digest_of(content_digest::md5, r.image));
  EXPECT_EQ(digest_slot(r.chip, 0, 256, content_digest::md5),
            digest_of(content_digest::md5, bytes_view{r.image}.first(256)));
}

TEST(flash_digest, is_remembered_by_contents) {
  flash_store store{small.block_bytes};
  const auto octets = image_of(1, 256);
  const std::vector<flash_store::id> held{store.enter_block(octets), 0};
  const auto said = digest_of(content_digest::md5, octets);
  store.remember_digest(held, 300, said);
  EXPECT_EQ(store.known_digest(held, 300, content_digest::md5), said);
  EXPECT_FALSE(store.known_digest(held, 301, content_digest::md5));
  EXPECT_FALSE(store.known_digest(held, 300, content_digest::sha256));
  EXPECT_FALSE(store.known_digest(std::span{held}.first(1), 300, content_digest::md5));
  store.drop_block(held.front());
  EXPECT_EQ(store.blocks(), 1U) << "its number must not be given to another content";
}

TEST(flash_digest, of_a_single_bit_that_rots_is_another_and_only_on_that_chip) {
  made_rig r;
  flash_chip other{r.geometry, r.store};
  other.copy_from(r.chip);
  ASSERT_EQ(r.digest(r.chip), r.truth);
  ASSERT_EQ(r.digest(other), r.truth);
  random_stream chance{1, 0, "rot"};
  other.rot(chance, range_of_slot(small, 0).first_block, 30, 1);
  ASSERT_TRUE(r.digest(other));
  EXPECT_NE(*r.digest(other), r.truth);
  EXPECT_EQ(r.digest(r.chip), r.truth);
}

TEST(flash_digest, reads_a_block_under_way_as_it_is) {
  made_rig r;
  ASSERT_EQ(r.digest(r.chip), r.truth);
  const std::uint32_t first = range_of_slot(small, 0).first_block;
  ASSERT_NE(r.chip.write(first * 256, std::vector<std::uint8_t>(32, 0)), flash_status::power_lost);
  auto changed = r.image;
  std::fill_n(changed.begin(), 32, std::uint8_t{0});
  EXPECT_EQ(r.digest(r.chip), digest_of(content_digest::sha256, changed)) << "not sealed yet";
}

TEST(flash_digest, is_none_without_power_or_beyond_the_chip) {
  made_rig r;
  EXPECT_FALSE(r.chip.digest(60, 7 * 256, content_digest::md5));
  EXPECT_TRUE(r.chip.digest(60, 6 * 256, content_digest::md5));
  r.chip.plan_cut(power_cut{});
  ASSERT_EQ(r.chip.erase(3), flash_status::power_lost);
  EXPECT_FALSE(r.digest(r.chip));
}

TEST(flash_digest, holds_no_more_contents_than_stated) {
  flash_store store{small.block_bytes};
  {
    flash_chip chip{small, store};
    for (std::uint32_t i = 0; i < 3 * flash_store::digests_most; ++i) {
      ASSERT_EQ(chip.erase(2), flash_status::done);
      ASSERT_EQ(chip.write(2 * 256, image_of(i, 256)), flash_status::done);
      chip.seal();
      ASSERT_TRUE(chip.digest(2, 256, content_digest::md5));
      ASSERT_LE(store.blocks(), flash_store::digests_most + 1);
    }
  }
  EXPECT_EQ(store.blocks(), flash_store::digests_most);
  EXPECT_EQ(store.rows(), 0U);
}

TEST(flash_copy, of_a_chip_costs_its_rows_numbers_and_goes_its_own_way) {
  made_rig r;
  const auto blocks = r.store.blocks();
  std::deque<flash_chip> copies;
  for (int i = 0; i < 100; ++i) {
    copies.emplace_back(r.geometry, r.store).copy_from(r.chip);
  }
  EXPECT_EQ(r.store.blocks(), blocks);
  EXPECT_EQ(copies.back().erases(2), r.chip.erases(2)) << "wear goes with it";
  ASSERT_EQ(copies.back().erase(2), flash_status::done);
  EXPECT_EQ(r.slot(0, image_bytes), r.image);
  boot_loader loader{copies.front()};
  EXPECT_EQ(loader.boot().verdict, boot_verdict::booted);
}

TEST(flash_power, fails_beside_the_chip_at_a_planned_step_as_well) {
  made_rig r;
  r.chip.plan_cut(power_cut{.operation = 1, .permille = 400});
  EXPECT_FALSE(r.chip.step_beside());
  EXPECT_EQ(r.chip.step_beside(), std::uint16_t{400});
  EXPECT_FALSE(r.chip.powered());
}

} // namespace
} // namespace fleet::hal
