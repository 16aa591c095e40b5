// How attempts to connect begin, end and wait for each other.
#include <sys/resource.h>

#include <gtest/gtest.h>

#include <set>

#include "hal_sim/real_world/limits.hpp"
#include "hal_sim/real_world/real_world.hpp"
#include "tests/support/raw_socket.hpp"
#include "tests/support/toy_filter.hpp"
#include "tests/support/world_peers.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;
using hal::close_reason;
using support::host;
using support::raw_socket;
using support::recorder;

/// A connect through the home of the world alone.
void start(recorder& r, hal::real_home& h, const hal::address& to, duration timeout = 10s) {
  r.home = &h;
  r.stream = h.connect({.peer = to, .timeout = timeout}, r);
}

TEST(real_connect, reaches_a_listener_on_a_free_port_and_carries_bytes_both_ways) {
  hal::real_home h{{}};
  host there{h, 0};
  ASSERT_TRUE(there.door);
  ASSERT_NE(there.door->at().port, 0);
  there.when_accepted = [](recorder& guest) {
    guest.when_received = [](recorder& g, std::string_view text) {
      g.write("heard: ");
      g.write(text);
    };
  };
  recorder here;
  here.when_connected = [](recorder& r) { r.write("hello"); };
  connect(here, there);
  EXPECT_EQ(here.connected, 0) << "the outcome comes in a later turn";
  ASSERT_TRUE(h.run_until([&] { return here.received.size() == 12; }));
  EXPECT_EQ(here.received, "heard: hello");
  EXPECT_EQ(here.connected, 1);
  EXPECT_EQ(here.stream->peer(), there.door->at().text());
  EXPECT_EQ(h.meters().streams_open, 2U);
  EXPECT_EQ(h.meters().bytes_sent, 17U);
  EXPECT_EQ(h.meters().bytes_received, 17U);
}

TEST(real_connect, sends_what_was_written_before_the_connection_stood) {
  hal::real_home h{{}};
  host there{h, 0};
  recorder here;
  connect(here, there);
  here.write("early");
  EXPECT_EQ(here.stream->unsent(), 5U);
  ASSERT_TRUE(
      h.run_until([&] { return !there.guests.empty() && !there.guests[0]->received.empty(); }));
  EXPECT_EQ(there.guests[0]->received, "early");
  EXPECT_EQ(here.stream->unsent(), 0U);
}

TEST(real_connect, says_refused_where_nobody_listens) {
  hal::real_home h{{}};
  raw_socket bound;
  const auto at = bound.bind();
  recorder here;
  start(here, h, at);
  ASSERT_TRUE(h.run_until([&] { return here.closed == 1; }));
  EXPECT_EQ(here.reason, close_reason::refused);
  EXPECT_EQ(here.detail, "nobody listens at " + at.text());
  EXPECT_EQ(here.connected, 0);
  EXPECT_EQ(h.meters().streams_open, 0U);
}

TEST(real_connect, gives_up_when_no_answer_comes_in_time) {
  hal::real_home h{{}};
  raw_socket deaf;
  const auto at = deaf.listen(0);
  std::vector<raw_socket> crowd(4); // fills the backlog, after which the kernel ignores newcomers
  for (auto& each : crowd) {
    each.connect(at);
  }
  recorder here;
  start(here, h, at, 20ms);
  ASSERT_TRUE(h.run_until([&] { return here.closed == 1; }));
  EXPECT_EQ(here.reason, close_reason::timed_out);
  EXPECT_EQ(here.detail, at.text() + " did not answer within 20 ms");
}

TEST(real_connect, names_the_source_address_that_is_not_ours) {
  hal::real_home_options options;
  hal::address foreign;
  foreign.ip = {192, 0, 2, 7};
  options.source_addresses = {foreign};
  hal::real_home h{options};
  hal::address far;
  far.ip = {192, 0, 2, 1};
  far.port = 1883;
  recorder here;
  start(here, h, far);
  ASSERT_TRUE(h.run_until([&] { return here.closed == 1; }));
  EXPECT_EQ(here.reason, close_reason::unreachable);
  EXPECT_NE(here.detail.find("192.0.2.7"), std::string::npos) << here.detail;
}

