// Streams with a filter: handshake before the news, plaintext in and out, failures named.
#include <gtest/gtest.h>

#include "hal_sim/real_world/real_home.hpp"
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
using support::toy_memory;
using support::toy_security;

struct secure_pair {
  explicit secure_pair(std::string client_fails = {}, std::string server_fails = {})
      : client(true, std::move(client_fails)), server(false, std::move(server_fails)) {
    connect(here, there, {.security = &client, .server_name = "cloud.example"});
  }
  bool both() {
    return home.run_until([&] { return here.connected == 1 && !there.guests.empty(); });
  }
  recorder& far() { return *there.guests.at(0); }
  void settle() {
    while (home.poll_once(0s)) {
    }
  }

  toy_security client;
  toy_security server;
  hal::real_home home{{}};
  host there{home, 0, &server};
  recorder here;
};

TEST(real_secure, tells_of_the_connection_after_the_handshake_and_carries_plaintext) {
  secure_pair p;
  p.here.when_connected = [](recorder& r) { r.write("hello"); };
  p.there.when_accepted = [](recorder& guest) { guest.write("welcome"); };
  ASSERT_TRUE(p.both());
  EXPECT_EQ(p.client.last_name, "cloud.example");
  EXPECT_EQ(p.server.last_name, "");
  ASSERT_TRUE(p.home.run_until(
      [&] { return p.far().received == "hello" && p.here.received == "welcome"; }));
  EXPECT_EQ(p.home.meters().streams_open, 2U);
}

TEST(real_secure, keeps_what_was_written_before_the_handshake_for_after_it) {
  secure_pair p;
  p.here.write("early");
  ASSERT_TRUE(p.both());
  ASSERT_TRUE(p.home.run_until([&] { return p.far().received == "early"; }));
}

TEST(real_secure, carries_megabytes_under_back_pressure) {
  secure_pair p;
  ASSERT_TRUE(p.both());
  std::string text(9'000'000, '\0');
  for (std::size_t i = 0; i < text.size(); ++i) {
    text[i] = static_cast<char>(i * 2654435761U >> 13);
  }
  p.far().stream->pause_reading(true);
  p.here.write(text);
  p.settle();
  EXPECT_GT(p.here.stream->unsent(), 0U);
  EXPECT_EQ(p.here.drained, 0);
  p.far().stream->pause_reading(false);
  ASSERT_TRUE(p.home.run_until([&] { return p.far().received.size() == text.size(); }, 60s));
  EXPECT_TRUE(p.far().received == text);
  EXPECT_EQ(p.here.drained, 1);
}

TEST(real_secure, says_tls_failed_with_the_sentence_of_the_filter_on_both_ends) {
  secure_pair p{"the certificate is of somebody else"};
  ASSERT_TRUE(p.home.run_until([&] { return p.here.closed == 1; }));
  EXPECT_EQ(p.here.connected, 0);
  EXPECT_EQ(p.here.reason, close_reason::tls_failed);
  EXPECT_EQ(p.here.detail, "the certificate is of somebody else");
  p.settle();
  EXPECT_TRUE(p.there.guests.empty()) << "the alert arrived before anything was accepted";
  EXPECT_EQ(p.home.meters().streams_open, 0U);
}

TEST(real_secure, a_server_that_refuses_sends_its_alert) {
  secure_pair p{"", "no client certificate"};
  ASSERT_TRUE(p.home.run_until([&] { return p.here.closed == 1; }));
  EXPECT_EQ(p.here.reason, close_reason::tls_failed);
  EXPECT_EQ(p.here.detail, "the peer raised an alert");
}

TEST(real_secure, close_sends_the_closing_alert_after_the_last_byte) {
  secure_pair p;
  ASSERT_TRUE(p.both());
  p.here.write("the last byte");
  p.here.stream->close();
  ASSERT_TRUE(p.home.run_until([&] { return p.far().closed == 1; }));
  EXPECT_EQ(p.far().received, "the last byte");
  EXPECT_EQ(p.far().reason, close_reason::closed_by_peer);
  EXPECT_EQ(p.far().detail, "") << "in order";
  EXPECT_EQ(p.here.closed, 1);
  EXPECT_EQ(p.here.reason, close_reason::local);
}

TEST(real_secure, letting_go_is_orderly_too) {
  secure_pair p;
  ASSERT_TRUE(p.both());
  p.here.write("farewell");
  p.here.stream.reset();
  ASSERT_TRUE(p.home.run_until([&] { return p.far().closed == 1; }));
  EXPECT_EQ(p.far().received, "farewell");
  EXPECT_EQ(p.far().detail, "");
}

