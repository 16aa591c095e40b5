// A board's datagram link on the virtual world: plain and with the imitation of DTLS, the radio,
// faults, the NAT; and the server with its sessions at the other end.
#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "hal_sim/board/board.hpp"
#include "hal_sim/virtual_world/virtual_world.hpp"
#include "protocol/tls/dtls_model.hpp"
#include "tests/support/datagram_peers.hpp"

namespace fleet::hal {
namespace {

using namespace std::chrono_literals;
using support::datagram_host;

constexpr std::string_view identity = "dev_accept_01";
constexpr std::string_view key = "0123456789abcdef";

// A plain board pays nothing: what it has of a datagram link is what it had before.
static_assert(sizeof(board) <= 200);
static_assert(sizeof(link) <= 56 + sizeof(stream_ptr));

/// What a device does with its link, and the one wake it has.
class device final : public datagram_link_events, timer {
public:
  device(virtual_world& world, std::uint32_t index) : w(world), b(world.home(), index, 1) {
    b.boot(world.now());
  }
  ~device() { w.home().disarm(*this); }
  device(const device&) = delete;
  device& operator=(const device&) = delete;

  void open(const address& peer, datagram_filter_factory* security = nullptr,
            const filter_memory* former = nullptr) {
    datagram_link_options options;
    options.way.peer = peer;
    options.way.origin = b.index();
    options.security = security;
    options.request = {.server_name = "cloud",
                       .psk_identity = identity,
                       .psk_key = as_bytes(key),
                       .former = former};
    link().open(options, *this);
    rearm();
  }
  bool say(std::string_view text) {
    const bool sent = link().send(as_bytes(text));
    rearm();
    return sent;
  }
  datagram_link& link() { return b.datagrams(); }
  void rearm() { w.home().arm(*this, link().next_timeout()); }

  void on_link_open() override { ++opened; }
  void on_link_datagram(bytes_view bytes) override { received.emplace_back(as_text(bytes)); }
  void on_link_trouble(datagram_trouble trouble) override { troubles.push_back(trouble); }
  void on_link_closed(close_reason reason, std::string_view detail) override {
    closed.push_back(std::string{to_string(reason)} + ": " + std::string{detail});
  }

  void on_link_hurry() override { ++hurried; }

  virtual_world& w;
  board b;
  int opened = 0;
  int hurried = 0;
  std::vector<std::string> received;
  std::vector<datagram_trouble> troubles;
  std::vector<std::string> closed;

private:
  void on_wake(time_point now) override {
    link().handle_timeout(now);
    rearm();
  }
};

tls::dtls_model_options with_key() {
  tls::dtls_model_options options;
  options.key_of = [](std::string_view who) {
    return std::string{who == identity ? key : std::string_view{}};
  };
  return options;
}

struct scene {
  explicit scene(bool secure, const datagram_server_options& given = {}) {
    datagram_server_options options = given;
    options.at.ip = {127, 0, 0, 1};
    options.at.port = 5684;
    options.security = secure ? &servers : nullptr;
    EXPECT_TRUE(cloud.open(w.home(), options));
    d.open(cloud.server->at(), secure ? &clients : nullptr);
  }
  /// As the home would, each time something came in: what is due moves.
  void run(duration span) {
    const time_point end = w.now() + span;
    while (w.home().step(end)) {
      d.rearm();
    }
    w.run_until(end);
  }

