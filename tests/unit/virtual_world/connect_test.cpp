// How connections of the virtual network come about, and how they fail to.
#include <gtest/gtest.h>

#include "hal_sim/virtual_world/virtual_world.hpp"
#include "tests/support/world_peers.hpp"

namespace fleet::hal {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::host;
using support::modelled_security;
using support::recorder;

constexpr time_point at(duration d) {
  return time_point{d};
}

/// 10 ms one way and nothing else.
virtual_options plain_options() {
  virtual_options o;
  o.links[0] = {};
  o.links[0].latency = milliseconds{10};
  return o;
}

TEST(virtual_connect, takes_one_round_trip_and_accepts_half_a_one_later) {
  virtual_world w{plain_options()};
  host cloud{w.home()};
  recorder device;
  connect(device, cloud);
  w.run_for(seconds{1});
  ASSERT_EQ(device.connected, 1);
  EXPECT_EQ(device.connected_at, at(milliseconds{20}));
  ASSERT_EQ(cloud.guests.size(), 1U);
  EXPECT_EQ(cloud.guests[0]->connected, 1);
  EXPECT_EQ(cloud.guests[0]->connected_at, at(milliseconds{30}));
  EXPECT_EQ(w.now(), at(seconds{1}));
}

TEST(virtual_connect, takes_as_long_as_the_figures_of_each_kind_say) {
  for (const link_kind kind : {link_kind::ethernet, link_kind::wifi, link_kind::cellular_4g,
                               link_kind::nbiot, link_kind::lora}) {
    virtual_options o;
    link_figures& f = o.links[static_cast<std::size_t>(kind)];
    f.jitter = {};
    f.stall_ppm = 0;
    virtual_world w{o};
    host cloud{w.home()};
    recorder device;
    connect(device, cloud, {.kind = kind});
    w.run_for(seconds{60});
    const auto line = [&](std::uint64_t bits_per_s) {
      return duration{static_cast<std::int64_t>((f.header_bytes * 8'000'000'000ULL + bits_per_s - 1)
                                                / bits_per_s)};
    };
    EXPECT_EQ(device.connected_at,
              at(2 * f.latency + line(f.up_bits_per_s) + line(f.down_bits_per_s)));
  }
}

TEST(virtual_connect, keeps_jitter_within_its_bounds_and_uses_all_of_them) {
  virtual_options o = plain_options();
  o.links[0].jitter = milliseconds{8};
  virtual_world w{o};
  host cloud{w.home()};
  std::vector<recorder> devices(400);
  for (std::size_t i = 0; i < devices.size(); ++i) {
    connect(devices[i], cloud, {.origin = i});
  }
  w.run_for(seconds{1});
  duration least = duration::max();
  duration most{};
  for (const recorder& d : devices) {
    ASSERT_EQ(d.connected, 1);
    least = std::min(least, d.connected_at.time_since_epoch());
    most = std::max(most, d.connected_at.time_since_epoch());
  }
  EXPECT_GE(least, milliseconds{20});
  EXPECT_LT(least, milliseconds{22});
  EXPECT_LE(most, milliseconds{36});
  EXPECT_GT(most, milliseconds{34});
}

TEST(virtual_connect, is_refused_after_a_round_trip_where_nobody_listens) {
  virtual_world w{plain_options()};
  host cloud{w.home()};
  recorder device;
  device.home = &w.home();
  address elsewhere = cloud.door->at();
  elsewhere.port = 1;
  device.stream = w.home().connect({.peer = elsewhere}, device);
  EXPECT_EQ(device.closed, 0); // never in the call itself
  w.run_for(seconds{1});
  EXPECT_EQ(device.connected, 0);
  ASSERT_EQ(device.closed, 1);
  EXPECT_EQ(device.reason, close_reason::refused);
  EXPECT_EQ(device.closed_at, at(milliseconds{20}));
  EXPECT_FALSE(device.detail.empty());
}

TEST(virtual_connect, times_out_when_no_answer_comes_in_time) {
  virtual_world w{plain_options()};
  host cloud{w.home()};
  recorder in_time;
  recorder late;
  connect(in_time, cloud, {.timeout = milliseconds{20}});
  connect(late, cloud, {.timeout = milliseconds{20} - duration{1}});
  w.run_for(seconds{1});
  EXPECT_EQ(in_time.connected, 1);
  EXPECT_EQ(late.connected, 0);
  ASSERT_EQ(late.closed, 1);
  EXPECT_EQ(late.reason, close_reason::timed_out);
  EXPECT_EQ(late.closed_at, at(milliseconds{20} - duration{1}));
  EXPECT_EQ(cloud.guests.size(), 1U);
}

TEST(virtual_connect, times_out_on_a_stalled_link_and_recovers_when_it_is_released) {
  virtual_world w{plain_options()};
  host cloud{w.home()};
  w.links().stall(5, duration::max());
  recorder device;
  connect(device, cloud, {.timeout = seconds{3}, .origin = 5});
  w.run_for(seconds{10});
  EXPECT_EQ(device.reason, close_reason::timed_out);
  EXPECT_EQ(device.closed_at, at(seconds{3}));
  w.links().release(5);
  recorder again;
  connect(again, cloud, {.timeout = seconds{3}, .origin = 5});
  w.run_for(seconds{10});
  EXPECT_EQ(again.connected, 1);
  EXPECT_EQ(cloud.guests.size(), 1U);
}

TEST(virtual_connect, adds_the_round_trips_of_the_modelled_handshake) {
  virtual_world w{plain_options()};
  modelled_security client{{.handshake_round_trips = 2}};
  modelled_security server{{.handshake_round_trips = 2}};
  host cloud{w.home(), 8883, &server};
  recorder device;
  connect(device, cloud, {.security = &client});
  w.run_for(milliseconds{45});
  EXPECT_TRUE(cloud.guests.empty()); // accepted by TCP, not yet through TLS
  w.run_for(seconds{1});
  EXPECT_EQ(device.connected_at, at(milliseconds{60}));
  ASSERT_EQ(cloud.guests.size(), 1U);
  EXPECT_EQ(cloud.guests[0]->connected_at, at(milliseconds{50}));
}

TEST(virtual_connect, counts_the_octets_of_handshake_and_records) {
  virtual_world w{plain_options()};
  modelled_security both{{.handshake_round_trips = 2,
                          .handshake_bytes_up = 701,
                          .handshake_bytes_down = 3001,
                          .record_overhead_bytes = 29}};
  host cloud{w.home(), 8883, &both};
  recorder device;
  connect(device, cloud, {.security = &both});
  w.run_for(seconds{1});
  EXPECT_EQ(w.home().meters().bytes_sent.load(), 3702U);
  EXPECT_EQ(w.home().meters().bytes_received.load(), 3702U);
  device.write("ab");
  device.write("cd"); // the same turn: one record
  w.run_for(seconds{1});
  EXPECT_EQ(cloud.guests[0]->received, "abcd");
  EXPECT_EQ(w.home().meters().bytes_sent.load(), 3702U + 4 + 29);
  device.write(std::string(16'385, 'x')); // two records of at most 2^14 octets
  w.run_for(seconds{1});
  EXPECT_EQ(w.home().meters().bytes_sent.load(), 3702U + 4 + 29 + 16'385 + 58);
  EXPECT_EQ(w.home().meters().bytes_received.load(), w.home().meters().bytes_sent.load());
}

TEST(virtual_connect, fails_with_the_models_sentence_before_any_byte_is_delivered) {
  for (const bool at_client : {true, false}) {
    virtual_world w{plain_options()};
    modelled_security bad{{.failure = "certificate has expired"}};
    modelled_security good;
    host cloud{w.home(), 8883, at_client ? &good : &bad};
    recorder device;
    connect(device, cloud, {.security = at_client ? &bad : &good});
    device.write("password");
    w.run_for(seconds{5});
    EXPECT_EQ(device.connected, 0);
    EXPECT_EQ(device.reason, close_reason::tls_failed);
    EXPECT_EQ(device.detail, "certificate has expired");
    EXPECT_EQ(device.received, "");
    EXPECT_TRUE(cloud.guests.empty());
    EXPECT_EQ(w.home().meters().bytes_sent.load(), 3'700U); // the sentence costs no octet more
    EXPECT_EQ(w.links().connections(0), 0U);
  }
}

TEST(virtual_connect, fails_between_plain_and_tls) {
  virtual_world w{plain_options()};
  modelled_security tls;
  host secure{w.home(), 8883, &tls};
  host plain{w.home(), 1883};
  recorder naive;
  connect(naive, secure);
  recorder careful;
  connect(careful, plain, {.security = &tls});
  w.run_for(seconds{1});
  EXPECT_EQ(naive.connected, 1); // TCP is all it asked for
  naive.write("CONNECT");
  w.run_for(seconds{1});
  EXPECT_EQ(naive.reason, close_reason::reset);
  EXPECT_TRUE(secure.guests.empty());
  EXPECT_EQ(careful.connected, 0);
  EXPECT_EQ(careful.reason, close_reason::tls_failed);
  EXPECT_EQ(plain.guests[0]->reason, close_reason::closed_by_peer);
  EXPECT_EQ(w.home().meters().streams_open.load(), 0U);
}

TEST(virtual_connect, counts_tls_within_the_time_out) {
  virtual_world w{plain_options()};
  modelled_security both;
  host cloud{w.home(), 8883, &both};
  recorder device;
  connect(device, cloud, {.timeout = milliseconds{45}, .security = &both});
  w.run_for(seconds{5});
  EXPECT_EQ(device.reason, close_reason::timed_out);
  EXPECT_EQ(device.closed_at, at(milliseconds{45}));
  EXPECT_TRUE(cloud.guests.empty());
  EXPECT_EQ(w.links().connections(0), 0U);
}

TEST(virtual_listen, picks_free_ports_and_refuses_a_taken_address) {
  virtual_world w;
  host first{w.home(), 0};
  host second{w.home(), 0};
  EXPECT_NE(first.door->at().port, 0);
  EXPECT_NE(first.door->at().port, second.door->at().port);
  host third{w.home(), 1883};
  const auto taken = w.home().listen({.at = third.door->at()}, third);
  ASSERT_FALSE(taken.ok());
  EXPECT_EQ(taken.error(), listen_error::in_use);
  const address free_again = third.door->at();
  third.door.reset();
  EXPECT_TRUE(w.home().listen({.at = free_again}, third).ok());
}

TEST(virtual_listen, says_when_no_port_is_left) {
  virtual_world w;
  std::vector<std::unique_ptr<host>> hosts;
  for (int i = 0; i < 65536 - 49152; ++i) {
    hosts.push_back(std::make_unique<host>(w.home(), 0));
    ASSERT_NE(hosts.back()->door, nullptr);
  }
  const auto none = w.home().listen({.at = {.ip = {127, 0, 0, 1}}}, *hosts[0]);
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error(), listen_error::exhausted);
}

TEST(virtual_listen, on_the_wildcard_address_takes_what_nobody_else_does) {
  virtual_world w;
  host exact{w.home(), 1883};
  host any{w.home(), 1884};
  any.door = std::move(w.home().listen({.at = {.port = 1883}}, any)).value();
  recorder here;
  connect(here, exact);
  recorder there;
  there.stream = w.home().connect({.peer = {.ip = {10, 9, 8, 7}, .port = 1883}}, there);
  w.run_for(seconds{1});
  EXPECT_EQ(exact.guests.size(), 1U);
  EXPECT_EQ(any.guests.size(), 1U);
}

TEST(virtual_listen, dropped_while_a_device_connects_refuses_or_resets_it) {
  virtual_world w{plain_options()};
  host cloud{w.home()};
  recorder early;
  recorder late;
  connect(early, cloud);
  connect(late, cloud);
  w.run_for(milliseconds{5});
  cloud.door.reset(); // before the first packet is there
  w.run_for(seconds{1});
  EXPECT_EQ(early.reason, close_reason::refused);
  host again{w.home()};
  recorder half;
  connect(half, again);
  w.run_for(milliseconds{25});
  EXPECT_EQ(half.connected, 1);
  half.write("lost");
  again.door.reset(); // after it answered, before it accepted
  w.run_for(seconds{1});
  EXPECT_EQ(half.reason, close_reason::reset);
  EXPECT_TRUE(again.guests.empty());
}

TEST(virtual_listen, dropped_at_any_moment_of_a_handshake_ends_it) {
  for (int ms = 0; ms < 70; ms += 5) {
    virtual_world w{plain_options()};
    auto tls = std::make_unique<modelled_security>();
    modelled_security client;
    host cloud{w.home(), 8883, tls.get()};
    recorder device;
    connect(device, cloud, {.security = &client});
    w.run_for(milliseconds{ms});
    cloud.door.reset();
    tls.reset(); // it had to outlive the listener, not the handshake
    w.run_for(seconds{1});
    EXPECT_EQ(cloud.guests.size(), ms >= 50 ? 1U : 0U) << ms;
    EXPECT_EQ(device.connected, ms >= 50 ? 1 : 0) << ms;
    EXPECT_EQ(device.closed, ms >= 50 ? 0 : 1) << ms;
    if (ms < 50) {
      EXPECT_EQ(device.reason, ms < 10 ? close_reason::refused : close_reason::reset) << ms;
    }
  }
}

TEST(virtual_connect, names_both_peers) {
  virtual_world w;
  host cloud{w.home()};
  recorder device;
  connect(device, cloud, {.origin = 258});
  w.run_for(seconds{1});
  EXPECT_EQ(device.stream->peer(), "127.0.0.1:1883");
  EXPECT_EQ(cloud.guests[0]->stream->peer(), "10.0.1.3:49152");
}

} // namespace
} // namespace fleet::hal
