// A board's datagram link on the virtual world: plain and with the imitation of DTLS, the radio,
// faults, the NAT.
#include <algorithm>
#include <string>
#include <vector>

#include "tests/unit/board/datagram_rig.hpp"

namespace fleet::hal {
namespace {

using namespace std::chrono_literals;

// A plain board pays nothing: what it has of a datagram link is what it had before.
static_assert(sizeof(board) <= 200);
static_assert(sizeof(link) <= 56 + sizeof(stream_ptr));

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

} // namespace
} // namespace fleet::hal
