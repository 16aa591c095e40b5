// A board as a whole and its link, on the virtual world.
#include "hal_sim/board/board.hpp"

#include <gtest/gtest.h>

#include "hal_sim/virtual_world/virtual_world.hpp"
#include "tests/support/world_peers.hpp"

namespace fleet::hal {
namespace {

using std::chrono::seconds;
using support::host;
using support::recorder;

TEST(board, starts_off_and_counts_its_boots_in_the_store) {
  virtual_world w;
  board b{w.home(), 7, 1};
  EXPECT_FALSE(b.powered());
  EXPECT_EQ(b.boots(), 0U);
  EXPECT_EQ(b.memory_bytes(), sizeof(board)); // no heap while nothing is stored
  w.run_for(seconds{5});
  b.boot(w.now());
  EXPECT_TRUE(b.powered());
  EXPECT_EQ(b.boots(), 1U);
  EXPECT_EQ(b.clock.uptime(w.now()), seconds{0});
  b.boot(w.now());
  b.power_off();
  b.boot(w.now());
  EXPECT_EQ(b.boots(), 3U);
}

TEST(board, loses_memory_and_link_with_its_power_but_neither_store_nor_wall_clock) {
  virtual_world w;
  host cloud{w.home()};
  recorder owner;
  board b{w.home(), 7, 1};
  b.boot(w.now());
  ASSERT_TRUE(b.kv.put("secret", as_bytes("s")).ok());
  ASSERT_TRUE(b.memory.take(100));
  b.clock.jump(1'000);
  b.link.open({.peer = cloud.door->at(), .origin = 7}, owner);
  w.run_for(seconds{1});
  EXPECT_TRUE(b.link.up());
  b.power_off();
  EXPECT_FALSE(b.link.active());
  w.run_for(seconds{1});
  EXPECT_EQ(owner.closed, 0);
  EXPECT_EQ(cloud.guests[0]->closed, 1);
  b.boot(w.now());
  EXPECT_TRUE(b.kv.get("secret"));
  EXPECT_EQ(b.memory.used(), 0U);
  EXPECT_EQ(b.clock.offset_ms(w.now()), 1'000);
}

TEST(board, forgets_all_but_its_boot_count_on_factory_reset) {
  virtual_world w;
  board b{w.home(), 7, 1};
  b.factory_reset();
  EXPECT_EQ(b.kv.memory_bytes(), 0U);
  b.boot(w.now());
  ASSERT_TRUE(b.kv.put("secret", as_bytes("s")).ok());
  b.factory_reset();
  EXPECT_FALSE(b.powered());
  EXPECT_FALSE(b.kv.get("secret"));
  b.boot(w.now());
  EXPECT_EQ(b.boots(), 2U);
}

TEST(board, boots_even_where_the_store_is_too_small_to_count) {
  virtual_world w;
  const board_settings small{.kv_bytes = 4};
  board b{w.home(), 7, 1, small};
  b.boot(w.now());
  EXPECT_TRUE(b.powered());
  EXPECT_EQ(b.boots(), 0U);
}

TEST(board, gives_the_same_random_numbers_and_values_for_the_same_seed_and_index) {
  virtual_world w;
  board a{w.home(), 7, 1};
  board b{w.home(), 7, 1};
  board c{w.home(), 8, 1};
  EXPECT_EQ(a.random("x").next(), b.random("x").next());
  EXPECT_NE(a.random("x").next(), a.random("y").next());
  EXPECT_NE(a.random("x").next(), c.random("x").next());
  EXPECT_EQ(a.temperature.value(w.now()), b.temperature.value(w.now()));
  EXPECT_EQ(a.humidity.value(w.now()), b.humidity.value(w.now()));
}

TEST(link, passes_on_what_its_stream_tells_and_counts) {
  virtual_world w;
  host cloud{w.home()};
  cloud.when_accepted = [](recorder& g) { g.write("welcome"); };
  link_counters counters;
  recorder owner;
  link l{w.home()};
  l.count_into(&counters);
  l.open({.peer = cloud.door->at()}, owner);
  EXPECT_TRUE(l.active());
  EXPECT_FALSE(l.up());
  l.output().append("early ");
  EXPECT_EQ(l.unsent(), 6U);
  w.run_for(seconds{1});
  EXPECT_TRUE(l.up());
  EXPECT_EQ(owner.connected, 1);
  EXPECT_EQ(owner.received, "welcome");
  l.output().append(std::string(2 * high_water_bytes, 'x'));
  w.run_for(seconds{60});
  EXPECT_EQ(owner.drained, 1);
  EXPECT_EQ(cloud.guests[0]->received.size(), 6 + 2 * high_water_bytes);
  l.close();
  EXPECT_FALSE(l.up());
  w.run_for(seconds{1});
  EXPECT_EQ(owner.reason, close_reason::local);
  EXPECT_FALSE(l.active());
  EXPECT_EQ(counters.opened.load(), 1U);
  EXPECT_EQ(counters.connected.load(), 1U);
  EXPECT_EQ(counters.bytes_received.load(), 7U);
  EXPECT_EQ(counters.ended[static_cast<std::size_t>(close_reason::local)].load(), 1U);
}

TEST(link, can_be_opened_again_from_within_the_end_of_the_last_stream) {
  virtual_world w;
  host cloud{w.home()};
  recorder owner;
  link l{w.home()};
  int attempts = 1;
  owner.when_closed = [&](recorder& r) {
    EXPECT_FALSE(l.active());
    if (attempts < 5) {
      ++attempts;
      l.open({.peer = cloud.door->at()}, r);
    }
  };
  owner.when_connected = [&](recorder&) { l.reset(); };
  l.open({.peer = cloud.door->at()}, owner);
  w.run_for(seconds{60});
  EXPECT_EQ(owner.connected, 5);
  EXPECT_EQ(owner.closed, 5);
  EXPECT_FALSE(l.active());
}

TEST(link, drops_the_former_stream_without_a_word_when_it_is_opened_anew) {
  virtual_world w;
  host cloud{w.home()};
  recorder former;
  recorder owner;
  link l{w.home()};
  l.open({.peer = cloud.door->at()}, former);
  w.run_for(seconds{1});
  l.output().append("bye");
  l.open({.peer = cloud.door->at()}, owner);
  w.run_for(seconds{1});
  EXPECT_EQ(former.closed, 0);
  EXPECT_EQ(owner.connected, 1);
  EXPECT_EQ(cloud.guests[0]->received, "bye");
  EXPECT_EQ(cloud.guests[0]->reason, close_reason::closed_by_peer);
}

TEST(link, may_be_dropped_in_each_callback) {
  for (int which = 0; which < 3; ++which) {
    virtual_world w;
    host cloud{w.home()};
    cloud.when_accepted = [](recorder& g) {
      g.write("x");
      g.stream->close();
    };
    recorder owner;
    link l{w.home()};
    if (which == 0) {
      owner.when_connected = [&](recorder&) { l.drop(); };
    } else if (which == 1) {
      owner.when_received = [&](recorder&, std::string_view) { l.drop(); };
    } else {
      owner.when_closed = [&](recorder&) { l.drop(); };
    }
    l.open({.peer = cloud.door->at()}, owner);
    w.run_for(seconds{1});
    EXPECT_EQ(owner.closed, which == 2 ? 1 : 0);
    EXPECT_FALSE(l.active());
  }
}

TEST(link, holds_still_without_a_stream) {
  virtual_world w;
  link l{w.home()};
  l.close();
  l.reset();
  l.drop();
  l.pause_reading(true);
  EXPECT_EQ(l.unsent(), 0U);
  EXPECT_FALSE(l.up());
}

TEST(link, pauses_reading) {
  virtual_world w;
  host cloud{w.home()};
  recorder owner;
  link l{w.home()};
  l.open({.peer = cloud.door->at()}, owner);
  w.run_for(seconds{1});
  l.pause_reading(true);
  cloud.guests[0]->write("later");
  w.run_for(seconds{1});
  EXPECT_EQ(owner.received, "");
  l.pause_reading(false);
  w.run_for(seconds{1});
  EXPECT_EQ(owner.received, "later");
}

} // namespace
} // namespace fleet::hal