TEST(real_connect, spreads_two_thousand_devices_over_eight_source_addresses) {
  ASSERT_GE(hal::raise_descriptor_limit().soft, 4200U);
  hal::real_home h{{}};
  host there{h, 0};
  std::set<std::string> hosts;
  there.when_accepted = [&](recorder& guest) {
    const std::string peer = guest.stream->peer();
    hosts.insert(peer.substr(0, peer.find(':')));
  };
  std::vector<std::unique_ptr<recorder>> devices;
  std::size_t connected = 0;
  for (std::uint64_t i = 0; i < 2000; ++i) {
    devices.push_back(std::make_unique<recorder>());
    devices.back()->when_connected = [&](recorder&) { ++connected; };
    connect(*devices.back(), there, {.origin = i});
  }
  EXPECT_EQ(h.meters().connects_waiting, 2000U);
  ASSERT_TRUE(h.run_until([&] { return connected == 2000 && there.guests.size() == 2000; }, 60s));
  EXPECT_EQ(hosts, (std::set<std::string>{"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4",
                                          "127.0.0.5", "127.0.0.6", "127.0.0.7", "127.0.0.8"}));
  EXPECT_EQ(h.meters().connects_waiting, 0U);
  EXPECT_EQ(h.meters().streams_open, 4000U);
}

TEST(real_connect, takes_as_many_addresses_of_loopback_as_it_is_told) {
  hal::real_home_options options;
  options.loopback_sources = 11;
  hal::real_home h{options};
  host there{h, 0};
  std::set<std::string> hosts;
  there.when_accepted = [&](recorder& guest) {
    const std::string peer = guest.stream->peer();
    hosts.insert(peer.substr(0, peer.find(':')));
  };
  std::vector<std::unique_ptr<recorder>> devices;
  for (std::uint64_t i = 0; i < 22; ++i) {
    devices.push_back(std::make_unique<recorder>());
    connect(*devices.back(), there, {.origin = i});
  }
  ASSERT_TRUE(h.run_until([&] { return there.guests.size() == 22; }));
  EXPECT_EQ(hosts.size(), 11U);
  EXPECT_TRUE(hosts.contains("127.0.0.11"));
}

TEST(real_connect, takes_all_addresses_of_loopback_to_each_place_that_devices_take_in_turn) {
  hal::real_home_options options;
  options.loopback_sources = 4;
  options.places_in_turn = 2;
  hal::real_home h{options};
  host there{h, 0};
  std::set<std::string> hosts;
  there.when_accepted = [&](recorder& guest) {
    const std::string peer = guest.stream->peer();
    hosts.insert(peer.substr(0, peer.find(':')));
  };
  std::vector<std::unique_ptr<recorder>> devices;
  for (std::uint64_t i = 0; i < 8; i += 2) { // of two places those of the first
    devices.push_back(std::make_unique<recorder>());
    connect(*devices.back(), there, {.origin = i});
  }
  ASSERT_TRUE(h.run_until([&] { return there.guests.size() == 4; }));
  EXPECT_EQ(hosts.size(), 4U);
}

TEST(real_connect, takes_the_source_addresses_it_was_given) {
  hal::real_home_options options;
  hal::address ours;
  ours.ip = {127, 3, 2, 1};
  hal::address elsewhere;
  elsewhere.ip = {192, 0, 2, 7};
  options.source_addresses = {elsewhere, ours};
  hal::real_home h{options};
  host there{h, 0};
  std::set<std::string> hosts;
  there.when_accepted = [&](recorder& guest) {
    const std::string peer = guest.stream->peer();
    hosts.insert(peer.substr(0, peer.find(':')));
  };
  std::vector<std::unique_ptr<recorder>> devices;
  for (std::uint64_t i = 0; i < 4; ++i) {
    devices.push_back(std::make_unique<recorder>());
    connect(*devices.back(), there, {.origin = i});
  }
  ASSERT_TRUE(h.run_until([&] { return there.guests.size() == 4; }));
  EXPECT_EQ(hosts, std::set<std::string>{"127.3.2.1"});
}

TEST(real_connect, keeps_no_more_attempts_under_way_than_the_limit_and_then_in_order) {
  hal::real_home_options options;
  options.pending_connects_max = 3;
  hal::real_home h{options};
  raw_socket silent; // accepts TCP in the kernel, never answers the handshake
  const auto at = silent.listen(64);
  support::toy_security client{true};
  std::vector<std::unique_ptr<recorder>> devices;
  for (int i = 0; i < 10; ++i) {
    devices.push_back(std::make_unique<recorder>());
    devices.back()->stream =
        h.connect({.peer = at, .timeout = 1h, .security = &client}, *devices.back());
  }
  ASSERT_TRUE(h.run_until([&] { return client.made == 3; }));
  while (h.poll_once(0s)) {
  }
  EXPECT_EQ(client.made, 3) << "a handshake counts like a TCP connect";
  EXPECT_EQ(h.meters().connects_waiting, 7U);

  devices[5]->stream.reset(); // one that waits leaves the queue
  devices[0]->stream.reset(); // one under way makes room for the first that waits
  ASSERT_TRUE(h.run_until([&] { return client.made == 4; }));
  EXPECT_EQ(h.meters().connects_waiting, 5U);
  devices[3]->stream->close(); // which is this one
  ASSERT_TRUE(h.run_until([&] { return client.made == 5; }));
  EXPECT_EQ(devices[3]->closed, 1);
  EXPECT_EQ(devices[3]->reason, close_reason::local);
}