TEST(real_secure, says_so_when_the_peer_ends_without_the_closing_alert) {
  secure_pair p;
  ASSERT_TRUE(p.both());
  p.here.stream->reset();
  ASSERT_TRUE(p.home.run_until([&] { return p.far().closed == 1; }));
  EXPECT_EQ(p.far().reason, close_reason::reset);

  toy_security server{false};
  host door{p.home, 0, &server};
  raw_socket plain;
  plain.connect(door.door->at());
  const std::string_view both_flights{"1\0\0"
                                      "3\0\0",
                                      6};
  plain.write(both_flights);
  ASSERT_TRUE(p.home.run_until([&] { return door.guests.size() == 1; }));
  plain.end_writing();
  ASSERT_TRUE(p.home.run_until([&] { return door.guests[0]->closed == 1; }));
  EXPECT_EQ(door.guests[0]->reason, close_reason::closed_by_peer);
  EXPECT_NE(door.guests[0]->detail.find("without the closing alert"), std::string::npos);
}

TEST(real_secure, says_tls_failed_when_the_peer_leaves_during_the_handshake) {
  hal::real_home h{{}};
  raw_socket door;
  const auto at = door.listen(8);
  toy_security client{true};
  recorder here;
  here.stream = h.connect({.peer = at, .security = &client}, here);
  ASSERT_TRUE(h.run_until([&] {
    door.accept(); // and drops it at once
    return here.closed == 1;
  }));
  // Whether the end or a reset is seen depends on whether our first flight had been read there.
  EXPECT_TRUE(here.reason == close_reason::tls_failed || here.reason == close_reason::reset);
  EXPECT_EQ(here.connected, 0);
}

TEST(real_secure, bytes_that_come_with_the_end_of_the_handshake_are_delivered) {
  hal::real_home h{{}};
  toy_security server{false};
  host door{h, 0, &server};
  raw_socket plain;
  plain.connect(door.door->at());
  std::string flights{"1\0\0"
                      "3\0\0"
                      "d\0\2",
                      9};
  flights += static_cast<char>('h' ^ support::toy_filter::key);
  flights += static_cast<char>('i' ^ support::toy_filter::key);
  plain.write(flights);
  ASSERT_TRUE(h.run_until([&] { return door.guests.size() == 1; }));
  EXPECT_EQ(door.guests[0]->received, "hi");
}

TEST(real_secure, a_stream_may_be_dropped_in_each_of_its_calls) {
  for (int which = 0; which < 4; ++which) {
    secure_pair p;
    p.here.when_connected = [&](recorder& r) {
      r.write(std::string(hal::high_water_bytes, 'x'));
      if (which == 0) {
        r.stream.reset();
      }
    };
    p.here.when_drained = [&](recorder& r) {
      if (which == 1) {
        r.stream.reset();
      } else if (which == 3) {
        r.stream->close();
      }
    };
    p.there.when_accepted = [&](recorder& guest) {
      guest.when_received = [&](recorder& g, std::string_view) {
        if (which == 2) {
          g.stream.reset();
        }
      };
    };
    ASSERT_TRUE(p.home.run_until([&] {
      return p.here.closed == 1 || (!p.there.guests.empty() && p.far().closed == 1);
    })) << which;
  }
}

TEST(real_secure, a_filter_that_remembers_is_made_for_the_device_that_connects) {
  hal::real_home h{{}};
  toy_security server{false};
  toy_memory clients;
  host door{h, 0, &server};
  recorder here;
  connect(here, door, {.security = &clients, .server_name = "cloud.example", .origin = 7});
  ASSERT_TRUE(h.run_until([&] { return here.connected == 1; }));
  EXPECT_EQ(clients.devices, std::vector<std::uint64_t>{7});
  EXPECT_EQ(clients.last_place, door.door->at().text()) << "with its port";
  recorder forgetful;
  connect(forgetful, door, {.security = &clients.forgetful(), .server_name = "c", .origin = 8});
  ASSERT_TRUE(h.run_until([&] { return forgetful.connected == 1; }));
  EXPECT_EQ(clients.devices.size(), 1U);
}

TEST(real_secure, a_listener_dropped_during_a_handshake_lets_the_stranger_go) {
  hal::real_home h{{}};
  toy_security server{false};
  host door{h, 0, &server};
  raw_socket plain;
  plain.connect(door.door->at());
  ASSERT_TRUE(h.run_until([&] { return server.made == 1; }));
  door.door.reset();
  plain.write(std::string_view{"1\0\0"
                               "3\0\0",
                               6});
  std::string got;
  ASSERT_TRUE(h.run_until([&] { return !plain.read(got); }));
  EXPECT_TRUE(door.guests.empty());
}

} // namespace
} // namespace fleet
