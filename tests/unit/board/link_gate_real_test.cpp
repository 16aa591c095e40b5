// The same gate over kernel sockets.
#include <sys/ioctl.h>

#include <gtest/gtest.h>

#include "hal_sim/board/link.hpp"
#include "hal_sim/real_world/real_home.hpp"
#include "hal_sim/real_world/real_stream.hpp"
#include "tests/support/raw_socket.hpp"
#include "tests/support/world_peers.hpp"

namespace fleet::hal {
namespace {

using namespace std::chrono_literals;
using support::host;
using support::raw_socket;
using support::recorder;

/// A link that is connected to a socket of our own, so that all that happens to it is seen.
struct link_and_socket {
  link_and_socket() {
    owner.home = &home;
    open();
  }
  void open() {
    it.open({.peer = at}, owner);
    const int before = owner.connected;
    EXPECT_TRUE(home.run_until([&] { return owner.connected > before; }));
    far.push_back(door.accept());
    EXPECT_TRUE(far.back().valid());
  }
  void say(std::string_view text) {
    it.output().append(text);
    it.seal();
  }
  /// Everything that can happen now has.
  void settle() {
    while (home.poll_once(0s)) {
    }
  }
  bool hears(raw_socket& socket, std::string_view text) {
    std::string got;
    return home.run_until([&] {
      socket.read(got);
      return got.size() >= text.size();
    }) && got == text;
  }

  real_home home{real_home_options{}};
  raw_socket door;
  address at = door.listen(16);
  std::vector<raw_socket> far;
  recorder owner;
  link_disturbance trouble;
  link it{home, 7};
};

TEST(link_gate_real, delays_at_least_by_the_latency_in_both_directions) {
  link_and_socket r;
  r.trouble.latency = 30ms;
  r.it.disturb(r.trouble);
  const time_point sent = r.home.now();
  r.say("up");
  r.far[0].write("down");
  EXPECT_TRUE(r.hears(r.far[0], "up"));
  EXPECT_GE(r.home.now() - sent, 30ms);
  ASSERT_TRUE(r.home.run_until([&] { return r.owner.received == "down"; }));
  EXPECT_GE(r.owner.received_at - sent, 30ms);
  r.it.relieve(r.trouble);
  ASSERT_TRUE(r.home.run_until([&] { return r.it.memory_bytes() == 0; }));
  r.say("straight");
  EXPECT_TRUE(r.hears(r.far[0], "straight"));
}

TEST(link_gate_real, sends_and_delivers_in_slices) {
  real_home home{real_home_options{}};
  host there{home, 0};
  recorder owner;
  link it{home};
  const link_disturbance slices{.slice_octets = 1};
  it.disturb(slices);
  it.open({.peer = there.door->at()}, owner);
  ASSERT_TRUE(home.run_until([&] { return owner.connected == 1 && !there.guests.empty(); }));
  const std::uint64_t turns = home.meters().turns.load();
  it.output().append(std::string(500, 'x'));
  it.seal();
  there.guests[0]->write(std::string(500, 'y'));
  ASSERT_TRUE(home.run_until(
      [&] { return there.guests[0]->received.size() == 500 && owner.received.size() == 500; }));
  EXPECT_EQ(owner.deliveries, 500);
  EXPECT_GE(home.meters().turns.load() - turns, 500U) << "one octet a send";
}

TEST(link_gate_real, keeps_everything_under_all_of_it_at_once) {
  real_home home{real_home_options{}};
  host there{home, 0};
  recorder owner;
  link it{home};
  const link_disturbance slow{.latency = 2ms, .jitter = 3ms, .octets_per_s = 40'000'000};
  const link_disturbance stall{.stall = true};
  it.open({.peer = there.door->at()}, owner);
  ASSERT_TRUE(home.run_until([&] { return owner.connected == 1 && !there.guests.empty(); }));
  std::string text;
  for (std::uint32_t i = 0; i < 600'000; ++i) {
    text += static_cast<char>((i * 2654435761U) >> 24);
  }
  it.output().append(text);
  there.guests[0]->write(text);
  it.disturb(slow);
  ASSERT_TRUE(home.run_until([&] { return owner.received.size() > 100'000; }));
  it.disturb(stall);
  const std::size_t held_at = owner.received.size();
  while (home.poll_once(0s)) {
  }
  EXPECT_EQ(owner.received.size(), held_at);
  it.relieve(stall);
  ASSERT_TRUE(home.run_until([&] {
    return owner.received.size() >= text.size() && there.guests[0]->received.size() >= text.size();
  }));
  EXPECT_TRUE(owner.received == text);
  EXPECT_TRUE(there.guests[0]->received == text);
}

TEST(link_gate_real, tears_with_a_reset_that_both_sides_see) {
  link_and_socket r;
  r.it.tear();
  std::string got;
  ASSERT_TRUE(r.home.run_until([&] { return !r.far[0].read(got) && r.owner.closed == 1; }));
  EXPECT_TRUE(r.far[0].was_reset());
  EXPECT_EQ(r.owner.reason, close_reason::reset);
  EXPECT_EQ(got, "");
}

TEST(link_gate_real, sends_neither_end_nor_reset_from_a_half_open_stream) {
  link_and_socket r;
  r.it.go_half_open();
  r.say("void");
  r.far[0].write("likewise");
  r.settle();
  r.it.drop();
  r.open(); // anew
  r.say("hello");
  EXPECT_TRUE(r.hears(r.far[1], "hello")) << "what came before it had its time";
  std::string got;
  EXPECT_TRUE(r.far[0].read(got)) << "neither ended nor reset";
  EXPECT_EQ(got, "");
  EXPECT_EQ(r.owner.received, "");
  EXPECT_GT(r.it.memory_bytes(), 0U);
  r.far[0].close(); // its own keep-alive
  ASSERT_TRUE(r.home.run_until([&] { return r.it.memory_bytes() == 0; }));
  EXPECT_TRUE(r.it.up());
}

TEST(link_gate_real, holds_the_end_of_a_dropped_stream_back_in_a_partition) {
  link_and_socket r;
  r.trouble.cut = true;
  r.it.disturb(r.trouble);
  r.say("last words");
  r.it.drop();
  r.settle();
  std::string got;
  EXPECT_TRUE(r.far[0].read(got));
  EXPECT_EQ(got, "");
  r.it.relieve(r.trouble);
  ASSERT_TRUE(r.home.run_until([&] { return !r.far[0].read(got); }));
  EXPECT_EQ(got, "last words");
  EXPECT_FALSE(r.far[0].was_reset());
}

TEST(link_gate_real, refuses_and_times_out_without_a_packet) {
  link_and_socket r;
  r.it.drop();
  r.trouble.refuse = true;
  r.it.disturb(r.trouble);
  r.it.open({.peer = r.at}, r.owner);
  ASSERT_TRUE(r.home.run_until([&] { return r.owner.closed == 1; }));
  EXPECT_EQ(r.owner.reason, close_reason::refused);
  r.trouble.cut = true;
  r.it.disturbance_changed(r.trouble);
  r.it.open({.peer = r.at, .timeout = 20ms}, r.owner);
  ASSERT_TRUE(r.home.run_until([&] { return r.owner.closed == 2; }));
  EXPECT_EQ(r.owner.reason, close_reason::timed_out);
  EXPECT_FALSE(r.door.accept().valid());
}

} // namespace
} // namespace fleet::hal
