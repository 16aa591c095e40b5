// A server's socket with a session for each peer: who is forgotten, who begins anew, and who gives
// room to whom.
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/unit/board/datagram_rig.hpp"

namespace fleet::hal {
namespace {

TEST(datagram_server, forgets_who_is_silent_for_too_long) {
  datagram_server_options options;
  options.idle_max = 60s;
  scene s{true, options};
  s.run(40s);
  s.d.say("still here");
  s.run(40s);
  EXPECT_EQ(s.cloud.server->peers(), 1U);
  s.run(21s);
  EXPECT_EQ(s.cloud.server->peers(), 0U);
  EXPECT_EQ(s.cloud.gone, std::vector<std::string>{"it was silent for too long"});
  EXPECT_EQ(s.d.closed, std::vector<std::string>{"closed_by_peer: "}) << "it heard the alert";
}

TEST(datagram_server, takes_a_client_that_began_anew_for_its_former_self) {
  scene s{true};
  s.run(1s);
  // The same place, another attempt: two links of one address cannot be had here, so by hand.
  datagram_batch out;
  datagram_batch plain;
  const auto again =
      s.clients.make({.server_name = "cloud", .psk_identity = identity, .psk_key = as_bytes(key)});
  again->start(s.w.now(), out);
  support::datagram_recorder wire;
  wire.open(s.w.home(), s.cloud.server->at(), 9);
  wire.when_received = [&](const address&, std::string_view text) {
    again->receive(as_bytes(text), s.w.now(), plain, out);
    for (std::size_t i = 0; i < out.size(); ++i) {
      wire.socket->send({}, out[i]);
    }
    out.clear();
  };
  wire.socket->send({}, out[0]);
  out.clear();
  s.run(1s);
  EXPECT_EQ(s.cloud.server->peers(), 2U);
  const auto third =
      s.clients.make({.server_name = "cloud", .psk_identity = identity, .psk_key = as_bytes(key)});
  wire.when_received = [&](const address&, std::string_view text) {
    third->receive(as_bytes(text), s.w.now(), plain, out);
    for (std::size_t i = 0; i < out.size(); ++i) {
      wire.socket->send({}, out[i]);
    }
    out.clear();
  };
  third->start(s.w.now(), out);
  wire.socket->send({}, out[0]);
  out.clear();
  s.run(1s);
  EXPECT_EQ(s.cloud.server->peers(), 2U);
  EXPECT_EQ(s.cloud.gone, std::vector<std::string>{"its client began anew"});
  EXPECT_EQ(s.cloud.identities.size(), 3U);
}

TEST(datagram_server, turns_away_whom_it_has_no_room_for) {
  datagram_server_options options;
  options.peers_max = 1;
  scene s{true, options};
  s.run(1s);
  device other{s.w, 6};
  other.open(s.cloud.server->at(), &s.clients);
  s.w.run_for(1s);
  EXPECT_EQ(s.cloud.server->peers(), 1U);
  EXPECT_EQ(s.counted.turned_away, 1U);
  EXPECT_EQ(other.opened, 0);
  s.d.link().close();
  s.w.run_for(10s);
  EXPECT_EQ(other.opened, 1) << "a repeat of its hello found room";
  EXPECT_EQ(s.cloud.server->peers(), 1U);
}

/// Hellos of strangers who come no further: the cookie shown, and nothing after it.
struct half_openers {
  explicit half_openers(scene& s) : of(s) {}
  void add(std::size_t count) {
    while (count-- > 0) {
      auto& w = *wires.emplace_back(std::make_unique<support::datagram_recorder>());
      auto& end = *ends.emplace_back(of.clients.make({.server_name = "cloud"}));
      w.open(of.w.home(), of.cloud.server->at(), 9);
      w.when_received = [this, &w, &end, told = false](const address&,
                                                       std::string_view text) mutable {
        datagram_batch out;
        datagram_batch plain;
        if (!std::exchange(told, true)) { // the cookie
          end.receive(as_bytes(text), of.w.now(), plain, out);
          w.socket->send({}, out[0]);
        }
      };
      datagram_batch out;
      end.start(of.w.now(), out);
      w.socket->send({}, out[0]);
      of.run(10ms);
    }
  }
  scene& of;
  std::vector<std::unique_ptr<support::datagram_recorder>> wires;
  std::vector<std::unique_ptr<datagram_filter>> ends;
};

TEST(datagram_server, lets_nobody_hold_its_door_by_handshakes_that_do_not_end) {
  datagram_server_options options;
  options.handshakes_max = 8;
  options.handshakes_of_one_max = 8;
  scene s{true, options};
  s.run(1s);
  half_openers crowd{s};
  crowd.add(12);
  EXPECT_EQ(s.cloud.server->handshakes(), 8U);
  EXPECT_GT(s.counted.turned_away, 0U) << "all are young yet";
  EXPECT_EQ(s.counted.displaced, 0U);
  s.run(5s);
  const auto before = s.cloud.server->handshakes();
  ASSERT_EQ(before, 8U);
  device other{s.w, 6};
  other.open(s.cloud.server->at(), &s.clients);
  s.w.run_for(500ms);
  EXPECT_EQ(other.opened, 1);
  EXPECT_EQ(s.counted.displaced, 1U);
  EXPECT_EQ(s.counted.refused, 1U) << "the one that gave its place";
  EXPECT_EQ(s.counted.opened, 2U);
  EXPECT_EQ(s.counted.hellos, 2U * 10U + 4U) << "twice, and once of whom it did not answer";
  EXPECT_EQ(s.cloud.server->handshakes(), 7U);
  EXPECT_EQ(s.cloud.server->peers(), 9U);
}

TEST(datagram_server, has_a_share_of_handshakes_for_each_source) {
  datagram_server_options options;
  options.handshakes_max = 100;
  options.handshakes_of_one_max = 3;
  scene s{true, options};
  s.run(1s);
  half_openers crowd{s};
  crowd.add(3);
  s.run(5s);
  crowd.add(2);
  EXPECT_EQ(s.cloud.server->handshakes(), 3U);
  EXPECT_EQ(s.counted.displaced, 2U) << "its own oldest";
}

TEST(datagram_server, gives_the_place_of_who_was_silent_longest_to_who_comes) {
  datagram_server_options options;
  options.peers_max = 2;
  scene s{true, options};
  device second{s.w, 6};
  second.open(s.cloud.server->at(), &s.clients);
  s.w.run_for(1s);
  ASSERT_EQ(s.cloud.server->peers(), 2U);
  s.w.run_for(10s);
  s.d.say("still here"); // who came first has spoken last
  s.run(1s);
  device third{s.w, 7};
  third.open(s.cloud.server->at(), &s.clients);
  s.w.run_for(1s);
  EXPECT_EQ(third.opened, 1);
  EXPECT_EQ(s.cloud.server->peers(), 2U);
  EXPECT_EQ(s.cloud.gone, std::vector<std::string>{"it was silent for longest, and another came"});
  s.d.say("and here");
  s.run(1s);
  EXPECT_EQ(s.cloud.received.back(), "and here");
}

} // namespace
} // namespace fleet::hal
