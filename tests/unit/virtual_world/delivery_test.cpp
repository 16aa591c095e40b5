// What reaches the other side, when and in which order: bandwidth, stalls, windows, closes, cuts.
#include <string>

#include <gtest/gtest.h>

#include "hal_sim/virtual_world/virtual_world.hpp"
#include "protocol/base/random.hpp"
#include "tests/support/world_peers.hpp"

namespace fleet::hal {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using support::host;
using support::recorder;

constexpr time_point at(duration d) {
  return time_point{d};
}

virtual_options plain_options() {
  virtual_options o;
  o.links[0] = {};
  o.links[0].latency = milliseconds{10};
  return o;
}

/// A device and a cloud that are connected.
struct pair {
  explicit pair(virtual_options o = plain_options()) : w(std::move(o)), cloud(w.home()) {
    connect(device, cloud);
    w.run_until(at(seconds{100}));
  }
  recorder& guest() { return *cloud.guests.at(0); }
  duration since_start(time_point t) const { return t - at(seconds{100}); }

  virtual_world w;
  host cloud;
  recorder device;
};

TEST(virtual_stream, delivers_both_ways_after_the_latency) {
  pair p;
  p.device.write("up");
  p.guest().write("down");
  p.w.run_for(seconds{1});
  EXPECT_EQ(p.guest().received, "up");
  EXPECT_EQ(p.device.received, "down");
  EXPECT_EQ(p.since_start(p.guest().received_at), milliseconds{10});
  EXPECT_EQ(p.since_start(p.device.received_at), milliseconds{10});
}

TEST(virtual_stream, sends_once_what_was_written_in_one_turn) {
  pair p;
  p.w.home().post([&] { p.device.write("one "); });
  p.w.home().post([&] { p.device.write("two"); });
  p.w.run_for(seconds{1});
  EXPECT_EQ(p.guest().received, "one two");
  EXPECT_EQ(p.guest().deliveries, 1);
}

TEST(virtual_stream, keeps_what_is_written_while_connecting) {
  virtual_world w{plain_options()};
  host cloud{w.home()};
  recorder device;
  connect(device, cloud);
  device.write("early");
  w.run_for(milliseconds{5});
  EXPECT_EQ(device.stream->unsent(), 5U);
  w.run_for(seconds{1});
  EXPECT_EQ(device.stream->unsent(), 0U);
  EXPECT_EQ(cloud.guests.at(0)->received, "early");
}

TEST(virtual_stream, takes_exactly_the_time_the_bandwidth_allows) {
  virtual_options o = plain_options();
  o.links[0].up_bits_per_s = 8'000; // an octet a millisecond
  o.links[0].down_bits_per_s = 80'000;
  o.links[0].header_bytes = 0;
  o.links[0].segment_bytes = 100;
  pair p{o};
  p.device.write(std::string(1'000, 'u'));
  p.guest().write(std::string(1'000, 'd'));
  p.w.run_for(seconds{5});
  EXPECT_EQ(p.guest().deliveries, 10);
  EXPECT_EQ(p.since_start(p.guest().received_at), milliseconds{1'010});
  EXPECT_EQ(p.since_start(p.device.received_at), milliseconds{110});
  // A second message waits for the line that the first one still occupies.
  const time_point start = p.w.now();
  p.device.write(std::string(50, 'a'));
  p.w.run_for(milliseconds{20});
  p.device.write(std::string(50, 'b'));
  p.w.run_for(seconds{5});
  EXPECT_EQ(p.guest().received_at - start, milliseconds{110});
}

TEST(virtual_stream, shares_the_line_of_a_device_among_its_streams_but_not_among_devices) {
  virtual_options o = plain_options();
  o.links[0].up_bits_per_s = 8'000;
  o.links[0].header_bytes = 0;
  virtual_world w{o};
  host cloud{w.home()};
  recorder first;
  recorder second;
  recorder stranger;
  connect(first, cloud, {.origin = 1});
  connect(second, cloud, {.origin = 1});
  connect(stranger, cloud, {.origin = 2});
  w.run_until(at(seconds{10}));
  first.write(std::string(100, '1'));
  second.write(std::string(100, '2'));
  stranger.write(std::string(100, '3'));
  w.run_for(seconds{5});
  EXPECT_EQ(cloud.guests[0]->received_at, at(milliseconds{10'110}));
  EXPECT_EQ(cloud.guests[1]->received_at, at(milliseconds{10'210}));
  EXPECT_EQ(cloud.guests[2]->received_at, at(milliseconds{10'110}));
}

TEST(virtual_stream, counts_the_octets_it_moved) {
  pair p;
  const auto sent = p.w.home().meters().bytes_sent.load();
  p.device.write(std::string(5'000, 'x'));
  p.guest().write("1234567");
  p.w.run_for(seconds{1});
  EXPECT_EQ(p.w.home().meters().bytes_sent.load() - sent, 5'007U);
  EXPECT_EQ(p.w.home().meters().bytes_received.load() - sent, 5'007U);
  EXPECT_EQ(p.w.home().meters().streams_open.load(), 2U);
  p.device.stream->close();
  p.w.run_for(seconds{1});
  EXPECT_EQ(p.w.home().meters().streams_open.load(), 0U);
}

class stalls : public testing::TestWithParam<std::uint32_t> {};

TEST_P(stalls, never_lose_or_reorder) {
  virtual_options o = plain_options();
  o.links[0].jitter = milliseconds{40};
  o.links[0].stall_ppm = GetParam();
  o.links[0].retransmission = milliseconds{200};
  o.links[0].segment_bytes = 7;
  virtual_world w{o};
  host cloud{w.home()};
  recorder device;
  connect(device, cloud, {.timeout = seconds{1'000}});
  w.run_for(seconds{1'000});
  ASSERT_EQ(device.connected, 1);
  std::string up;
  std::string down;
  random_stream random{3, 0, "words"};
  for (int i = 0; i < 500; ++i) {
    const std::string word = std::to_string(i) + ' ';
    up += word;
    down += word + word;
    device.write(word);
    cloud.guests[0]->write(word + word);
    w.run_for(milliseconds{static_cast<std::int64_t>(random.below(100))});
  }
  w.run_for(seconds{100'000});
  EXPECT_EQ(cloud.guests[0]->received, up);
  EXPECT_EQ(device.received, down);
  EXPECT_EQ(device.closed, 0);
}

INSTANTIATE_TEST_SUITE_P(loss, stalls, testing::Values(0U, 330'000U, 660'000U, 1'000'000U));

TEST(virtual_stream, stalls_by_a_doubling_time_and_gets_through_after_the_last_one) {
  virtual_options o = plain_options();
  o.links[0].stall_ppm = 1'000'000;
  o.links[0].retransmission = milliseconds{100};
  virtual_world w{o};
  host cloud{w.home()};
  recorder device;
  connect(device, cloud, {.timeout = seconds{100}});
  w.run_for(seconds{100});
  // Six losses each way: 100 + 200 + 400 + 800 + 1600 + 3200 ms.
  EXPECT_EQ(device.connected_at, at(2 * milliseconds{10 + 6'300}));
}

TEST(virtual_stream, holds_everything_during_a_stall_and_then_delivers_in_order) {
  pair p;
  p.device.write("before ");
  p.w.run_for(milliseconds{5}); // under way
  p.w.links().stall(0, seconds{10});
  p.device.write("during ");
  p.w.run_for(seconds{9});
  EXPECT_EQ(p.guest().received, "");
  p.device.write("after");
  p.w.run_for(milliseconds{999});
  EXPECT_EQ(p.guest().received, "");
  p.w.run_for(milliseconds{1});
  EXPECT_EQ(p.guest().received, "before during after");
}

TEST(virtual_stream, gives_the_orderly_end_after_the_data) {
  pair p;
  p.device.write(std::string(100'000, 'x'));
  p.device.stream->close();
  EXPECT_EQ(p.device.closed, 0);
  p.w.run_for(seconds{5});
  EXPECT_EQ(p.device.reason, close_reason::local);
  EXPECT_EQ(p.device.closed, 1);
  EXPECT_EQ(p.guest().received.size(), 100'000U);
  EXPECT_EQ(p.guest().reason, close_reason::closed_by_peer);
  EXPECT_EQ(p.guest().closed, 1);
}

TEST(virtual_stream, reset_drops_what_is_undelivered) {
  pair p;
  p.device.write("gone");
  p.w.run_for(milliseconds{5});
  p.device.write("never sent");
  p.device.stream->reset();
  EXPECT_EQ(p.device.closed, 0);
  p.w.run_for(seconds{1});
  EXPECT_EQ(p.device.reason, close_reason::local);
  EXPECT_EQ(p.guest().received, "");
  EXPECT_EQ(p.guest().reason, close_reason::reset);
  EXPECT_EQ(p.since_start(p.guest().closed_at), milliseconds{15});
}

TEST(virtual_stream, is_reset_on_both_sides_when_the_network_cuts_it) {
  pair p;
  p.device.write("up");
  p.guest().write("down");
  p.w.run_for(milliseconds{5});
  EXPECT_EQ(p.w.links().connections(0), 1U);
  EXPECT_EQ(p.w.links().reset(0), 1U);
  EXPECT_EQ(p.device.closed + p.guest().closed, 0); // not in the call
  p.w.run_for(milliseconds{0});
  EXPECT_EQ(p.device.reason, close_reason::reset);
  EXPECT_EQ(p.guest().reason, close_reason::reset);
  EXPECT_EQ(p.device.received + p.guest().received, "");
  EXPECT_EQ(p.w.links().connections(0), 0U);
  EXPECT_EQ(p.w.links().reset(0), 0U);
}

TEST(virtual_stream, is_cut_through_a_stall_without_end) {
  pair p;
  p.w.links().stall(0, duration::max());
  p.device.write("x");
  p.w.run_for(seconds{1'000});
  EXPECT_EQ(p.guest().received, "");
  p.w.links().reset(0);
  p.w.run_for(milliseconds{0});
  EXPECT_EQ(p.device.closed + p.guest().closed, 2);
}

TEST(virtual_stream, breaks_at_every_octet_of_a_message_when_told_to) {
  const std::string text = "0123456789abcdefghij";
  for (const side receiver : {side::cloud, side::device}) {
    for (std::size_t cut = 0; cut <= text.size() + 2; ++cut) {
      virtual_options o = plain_options();
      o.links[0].segment_bytes = 8;
      pair p{o};
      recorder& from = receiver == side::cloud ? p.device : p.guest();
      recorder& to = receiver == side::cloud ? p.guest() : p.device;
      p.w.links().cut_after(0, receiver, cut);
      from.write(text);
      p.w.run_for(seconds{1});
      EXPECT_EQ(to.received, text.substr(0, cut));
      EXPECT_EQ(to.closed, cut <= text.size() ? 1 : 0);
      EXPECT_EQ(from.closed, cut <= text.size() ? 1 : 0);
      if (cut <= text.size()) {
        EXPECT_EQ(to.reason, close_reason::reset);
        recorder again; // and only once
        connect(again, p.cloud);
        again.write(text);
        p.w.run_for(seconds{1});
        EXPECT_EQ(p.cloud.guests[1]->received, text);
      }
    }
  }
}

TEST(virtual_stream, holds_data_back_from_a_paused_reader_and_fills_the_window) {
  virtual_options o = plain_options();
  o.links[0].window_bytes = 10'000;
  pair p{o};
  p.guest().stream->pause_reading(true);
  p.device.write(std::string(25'000, 'x'));
  p.w.run_for(seconds{1});
  EXPECT_EQ(p.guest().received.size(), 0U);
  EXPECT_EQ(p.device.stream->unsent(), 15'000U);
  p.device.stream->close();
  p.w.run_for(seconds{1});
  EXPECT_EQ(p.device.closed, 0); // not before the network has taken everything
  p.guest().stream->pause_reading(false);
  p.w.run_for(seconds{1});
  EXPECT_EQ(p.guest().received.size(), 25'000U);
  EXPECT_EQ(p.guest().reason, close_reason::closed_by_peer);
  EXPECT_EQ(p.device.reason, close_reason::local);
}

TEST(virtual_stream, tells_a_reset_even_to_a_paused_reader) {
  pair p;
  p.guest().stream->pause_reading(true);
  p.device.write("x");
  p.w.run_for(seconds{1});
  p.device.stream->reset();
  p.w.run_for(seconds{1});
  EXPECT_EQ(p.guest().reason, close_reason::reset);
}

TEST(virtual_stream, tells_when_an_output_over_high_water_has_drained) {
  pair p;
  p.device.write(std::string(high_water_bytes - 1, 'x'));
  p.w.run_for(seconds{60});
  EXPECT_EQ(p.device.drained, 0);
  p.device.write("+");
  p.device.write(std::string(2 * high_water_bytes, 'x'));
  p.w.run_for(milliseconds{5});
  EXPECT_GT(p.device.stream->unsent(), high_water_bytes);
  p.w.run_for(seconds{60});
  EXPECT_EQ(p.device.drained, 1);
  EXPECT_EQ(p.guest().received.size(), 3 * high_water_bytes);
}

TEST(virtual_stream, keeps_its_backlog_bounded_by_what_is_unsent) {
  virtual_options o = plain_options();
  o.links[0].window_bytes = 1'000;
  pair p{o};
  p.device.write(std::string(50'000, 'x'));
  std::size_t written = 50'000;
  for (int i = 0; i < 3'000; ++i) { // as fast as it drains
    p.w.run_for(milliseconds{10});
    p.device.write(std::string(1'000, 'y'));
    written += 1'000;
  }
  p.w.run_for(milliseconds{1});
  EXPECT_LT(p.device.stream->output().capacity(), 400'000U);
  p.w.run_for(seconds{100});
  EXPECT_EQ(p.guest().received.size(), written);
}

} // namespace
} // namespace fleet::hal