  virtual_world w;
  tls::modelled_dtls clients;
  tls::modelled_dtls servers{with_key()};
  datagram_host cloud;
  device d{w, 5};
};

class both_kinds : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(datagram_link, both_kinds, testing::Bool(),
                         [](const auto& with) { return with.param ? "dtls" : "plain"; });

TEST_P(both_kinds, speaks_both_ways) {
  scene s{GetParam()};
  EXPECT_FALSE(s.d.link().up());
  EXPECT_FALSE(s.d.say("too early"));
  s.run(1s);
  EXPECT_EQ(s.d.opened, 1);
  EXPECT_TRUE(s.d.say("hello"));
  s.run(1s);
  EXPECT_EQ(s.d.received, std::vector<std::string>{"back: hello"});
  EXPECT_EQ(s.cloud.identities.size(), GetParam() ? 1U : 0U);
  s.d.link().close();
  s.run(1s);
  EXPECT_FALSE(s.d.say("after the end"));
  EXPECT_EQ(s.cloud.server->peers(), 0U);
  EXPECT_TRUE(s.d.closed.empty()) << "who closes is not told";
}

TEST_P(both_kinds, is_silent_while_the_radio_sleeps_and_says_what_was_held) {
  scene s{GetParam()};
  s.run(1s);
  s.d.link().set_radio(false);
  EXPECT_TRUE(s.d.say("held"));
  s.run(10s);
  EXPECT_TRUE(s.cloud.received.empty());
  s.d.link().set_radio(true);
  s.run(1s);
  EXPECT_EQ(s.d.received, std::vector<std::string>{"back: held"});
  s.d.say("question");
  s.run(0s); // it has gone
  s.d.link().set_radio(false, asleep::drop);
  s.d.say("dropped");
  s.run(1s);
  s.d.link().set_radio(true);
  s.run(1s);
  EXPECT_EQ(s.cloud.received, (std::vector<std::string>{"held", "question"}));
  EXPECT_EQ(s.d.received.size(), 1U) << "the answer came while it slept";
  EXPECT_EQ(s.d.link().counters().slept_through, 2U);
}

TEST(datagram_link, holds_a_bounded_number_while_the_radio_sleeps) {
  scene s{false};
  s.run(1s);
  s.d.link().set_radio(false);
  for (int i = 0; i < 20; ++i) {
    s.d.say(std::to_string(i));
  }
  s.d.link().set_radio(true);
  s.run(1s);
  EXPECT_EQ(s.cloud.received.size(), datagram_link::held_max);
  EXPECT_EQ(s.d.link().counters().slept_through, 4U);
}

TEST_P(both_kinds, loses_doubles_and_holds_back_as_its_faults_say) {
  scene s{GetParam()};
  s.run(1s);
  s.d.link().faults() = {.loss_ppm = 100'000, .duplicate_ppm = 200'000, .reorder_ppm = 100'000};
  for (int i = 0; i < 1000; ++i) {
    s.d.say(std::to_string(100'000 + i));
    s.run(10ms);
  }
  s.run(1s);
  std::vector<std::string> sorted = s.cloud.received;
  std::sort(sorted.begin(), sorted.end());
  const auto unique =
      static_cast<std::size_t>(std::unique(sorted.begin(), sorted.end()) - sorted.begin());
  EXPECT_NEAR(static_cast<double>(unique), 900, 40);
  if (GetParam()) {
    EXPECT_EQ(s.cloud.received.size(), unique) << "DTLS takes each record once";
  } else {
    EXPECT_GT(s.cloud.received.size(), unique + 100);
  }
  EXPECT_FALSE(std::is_sorted(s.cloud.received.begin(), s.cloud.received.end()));
  EXPECT_GT(s.d.link().counters().held_back, 100U);
  EXPECT_GT(s.d.link().counters().lost, 100U);
}

TEST(datagram_link, lets_go_of_a_late_one_when_nothing_follows) {
  scene s{false};
  s.run(1s);
  s.d.link().faults().reorder_ppm = 1'000'000;
  s.d.say("late");
  s.run(100ms);
  EXPECT_TRUE(s.cloud.received.empty());
  s.run(101ms);
  EXPECT_EQ(s.cloud.received, std::vector<std::string>{"late"});
}

TEST(datagram_link, tells_its_owner_that_a_late_one_wants_an_earlier_wake) {
  scene s{false};
  s.run(1s);
  s.d.say("hello");
  s.d.link().faults().reorder_ppm = 1'000'000;
  s.w.run_for(100ms); // and nobody arms anything
  EXPECT_TRUE(s.d.received.empty());
  EXPECT_EQ(s.d.hurried, 1);
  s.d.rearm();
  s.w.run_for(201ms);
  EXPECT_EQ(s.d.received, std::vector<std::string>{"back: hello"});
}

TEST(datagram_link, repeats_its_handshake_through_a_cut_and_gives_up_on_a_long_one) {
  scene s{true};
  s.d.link().faults().cut = true;
  s.d.open(s.cloud.server->at(), &s.clients);
  s.run(6s);
  EXPECT_EQ(s.d.opened, 0);
  s.d.link().faults().cut = false;
  s.run(2s); // the repeat after 7 s
  EXPECT_EQ(s.d.opened, 1);
  s.d.link().faults().cut = true;
  s.d.open(s.cloud.server->at(), &s.clients);
  s.run(200s);
  ASSERT_EQ(s.d.closed.size(), 1U);
  EXPECT_EQ(s.d.closed[0],
            "timed_out: the peer did not answer the DTLS handshake, which was sent 7 times");
  EXPECT_FALSE(s.d.link().active());
}

TEST(datagram_link, is_a_stranger_after_the_nat_forgot_it_and_a_plain_one_goes_on) {
  scene plain{false};
  plain.run(1s);
  plain.d.link().rebind();
  plain.d.say("from elsewhere");
  plain.run(1s);
  EXPECT_EQ(plain.d.received, std::vector<std::string>{"back: from elsewhere"});
  scene s{true};
  s.run(1s);
  s.d.link().rebind();
  s.d.say("who am I");
  s.run(1s);
  EXPECT_TRUE(s.cloud.received.empty());
  const auto memory = s.d.link().memory();
  s.d.open(s.cloud.server->at(), &s.clients, memory.get());
  s.run(1s);
  EXPECT_EQ(s.d.opened, 2);
  EXPECT_TRUE(s.d.link().resumed());
  EXPECT_EQ(s.cloud.server->peers(), 2U) << "the old one, until it was silent for too long";
}

TEST(datagram_link, goes_without_a_word_when_the_power_does) {
  scene s{true};
  s.run(1s);
  s.d.b.power_off();
  EXPECT_FALSE(s.d.link().active());
  s.run(1s);
  EXPECT_EQ(s.cloud.server->peers(), 1U);
  EXPECT_TRUE(s.d.closed.empty());
}

TEST(datagram_link, says_why_a_handshake_failed) {
  scene s{true};
  tls::dtls_model_options spoiled;
  spoiled.failure = "certificate refused: expired";
  tls::modelled_dtls wary{spoiled};
  datagram_link_options options;
  options.way.peer = s.cloud.server->at();
  options.security = &wary;
  options.request.server_name = "cloud";
  s.d.link().open(options, s.d);
  s.run(1s);
  EXPECT_EQ(s.d.closed, std::vector<std::string>{"tls_failed: certificate refused: expired"});
  EXPECT_EQ(s.cloud.refused.size(), 1U);
}

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
  EXPECT_EQ(s.cloud.server->counters().turned_away, 1U);
  EXPECT_EQ(other.opened, 0);
  s.d.link().close();
  s.w.run_for(10s);
  EXPECT_EQ(other.opened, 1) << "a repeat of its hello found room";
  EXPECT_EQ(s.cloud.server->peers(), 1U);
}

} // namespace
} // namespace fleet::hal
