// Bytes in quantity, back-pressure in both directions, and how streams end.
#include <gtest/gtest.h>

#include "hal_sim/real_world/real_home.hpp"
#include "hal_sim/real_world/real_stream.hpp"
#include "tests/support/raw_socket.hpp"
#include "tests/support/world_peers.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;
using hal::close_reason;
using support::host;
using support::raw_socket;
using support::recorder;

/// Octets without a short period, so that a lost, doubled or swapped piece shows.
std::string noise(std::size_t count) {
  std::string out(count, '\0');
  std::uint64_t x = 1;
  for (char& c : out) {
    x = x * 6364136223846793005ULL + 1442695040888963407ULL;
    c = static_cast<char>(x >> 56);
  }
  return out;
}

/// A home, a listener, a connected pair.
struct pair_of_streams {
  explicit pair_of_streams(hal::real_home_options options = {}) : home(options) {
    connect(here, there);
    EXPECT_TRUE(home.run_until([&] { return here.connected == 1 && !there.guests.empty(); }));
  }
  recorder& far() { return *there.guests.at(0); }
  void settle() {
    while (home.poll_once(0s)) {
    }
  }

  hal::real_home home;
  host there{home, 0};
  recorder here;
};

/// The same with a socket of our own as the far end.
struct stream_and_socket {
  explicit stream_and_socket(hal::real_home_options options = {}) : home(options) {
    far.connect(door.door->at());
    EXPECT_TRUE(home.run_until([&] { return !door.guests.empty(); }));
  }
  recorder& near() { return *door.guests.at(0); }
  void settle() {
    while (home.poll_once(0s)) {
    }
  }

  hal::real_home home;
  host door{home, 0};
  raw_socket far;
};

TEST(real_transfer, carries_megabytes_both_ways_at_once_unchanged) {
  pair_of_streams p;
  const std::string up = noise(20'000'000);
  const std::string down = noise(15'000'001);
  p.here.write(up);
  p.far().write(down);
  ASSERT_TRUE(p.home.run_until(
      [&] { return p.far().received.size() == up.size() && p.here.received.size() == down.size(); },
      60s));
  EXPECT_TRUE(p.far().received == up);
  EXPECT_TRUE(p.here.received == down);
  EXPECT_EQ(p.here.stream->unsent(), 0U);
  EXPECT_EQ(p.here.drained, 1);
}

TEST(real_transfer, tells_drained_once_after_the_high_water_mark_even_if_one_send_took_it_all) {
  pair_of_streams p;
  p.here.write(std::string(hal::high_water_bytes - 1, 'x'));
  p.settle();
  EXPECT_EQ(p.here.drained, 0);
  p.here.write(std::string(hal::high_water_bytes, 'x'));
  ASSERT_TRUE(p.home.run_until([&] { return p.here.drained == 1; }));
  p.settle();
  EXPECT_EQ(p.here.drained, 1);
}

TEST(real_transfer, a_paused_reader_holds_the_sender_back_until_it_reads_again) {
  pair_of_streams p;
  p.far().stream->pause_reading(true);
  const std::string text = noise(30'000'000);
  p.here.write(text);
  p.settle();
  EXPECT_EQ(p.far().received.size(), 0U);
  EXPECT_GT(p.here.stream->unsent(), 1'000'000U) << "the kernel's buffers are full";
  EXPECT_EQ(p.here.drained, 0);

  p.far().stream->pause_reading(false);
  ASSERT_TRUE(p.home.run_until([&] { return p.far().received.size() == text.size(); }, 60s));
  EXPECT_TRUE(p.far().received == text);
  EXPECT_EQ(p.here.drained, 1);
}

TEST(real_transfer, a_reader_may_pause_in_the_middle_of_a_burst) {
  pair_of_streams p;
  p.far().when_received = [](recorder& r, std::string_view) { r.stream->pause_reading(true); };
  const std::string text = noise(1'000'000);
  p.here.write(text);
  for (int reads = 1; p.far().received.size() < text.size(); ++reads) {
    ASSERT_TRUE(p.home.run_until([&] { return p.far().deliveries >= reads; }));
    p.settle();
    ASSERT_EQ(p.far().deliveries, reads);
    p.far().stream->pause_reading(false);
  }
  EXPECT_TRUE(p.far().received == text);
}

TEST(real_transfer, a_torn_connection_is_told_even_while_reading_is_paused) {
  stream_and_socket p;
  p.near().stream->pause_reading(true);
  p.far.write("unread");
  p.settle();
  p.far.tear();
  ASSERT_TRUE(p.home.run_until([&] { return p.near().closed == 1; }));
  EXPECT_EQ(p.near().reason, close_reason::reset);
}

