// A store under faults: it takes nothing, or gives back what nobody put there; and a board that
// counts its boots through both.
#include <gtest/gtest.h>

#include "hal_sim/board/board.hpp"
#include "hal_sim/virtual_world/virtual_world.hpp"

namespace fleet::hal {
namespace {

TEST(store_faults, a_store_that_cannot_be_written_keeps_what_it_has) {
  kv_store kv;
  ASSERT_TRUE(kv.put("a", as_bytes("one")).ok());
  kv.set_read_only(true);
  EXPECT_EQ(kv.put("a", as_bytes("two")).error(), kv_error::full);
  EXPECT_EQ(kv.put_number("b", 5).error(), kv_error::full);
  EXPECT_FALSE(kv.erase("a"));
  EXPECT_EQ(as_text(*kv.get("a")), "one");
  kv.set_read_only(false);
  EXPECT_TRUE(kv.put("a", as_bytes("two")).ok());
  EXPECT_TRUE(kv.erase("a"));
}

TEST(store_faults, spoils_every_value_but_the_spared_ones_and_no_key) {
  kv_store kv;
  ASSERT_TRUE(kv.put("spared", as_bytes("as it was")).ok());
  ASSERT_TRUE(kv.put("secret", as_bytes("0123456789abcdef")).ok());
  ASSERT_TRUE(kv.put_number("count", 7).ok());
  ASSERT_TRUE(kv.put("empty", {}).ok());
  random_stream luck{1, 2, "test"};
  EXPECT_EQ(kv.spoil(luck, "spared"), 2U);
  EXPECT_EQ(as_text(*kv.get("spared")), "as it was");
  ASSERT_TRUE(kv.get("secret"));
  EXPECT_EQ(kv.get("secret")->size(), 16U);
  EXPECT_NE(as_text(*kv.get("secret")), "0123456789abcdef");
  EXPECT_NE(kv.get_number("count").value(), 7U);
  EXPECT_TRUE(kv.get("empty"));
  EXPECT_EQ(kv.entries(), 4U);
}

TEST(store_faults, spoils_alike_under_the_same_seed_and_nothing_of_an_empty_store) {
  kv_store one;
  kv_store two;
  ASSERT_TRUE(one.put("k", as_bytes("value")).ok());
  ASSERT_TRUE(two.put("k", as_bytes("value")).ok());
  random_stream a{1, 2, "test"};
  random_stream b{1, 2, "test"};
  EXPECT_EQ(one.spoil(a, ""), two.spoil(b, ""));
  EXPECT_EQ(as_text(*one.get("k")), as_text(*two.get("k")));
  kv_store nothing;
  EXPECT_EQ(nothing.spoil(a, ""), 0U);
}

TEST(store_faults, a_board_counts_its_boots_through_all_of_it) {
  virtual_world world;
  board b{world.home(), 3, 1};
  b.boot(world.now());
  ASSERT_TRUE(b.kv.put("note", as_bytes("resume at 4096")).ok());
  EXPECT_EQ(b.spoil_store(b.random("spoilt")), 1U);
  EXPECT_EQ(b.boots(), 1U);
  b.kv.set_read_only(true);
  b.boot(world.now());
  EXPECT_EQ(b.boots(), 2U);
  EXPECT_TRUE(b.kv.read_only()) << "a boot does not mend it";
}

} // namespace
} // namespace fleet::hal
