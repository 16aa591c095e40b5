// Streams that move from one home to another, and listeners that share a socket.
#include <gtest/gtest.h>

#include <atomic>

#include "hal_sim/real_world/real_world.hpp"
#include "tests/support/toy_filter.hpp"
#include "tests/support/world_peers.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;
using support::host;
using support::recorder;
using support::toy_security;

/// A client, a host on the first home, and the second home, all pumped by this thread. What the
/// host accepts moves with its first octets.
struct moving_pair {
  explicit moving_pair(bool secure) : there{first, 0, secure ? &server : nullptr} {
    there.when_accepted = [this](recorder& guest) {
      guest.when_received = [this](recorder& r, std::string_view text) {
        first.take_to(second, std::move(r.stream),
                      [this, early = std::string{text}](hal::stream_ptr s) {
                        moved.stream = std::move(s);
                        moved.stream->set_events(moved);
                        moved.received = early;
                      });
      };
    };
    connect(here, there, {.security = secure ? &client : nullptr});
  }
  template <class Predicate>
  bool run_until(Predicate done) {
    return first.run_until([&] {
      second.poll_once(0s);
      return done();
    });
  }

  toy_security client{true, {}};
  toy_security server{false, {}};
  hal::real_home first{{}};
  hal::real_home second{{}};
  recorder moved;
  host there;
  recorder here;
};

void talk_after_the_move(moving_pair& p) {
  p.here.when_connected = [](recorder& r) { r.write("one"); };
  ASSERT_TRUE(p.run_until([&] { return p.moved.stream != nullptr; }));
  EXPECT_EQ(p.first.meters().streams_open, 1U); // the client's own
  EXPECT_EQ(p.second.meters().streams_open, 1U);
  p.here.write("two");
  ASSERT_TRUE(p.run_until([&] { return p.moved.received == "onetwo"; }));
  p.moved.write("three");
  ASSERT_TRUE(p.run_until([&] { return p.here.received == "three"; }));
  p.here.stream->close();
  ASSERT_TRUE(p.run_until([&] { return p.moved.closed == 1; }));
  EXPECT_EQ(p.moved.reason, hal::close_reason::closed_by_peer);
  EXPECT_EQ(p.there.guests.front()->closed, 0);
}

TEST(real_moves, a_stream_speaks_on_at_its_new_home) {
  moving_pair p{false};
  talk_after_the_move(p);
}

TEST(real_moves, an_encrypted_stream_takes_its_filter_along) {
  moving_pair p{true};
  talk_after_the_move(p);
}

TEST(real_moves, a_peer_that_has_gone_meanwhile_is_told_of_at_the_new_home) {
  moving_pair p{false};
  p.here.when_connected = [](recorder& r) {
    r.write("one");
    r.stream->close();
  };
  ASSERT_TRUE(p.run_until([&] { return p.moved.closed == 1; }));
  EXPECT_EQ(p.moved.received, "one");
  EXPECT_EQ(p.second.meters().streams_open, 0U);
}

TEST(real_moves, what_was_unsent_leaves_from_the_new_home) {
  moving_pair p{false};
  p.there.when_accepted = [&](recorder& guest) {
    guest.write("hello");
    p.first.take_to(p.second, std::move(guest.stream), [&](hal::stream_ptr s) {
      p.moved.stream = std::move(s);
      p.moved.stream->set_events(p.moved);
    });
    guest.when_received = nullptr;
  };
  // The receiver of an accepted stream listens to it, or has dropped it: that is checked.
  ASSERT_TRUE(p.run_until([&] { return p.here.received == "hello"; }));
}

TEST(real_moves, a_stream_that_nobody_takes_in_is_closed) {
  recorder here;
  {
    hal::real_home first{{}};
    auto second = std::make_unique<hal::real_home>(hal::real_home_options{});
    host there{first, 0};
    there.when_accepted = [&](recorder& guest) {
      first.take_to(*second, std::move(guest.stream), [](hal::stream_ptr) { FAIL(); });
    };
    connect(here, there);
    ASSERT_TRUE(first.run_until([&] { return !there.guests.empty(); }));
    second.reset();
    ASSERT_TRUE(first.run_until([&] { return here.closed == 1; }));
  }
}

TEST(real_moves, listeners_beside_each_other_share_one_port) {
  hal::real_home first{{}};
  hal::real_home second{{}};
  host one{first, 0};
  host other{second, 0};
  auto beside = second.listen_beside(*one.door, {}, other);
  ASSERT_TRUE(beside.ok());
  EXPECT_EQ(beside.value()->at(), one.door->at());
  recorder here;
  one.door.reset(); // the socket stays with the other
  here.home = &first;
  here.stream = first.connect({.peer = beside.value()->at()}, here);
  ASSERT_TRUE(first.run_until([&] {
    second.poll_once(0s);
    return !other.guests.empty();
  }));
  EXPECT_TRUE(one.guests.empty());
}

/// Echoes on whichever home it was moved to, over threads of their own.
struct echo final : hal::stream_events {
  void on_connected() override {}
  void on_received(bytes_view bytes) override { stream->output().append(bytes); }
  void on_closed(hal::close_reason, std::string_view) override { stream.reset(); }
  hal::stream_ptr stream;
};

TEST(real_moves, many_streams_cross_between_running_homes) {
  constexpr int count = 64;
  hal::real_world world{{.homes = 2, .name = "moves"}};
  std::vector<std::unique_ptr<echo>> echoes; // of the second home
  toy_security server{false, {}};
  host there{world.home(0), 0, &server};
  there.when_accepted = [&](recorder& guest) {
    guest.when_received = [&](recorder& r, std::string_view text) {
      world.home(0).take_to(world.home(1), std::move(r.stream),
                            [&, early = std::string{text}](hal::stream_ptr s) {
                              auto made = std::make_unique<echo>();
                              made->stream = std::move(s);
                              made->stream->set_events(*made);
                              made->stream->output().append(early);
                              echoes.push_back(std::move(made));
                            });
    };
  };
  toy_security client{true, {}};
  hal::real_home home{{}};
  std::vector<std::unique_ptr<recorder>> here;
  const auto at = there.door->at();
  world.start();
  for (int i = 0; i < count; ++i) {
    here.push_back(std::make_unique<recorder>());
    here.back()->when_connected = [](recorder& r) { r.write("ping"); };
    here.back()->stream = home.connect({.peer = at, .security = &client}, *here.back());
  }
  EXPECT_TRUE(home.run_until([&] {
    return std::all_of(here.begin(), here.end(),
                       [](const auto& r) { return r->received == "ping"; });
  }));
  here.clear();
  world.home(0).post([&] { there.door.reset(); });
  world.home(1).post([&] { echoes.clear(); });
  world.stop(5s);
}

} // namespace
} // namespace fleet