TEST(real_transfer, a_stream_that_never_quite_drains_does_not_grow_without_end) {
  hal::real_home h{{}};
  host there{h, 0};
  recorder here;
  connect(here, there);
  ASSERT_TRUE(h.run_until([&] { return here.connected == 1 && !there.guests.empty(); }));
  recorder& far = *there.guests[0];
  std::size_t sent = 0;
  std::size_t received = 0;
  far.when_received = [&](recorder& r, std::string_view text) {
    received += text.size();
    r.received.clear();
  };
  far.stream->pause_reading(true);
  here.write(std::string(8'000'000, 'x'));
  sent += 8'000'000;
  while (h.poll_once(0s)) {
  }
  const std::size_t level = here.stream->unsent();
  ASSERT_GT(level, 0U);
  far.stream->pause_reading(false);
  std::size_t capacity_max = 0;
  while (sent < 100'000'000) {
    h.poll_once(0s);
    if (here.stream->unsent() < level) {
      here.write(std::string(500'000, 'x'));
      sent += 500'000;
    }
    capacity_max = std::max(capacity_max, here.stream->output().capacity());
  }
  ASSERT_TRUE(h.run_until([&] { return received == sent; }, 60s));
  EXPECT_LT(capacity_max, 40'000'000U);
}

TEST(real_transfer, the_end_of_the_peers_bytes_comes_after_all_of_them) {
  stream_and_socket p;
  const std::string text = noise(2'000'000);
  std::string_view rest = text;
  ASSERT_TRUE(p.home.run_until([&] {
    rest.remove_prefix(p.far.write(rest));
    if (rest.empty()) {
      p.far.end_writing();
    }
    return p.near().closed == 1;
  }));
  EXPECT_EQ(p.near().reason, close_reason::closed_by_peer);
  EXPECT_TRUE(p.near().received == text);
}

TEST(real_transfer, answers_a_peer_that_ended_its_half_with_its_last_request) {
  stream_and_socket p;
  p.near().when_received = [](recorder& r, std::string_view) { r.write("reply"); };
  p.far.write("request");
  p.far.end_writing();
  ASSERT_TRUE(p.home.run_until([&] { return p.near().closed == 1; }));
  p.settle();
  std::string reply;
  while (p.far.read(reply)) {
  }
  EXPECT_EQ(reply, "reply");
  EXPECT_FALSE(p.far.was_reset());
}

TEST(real_transfer, says_reset_when_the_peer_tears_the_connection) {
  stream_and_socket p;
  p.far.tear();
  ASSERT_TRUE(p.home.run_until([&] { return p.near().closed == 1; }));
  EXPECT_EQ(p.near().reason, close_reason::reset);
  EXPECT_NE(p.near().detail.find("was reset"), std::string::npos);
}

TEST(real_transfer, reads_the_peers_last_words_even_if_sending_failed_first) {
  stream_and_socket p;
  p.home.post([&] { // after the events of its turn and before the sending
    p.far.write("last words");
    p.far.tear();
    p.near().write("into the void");
  });
  ASSERT_TRUE(p.home.run_until([&] { return p.near().closed == 1; }));
  EXPECT_EQ(p.near().received, "last words");
  EXPECT_EQ(p.near().reason, close_reason::reset);
}

TEST(real_transfer, close_sends_everything_first_and_then_ends_in_order) {
  stream_and_socket p;
  const std::string text = noise(12'000'000);
  p.near().write(text);
  p.near().stream->close();
  p.near().write("too late");
  std::string got;
  bool open = true;
  ASSERT_TRUE(p.home.run_until([&] {
    for (std::size_t had = got.size() + 1; open && had != got.size();) {
      had = got.size();
      open = p.far.read(got);
    }
    return !open && p.near().closed == 1;
  }));
  EXPECT_EQ(p.near().reason, close_reason::local);
  EXPECT_TRUE(got == text);
  EXPECT_FALSE(p.far.was_reset());
}

TEST(real_transfer, close_is_orderly_though_the_peers_bytes_were_not_read) {
  stream_and_socket p;
  p.near().stream->pause_reading(true);
  p.far.write("never read");
  p.settle();
  p.near().write("goodbye");
  p.near().stream->close();
  std::string got;
  ASSERT_TRUE(p.home.run_until([&] { return !p.far.read(got); }));
  EXPECT_EQ(got, "goodbye");
  EXPECT_FALSE(p.far.was_reset());
  EXPECT_EQ(p.near().received, "");
}

TEST(real_transfer, reset_drops_what_is_unsent_and_tears_the_connection) {
  stream_and_socket p;
  p.near().write("never sent");
  p.near().stream->reset();
  ASSERT_TRUE(p.home.run_until([&] { return p.near().closed == 1; }));
  EXPECT_EQ(p.near().reason, close_reason::local);
  std::string got;
  while (p.far.read(got)) {
  }
  EXPECT_EQ(got, "");
  EXPECT_TRUE(p.far.was_reset());
}

TEST(real_transfer, letting_go_sends_what_the_turn_gathered) {
  stream_and_socket p;
  p.near().write("farewell");
  p.near().stream.reset();
  p.settle();
  std::string got;
  while (p.far.read(got)) {
  }
  EXPECT_EQ(got, "farewell");
  EXPECT_FALSE(p.far.was_reset());
  EXPECT_EQ(p.near().closed, 0);
  EXPECT_EQ(p.home.meters().streams_open, 0U);
}

TEST(real_transfer, gathers_the_writes_of_one_turn_into_one_delivery) {
  pair_of_streams p;
  for (int i = 0; i < 50; ++i) {
    p.here.write("0123456789");
  }
  ASSERT_TRUE(p.home.run_until([&] { return p.far().received.size() == 500; }));
  EXPECT_EQ(p.far().deliveries, 1);
}

TEST(real_transfer, a_long_burst_is_read_in_portions_so_that_others_get_theirs) {
  hal::real_home_options options;
  options.read_buffer_bytes = 1000;
  pair_of_streams p{options};
  p.here.write(noise(10'000));
  ASSERT_TRUE(p.home.run_until([&] { return p.far().received.size() == 10'000; }));
  EXPECT_EQ(p.far().deliveries, 10);
  EXPECT_TRUE(p.far().received == noise(10'000));
}

TEST(real_transfer, output_of_an_ended_stream_goes_nowhere) {
  stream_and_socket p;
  p.near().drop_when_closed = false;
  p.far.tear();
  ASSERT_TRUE(p.home.run_until([&] { return p.near().closed == 1; }));
  p.near().write("nowhere");
  EXPECT_EQ(p.near().stream->unsent(), 0U);
  p.near().stream->close();
  p.near().stream->reset();
  p.near().stream->pause_reading(true);
  p.near().stream->pause_reading(false);
  p.settle();
  EXPECT_EQ(p.near().closed, 1) << "on_closed was the last call";
}

TEST(real_transfer, tells_a_watcher_before_anything_leaves) {
  stream_and_socket p;
  std::string seen_by_the_peer;
  std::string before_sending = "nothing";
  p.near().when_received = [](recorder& r, std::string_view) { r.write("answer"); };
  const support::sending_hook hook{p.home, [&] {
                                     (void)p.far.read(seen_by_the_peer);
                                     before_sending = seen_by_the_peer;
                                   }};
  p.far.write("question");
  p.settle();
  EXPECT_EQ(before_sending, "");
  (void)p.far.read(seen_by_the_peer);
  EXPECT_EQ(seen_by_the_peer, "answer");
}

TEST(real_transfer, sends_nothing_of_what_a_watcher_resets) {
  stream_and_socket p;
  p.near().when_received = [](recorder& r, std::string_view) { r.write("answer"); };
  const support::sending_hook hook{p.home, [&] {
                                     if (p.near().stream != nullptr) {
                                       p.near().stream->reset();
                                     }
                                   }};
  p.far.write("question");
  ASSERT_TRUE(p.home.run_until([&] { return p.near().closed == 1; }));
  std::string got;
  EXPECT_FALSE(p.far.read(got));
  EXPECT_EQ(got, "");
}

TEST(real_transfer, tells_a_watcher_before_the_last_words_to_a_peer_that_ended_too) {
  // A buffer that the question fills, so that the next turn reads twice: question, then end.
  stream_and_socket p{{.read_buffer_bytes = 8}};
  bool told = false;
  bool told_since_the_answer = false;
  p.near().when_received = [&](recorder& r, std::string_view) {
    if (r.deliveries == 1) {
      p.far.write("question");
      p.far.end_writing();
      return;
    }
    r.write("answer");
    told = false;
  };
  p.near().when_closed = [&](recorder&) { told_since_the_answer = told; };
  const support::sending_hook hook{p.home, [&] { told = true; }};
  p.far.write("question");
  ASSERT_TRUE(p.home.run_until([&] { return p.near().closed == 1; }));
  EXPECT_TRUE(told_since_the_answer);
  std::string got;
  while (p.far.read(got)) {
  }
  EXPECT_EQ(got, "answer");
}

} // namespace
} // namespace fleet
