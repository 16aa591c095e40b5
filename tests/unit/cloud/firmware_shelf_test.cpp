// The platform's firmware: uploads in pieces, generated images, digests, faults, and what comes
// back from a former life.
#include "cloud_sim/firmware_shelf.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "protocol/base/random.hpp"
#include "protocol/ota/generated.hpp"

namespace fleet::cloud {
namespace {

using testing::HasSubstr;

using octet_run = std::vector<std::uint8_t>;

octet_run image(std::size_t size) {
  octet_run out(size);
  ota::fill_generated(5, 0, out);
  return out;
}

/// Keeps rows as a store does.
struct fake_keeper final : firmware_keeper {
  struct kept_row {
    std::string product, version, module, md5, sha256;
    firmware_row row;
  };
  void firmware_changed(const firmware_row& row) override {
    auto& to = rows[row.firmware];
    to = {std::string{row.product_key}, std::string{row.target}, std::string{row.module},
          std::string{row.md5},         std::string{row.sha256}, row};
    to.row.product_key = to.product;
    to.row.target = to.version;
    to.row.module = to.module;
    to.row.md5 = to.md5;
    to.row.sha256 = to.sha256;
  }
  void firmware_gone(std::uint32_t firmware) override {
    rows.erase(firmware);
    std::erase_if(blocks, [&](const auto& each) { return each.first.first == firmware; });
  }
  void block_changed(const firmware_block_row& row) override {
    blocks[{row.firmware, row.block}].assign(row.octets.begin(), row.octets.end());
  }
  bool read_block(std::uint32_t firmware, std::uint32_t block, byte_buffer& out) override {
    ++reads;
    const auto found = blocks.find({firmware, block});
    if (found == blocks.end()) {
      return false;
    }
    out.append(bytes_view{found->second});
    return true;
  }
  void campaign_changed(const campaign_row&) override {}
  void campaign_gone(std::uint32_t) override {}
  void rollout_changed(const rollout_row&) override {}
  void number_changed(const number_row& row) override { last = row.last; }