TEST(real_connect, counts_as_under_way_until_the_peer_answers_where_asked_to) {
  hal::real_home_options options;
  options.pending_connects_max = 2;
  hal::real_home h{options};
  host there{h, 0};
  std::vector<std::unique_ptr<recorder>> devices;
  for (int i = 0; i < 4; ++i) {
    devices.push_back(std::make_unique<recorder>());
    devices.back()->stream =
        h.connect({.peer = there.door->at(), .pending_until_answered = true}, *devices.back());
  }
  ASSERT_TRUE(h.run_until([&] { return there.guests.size() == 2; }));
  while (h.poll_once(0s)) {
  }
  EXPECT_EQ(there.guests.size(), 2U) << "connected, and nobody has spoken yet";

  there.guests[0]->write("welcome"); // one is answered,
  ASSERT_TRUE(h.run_until([&] { return there.guests.size() == 3; }));
  there.guests[0]->write("and more"); // which counts once,
  devices[1]->stream->close();        // and one gives up
  ASSERT_TRUE(h.run_until([&] { return there.guests.size() == 4; }));
  EXPECT_EQ(h.meters().connects_waiting, 0U);
}

TEST(real_connect, counts_the_time_out_from_when_the_attempt_began) {
  hal::real_home_options options;
  options.pending_connects_max = 1;
  hal::real_home h{options};
  raw_socket silent;
  const auto at = silent.listen(64);
  support::toy_security client{true};
  recorder first;
  recorder second;
  first.home = second.home = &h;
  first.stream = h.connect({.peer = at, .timeout = 30ms, .security = &client}, first);
  second.stream = h.connect({.peer = at, .timeout = 30ms, .security = &client}, second);
  ASSERT_TRUE(h.run_until([&] { return second.closed == 1; }));
  EXPECT_EQ(first.closed, 1);
  EXPECT_EQ(first.reason, close_reason::timed_out);
  EXPECT_EQ(first.detail, "the TLS handshake with " + at.text() + " did not end within 30 ms");
  EXPECT_GE(second.closed_at - first.closed_at, 30ms);
}

TEST(real_connect, one_that_fails_at_once_and_tries_again_at_once_does_not_hold_the_turn) {
  hal::real_home_options options;
  hal::address foreign;
  foreign.ip = {192, 0, 2, 7};
  options.source_addresses = {foreign};
  hal::real_home h{options};
  hal::address far;
  far.ip = {192, 0, 2, 1};
  recorder here;
  here.drop_when_closed = false;
  here.when_closed = [&](recorder& r) { start(r, h, far); };
  start(here, h, far);
  h.poll_once(0s);
  EXPECT_EQ(here.closed, 1);
  h.poll_once(0s);
  EXPECT_EQ(here.closed, 2);
  here.when_closed = {};
}

TEST(real_connect, says_which_limit_was_met_when_descriptors_are_out) {
  hal::real_home h{{}};
  host there{h, 0};
  rlimit former{};
  getrlimit(RLIMIT_NOFILE, &former);
  recorder here;
  connect(here, there);
  {
    raw_socket lowest;
    rlimit none = former;
    none.rlim_cur = static_cast<rlim_t>(lowest.fd());
    lowest.close();
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  }
  h.poll_once(0s);
  setrlimit(RLIMIT_NOFILE, &former);
  EXPECT_EQ(here.closed, 1);
  EXPECT_EQ(here.reason, close_reason::exhausted);
  EXPECT_EQ(here.detail, "out of file descriptors in this process: raise its limit (ulimit -n)");
}

TEST(real_connect, ipv6_works_where_the_machine_has_it) {
  hal::real_home h{{}};
  struct : hal::accept_events {
    void on_accepted(hal::stream_ptr accepted) override { peer = accepted->peer(); }
    std::string peer;
  } there;
  hal::listen_options options;
  options.at.v6 = true;
  options.at.ip[15] = 1;
  auto door = h.listen(options, there);
  if (!door.ok()) {
    // No IPv6 loopback here: then the error must say just that.
    EXPECT_EQ(hal::listen_error::bad_address, door.error());
    return;
  }
  recorder here;
  start(here, h, door.value()->at());
  ASSERT_TRUE(h.run_until([&] { return here.closed == 1; }));
  EXPECT_EQ(here.connected, 1);
  EXPECT_EQ(there.peer.substr(0, 6), "[::1]:");
}

} // namespace
} // namespace fleet