  std::map<std::uint32_t, kept_row> rows;
  std::map<std::pair<std::uint32_t, std::uint32_t>, octet_run> blocks;
  int reads = 0;
  std::uint32_t last = 0;
};

firmware_order order(std::uint64_t size) {
  firmware_order out;
  out.product_key = "pk";
  out.version = "2.0.0";
  out.size = size;
  return out;
}

octet_run all_of(firmware_shelf& shelf, std::uint32_t id, std::size_t most = 10'000) {
  octet_run out;
  for (bytes_view piece; !(piece = shelf.octets(id, out.size(), most)).empty();) {
    EXPECT_LE(piece.size(), most);
    out.insert(out.end(), piece.begin(), piece.end());
  }
  return out;
}

void upload(firmware_shelf& shelf, std::uint32_t id, const octet_run& whole, std::size_t piece) {
  for (std::size_t at = shelf.find(id)->received; at < whole.size();) {
    const auto next = bytes_view{whole}.subspan(at, std::min(piece, whole.size() - at));
    ASSERT_TRUE(shelf.put(id, at, next).ok()) << at;
    at += next.size();
  }
}

TEST(firmware_shelf, takes_an_upload_in_pieces_of_any_size_and_digests_it_on_the_way) {
  const auto whole = image(3 * firmware_block_octets + 77);
  for (const std::size_t piece : std::initializer_list<std::size_t>{1'000, 65'536, 100'001}) {
    for (const bool kept : {false, true}) {
      fake_keeper keeper;
      firmware_shelf shelf;
      shelf.keep_in(kept ? &keeper : nullptr);
      const auto id = shelf.add(order(whole.size())).value();
      EXPECT_FALSE(shelf.find(id)->ready());
      upload(shelf, id, whole, piece);
      ASSERT_TRUE(shelf.find(id)->ready());
      EXPECT_EQ(shelf.find(id)->md5, digest_of(content_digest::md5, whole).hex());
      EXPECT_EQ(shelf.find(id)->sha256, digest_of(content_digest::sha256, whole).hex());
      EXPECT_EQ(all_of(shelf, id), whole);
      EXPECT_FALSE(shelf.busy());
      EXPECT_EQ(keeper.blocks.size(), kept ? 4U : 0U);
    }
  }
}

TEST(firmware_shelf, passes_over_octets_that_it_has_and_leaves_no_gap) {
  const auto whole = image(1'000);
  firmware_shelf shelf;
  const auto id = shelf.add(order(whole.size())).value();
  ASSERT_TRUE(shelf.put(id, 0, bytes_view{whole}.first(400)).ok());
  ASSERT_TRUE(shelf.put(id, 300, bytes_view{whole}.subspan(300, 300)).ok());
  ASSERT_TRUE(shelf.put(id, 0, bytes_view{whole}.first(10)).ok());
  EXPECT_EQ(shelf.find(id)->received, 600U);
  EXPECT_THAT(shelf.put(id, 601, bytes_view{whole}.first(1)).error().detail,
              HasSubstr("goes on at octet 600"));
  EXPECT_THAT(shelf.put(id, 600, bytes_view{whole}.first(401)).error().detail,
              HasSubstr("only 1000 octets"));
  EXPECT_EQ(shelf.put(7, 0, {}).error().why, operation_error::unknown_firmware);
  const octet_run large(firmware_piece_max + 1);
  EXPECT_THAT(shelf.put(id, 0, large).error().detail, HasSubstr("1 MiB"));
  ASSERT_TRUE(shelf.put(id, 600, bytes_view{whole}.subspan(600)).ok());
  EXPECT_EQ(all_of(shelf, id), whole);
}

TEST(firmware_shelf, makes_an_image_of_a_seed_that_anybody_else_can_make) {
  firmware_shelf shelf;
  auto o = order(firmware_block_octets + 5);
  o.generate = 5;
  const auto id = shelf.add(o).value();
  const auto whole = image(firmware_block_octets + 5);
  EXPECT_TRUE(shelf.find(id)->ready());
  EXPECT_EQ(shelf.find(id)->md5, digest_of(content_digest::md5, whole).hex());
  EXPECT_EQ(all_of(shelf, id), whole);
  EXPECT_EQ(shelf.put(id, 0, bytes_view{whole}.first(1)).error().why, operation_error::refused);
  o.fault = firmware_fault::unbootable;
  const auto dead = shelf.add(o).value();
  const auto marked = all_of(shelf, dead);
  EXPECT_EQ(as_text(marked).substr(0, 8), "NOBOOT!!");
  EXPECT_TRUE(std::equal(marked.begin() + 8, marked.end(), whole.begin() + 8, whole.end()));
  EXPECT_EQ(shelf.find(dead)->md5, digest_of(content_digest::md5, marked).hex());
}

TEST(firmware_shelf, digests_large_images_slice_by_slice) {
  firmware_shelf shelf;
  auto o = order(2 * firmware_digest_slice + 1);
  o.generate = 5;
  const auto id = shelf.add(o).value();
  EXPECT_FALSE(shelf.find(id)->ready());
  int slices = 1;
  for (; shelf.busy(); ++slices) {
    shelf.work();
  }
  EXPECT_EQ(slices, 3);
  EXPECT_EQ(shelf.find(id)->sha256, digest_of(content_digest::sha256, image(o.size)).hex());
}

TEST(firmware_shelf, lets_go_of_blocks_beyond_its_cache_and_reads_them_again) {
  const auto whole = image(4 * firmware_block_octets);
  fake_keeper keeper;
  firmware_shelf shelf{2 * firmware_block_octets};
  shelf.keep_in(&keeper);
  const auto id = shelf.add(order(whole.size())).value();
  upload(shelf, id, whole, 65'536);
  EXPECT_EQ(all_of(shelf, id, SIZE_MAX), whole);
  EXPECT_EQ(keeper.reads, 4) << "the last two went for the first two";
  EXPECT_EQ(shelf.octets(id, 3 * firmware_block_octets, 5).size(), 5U);
  EXPECT_EQ(keeper.reads, 4);
  keeper.blocks.erase({id, 0});
  EXPECT_TRUE(shelf.octets(id, 0, 5).empty()) << "the store has lost it";
}

TEST(firmware_shelf, goes_on_after_the_twins_death_where_it_was) {
  const auto whole = image(2 * firmware_block_octets + 500);
  for (const std::size_t before : std::initializer_list<std::size_t>{0, 100, 65'536, 70'000}) {
    fake_keeper keeper;
    std::uint32_t id = 0;
    {
      firmware_shelf shelf;
      shelf.keep_in(&keeper);
      auto o = order(whole.size());
      o.sign_method = content_digest::sha256;
      o.module = "MCU";
      o.fault = firmware_fault::wrong_size;
      id = shelf.add(o).value();
      ASSERT_TRUE(shelf.put(id, 0, bytes_view{whole}.first(before)).ok());
    }
    firmware_shelf shelf;
    shelf.keep_in(&keeper);
    ASSERT_TRUE(shelf.load(keeper.rows[id].row));
    EXPECT_EQ(shelf.find(id)->received, before);
    EXPECT_EQ(shelf.find(id)->what.module, "MCU");
    EXPECT_EQ(shelf.find(id)->what.sign_method, content_digest::sha256);
    EXPECT_EQ(shelf.find(id)->what.fault, firmware_fault::wrong_size);
    upload(shelf, id, whole, 10'000);
    while (shelf.busy()) {
      shelf.work();
    }
    ASSERT_TRUE(shelf.find(id)->ready()) << before;
    EXPECT_EQ(shelf.find(id)->md5, digest_of(content_digest::md5, whole).hex());
    EXPECT_EQ(shelf.add(order(1)).value(), id + 1);
    firmware_shelf third;
    third.keep_in(&keeper);
    ASSERT_TRUE(third.load(keeper.rows[id].row));
    EXPECT_TRUE(third.find(id)->ready());
    EXPECT_EQ(all_of(third, id), whole);
  }
}

TEST(firmware_shelf, gives_no_number_out_twice_in_any_of_its_lives) {
  fake_keeper keeper;
  {
    firmware_shelf shelf;
    shelf.keep_in(&keeper);
    EXPECT_EQ(shelf.add(order(1)).value(), 1U);
    EXPECT_EQ(shelf.add(order(1)).value(), 2U);
    EXPECT_TRUE(shelf.erase(2));
  }
  EXPECT_EQ(keeper.last, 2U);
  firmware_shelf shelf;
  shelf.go_on_after(keeper.last);
  ASSERT_TRUE(shelf.load(keeper.rows[1].row));
  EXPECT_EQ(shelf.add(order(1)).value(), 3U);
}

TEST(firmware_shelf, goes_back_to_what_is_kept_of_an_upload) {
  const auto whole = image(firmware_block_octets + 500);
  fake_keeper keeper;
  {
    firmware_shelf shelf;
    shelf.keep_in(&keeper);
    ASSERT_TRUE(shelf.add(order(whole.size())).ok());
    ASSERT_TRUE(shelf.put(1, 0, bytes_view{whole}.first(firmware_block_octets + 9)).ok());
  }
  keeper.blocks.erase({1, 1});
  firmware_shelf shelf;
  shelf.keep_in(&keeper);
  ASSERT_TRUE(shelf.load(keeper.rows[1].row));
  EXPECT_EQ(shelf.find(1)->received, firmware_block_octets);
  upload(shelf, 1, whole, 1'000);
  while (shelf.busy()) {
    shelf.work();
  }
  EXPECT_EQ(shelf.find(1)->md5, digest_of(content_digest::md5, whole).hex());
}

TEST(firmware_shelf, believes_no_row_that_makes_no_sense) {
  firmware_shelf shelf;
  const auto loads = [&](auto change) {
    firmware_row row{.firmware = 1, .product_key = "pk", .target = "2", .size = 9};
    change(row);
    return shelf.load(row);
  };
  EXPECT_FALSE(loads([](firmware_row& r) { r.firmware = 0; }));
  EXPECT_FALSE(loads([](firmware_row& r) { r.target = ""; }));
  EXPECT_FALSE(loads([](firmware_row& r) { r.size = 0; }));
  EXPECT_FALSE(loads([](firmware_row& r) { r.size = (1 << 28) + 1; }));
  EXPECT_FALSE(loads([](firmware_row& r) { r.received = 10; }));
  EXPECT_FALSE(loads([](firmware_row& r) { r.received = -1; }));
  EXPECT_FALSE(loads([](firmware_row& r) { r.md5 = "12"; }));
  EXPECT_FALSE(loads([](firmware_row& r) { r.traits = 9U << 8; }));
  EXPECT_TRUE(loads([](firmware_row&) {}));
  EXPECT_FALSE(loads([](firmware_row&) {})) << "twice";
}

TEST(firmware_shelf, takes_as_much_as_it_says_and_no_more) {
  firmware_shelf shelf;
  const auto refuses = [&](const firmware_order& o) {
    const auto made = shelf.add(o);
    return made.ok() ? std::string{} : made.error().detail;
  };
  auto o = order(0);
  EXPECT_THAT(refuses(o), HasSubstr("`size`"));
  o.size = firmware_octets_max + 1;
  EXPECT_THAT(refuses(o), HasSubstr("`size`"));
  o.size = firmware_octets_max;
  EXPECT_EQ(refuses(o), "");
  EXPECT_EQ(refuses(o), "");
  EXPECT_THAT(refuses(o), HasSubstr("512 MiB"));
  EXPECT_TRUE(shelf.erase(1));
  EXPECT_FALSE(shelf.erase(1));
  EXPECT_EQ(refuses(o), "");
  for (const std::string& version : {std::string{}, std::string(65, 'v'), std::string{"a\"b"},
                                     std::string{"a\\b"}, std::string{"a\nb"}}) {
    auto bad = order(1);
    bad.version = version;
    EXPECT_THAT(refuses(bad), HasSubstr("`version`"));
  }
  auto fault = order(1);
  fault.fault = firmware_fault::unbootable;
  EXPECT_NE(refuses(fault), "");
  fault.fault = firmware_fault::status;
  fault.status = 402;
  EXPECT_NE(refuses(fault), "");
  auto small = order(1);
  small.generate = 1;
  while (shelf.all().size() < firmwares_max) {
    ASSERT_EQ(refuses(small), "");
  }
  EXPECT_THAT(refuses(small), HasSubstr("delete one"));
}

TEST(firmware_shelf, is_wrong_where_it_was_ordered_to_be) {
  firmware_shelf shelf;
  const auto made = [&](firmware_fault fault) {
    auto o = order(1'000);
    o.generate = 5;
    o.fault = fault;
    return shelf.find(shelf.add(o).value());
  };
  const auto* const right = made(firmware_fault::none);
  EXPECT_EQ(right->offered_sign(), right->md5);
  EXPECT_EQ(right->offered_size(), 1'000);
  EXPECT_EQ(right->served_size(), 1'000U);
  const auto* const digest = made(firmware_fault::wrong_digest);
  EXPECT_NE(digest->offered_sign(), digest->md5);
  EXPECT_TRUE(digest_from_hex(content_digest::md5, digest->offered_sign()));
  EXPECT_EQ(made(firmware_fault::wrong_size)->offered_size(), 999);
  const auto* const shorter = made(firmware_fault::short_body);
  EXPECT_EQ(all_of(shelf, shorter->id), image(1'000)) << "its server breaks off";
  const auto* const longer = made(firmware_fault::long_body);
  EXPECT_EQ(longer->offered_size(), 1'000);
  const auto more = all_of(shelf, longer->id);
  ASSERT_EQ(more.size(), longer->served_size());
  EXPECT_EQ(more.size(), 1'000 + firmware_extra_octets);
  EXPECT_EQ(octet_run(more.begin(), more.begin() + 1'000), image(1'000));
}

TEST(firmware_block_cache, keeps_what_was_asked_for_last_within_its_octets) {
  block_cache cache{25};
  for (std::uint32_t block = 0; block < 3; ++block) {
    cache.put(1, block, octet_run(10, static_cast<std::uint8_t>(block)));
  }
  EXPECT_EQ(cache.find(1, 0), nullptr);
  ASSERT_NE(cache.find(1, 1), nullptr);
  cache.put(2, 0, octet_run(10));
  EXPECT_EQ(cache.find(1, 2), nullptr) << "1 was asked for later";
  EXPECT_NE(cache.find(1, 1), nullptr);
  cache.put(2, 0, octet_run(5));
  EXPECT_EQ(cache.octets(), 15U);
  cache.forget(1);
  EXPECT_EQ(cache.octets(), 5U);
  EXPECT_EQ(cache.put(3, 0, octet_run(100)).size(), 100U) << "one is always kept";
  EXPECT_EQ(cache.octets(), 100U);
}

} // namespace
} // namespace fleet::cloud
