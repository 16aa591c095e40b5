// Disturbances of a board on its datagrams, measured: both ways, plain and with the imitation of
// DTLS.
#include <cmath>
#include <string>
#include <vector>

#include "tests/unit/board/datagram_rig.hpp"

namespace fleet::hal {
namespace {

/// The far side writes down when.
struct timed_scene : scene {
  explicit timed_scene(bool secure) : scene(secure) { run(1s); }
  /// How long a question and its answer take.
  duration there_and_back(std::string_view text) {
    const std::size_t before = d.received.size();
    const time_point asked = w.now();
    d.say(text);
    while (d.received.size() == before && w.now() < asked + 60s) {
      run(100us);
    }
    return w.now() - asked;
  }
  link_disturbance trouble;
};

class disturbed_datagrams : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(datagram_link, disturbed_datagrams, testing::Bool(),
                         [](const auto& with) { return with.param ? "dtls" : "plain"; });

TEST_P(disturbed_datagrams, are_late_by_the_latency_each_way) {
  timed_scene s{GetParam()};
  const duration before = s.there_and_back("one");
  s.trouble.latency = 300ms;
  s.d.b.link.disturb(s.trouble);
  const duration during = s.there_and_back("two");
  EXPECT_NEAR(seconds(during - before), 0.6, 0.001);
  s.d.b.link.relieve(s.trouble);
  EXPECT_NEAR(seconds(s.there_and_back("three") - before), 0, 0.001);
  EXPECT_EQ(s.cloud.received, (std::vector<std::string>{"one", "two", "three"}));
}

TEST_P(disturbed_datagrams, are_late_by_up_to_the_jitter_evenly) {
  timed_scene s{GetParam()};
  s.trouble.jitter = 100ms;
  s.d.b.link.disturb(s.trouble);
  double sum = 0;
  duration most{};
  for (int i = 0; i < 300; ++i) {
    const duration took = s.there_and_back(std::to_string(i));
    ASSERT_LE(took, 202ms);
    most = std::max(most, took);
    sum += seconds(took);
  }
  EXPECT_GT(most, 150ms);
  EXPECT_NEAR(sum / 300, 0.1005, 4 * 0.1 * std::sqrt(2 / (12.0 * 300)) + 0.001);
}

TEST(disturbed_datagrams, pass_at_the_rate_and_overflow_a_bounded_queue) {
  timed_scene s{false};
  s.trouble.octets_per_s = 1000;
  s.d.b.link.disturb(s.trouble);
  for (int i = 0; i < 300; ++i) {
    s.d.say(std::string(100, 'x'));
  }
  s.run(10s);
  EXPECT_NEAR(static_cast<double>(s.cloud.received.size()), 100, 1);
  s.run(60s);
  EXPECT_EQ(s.cloud.received.size(), datagram_gate::late_max);
  EXPECT_GE(s.d.link().counters().lost, 300 - datagram_gate::late_max);
}

TEST(disturbed_datagrams, have_an_octet_changed_in_their_share) {
  timed_scene s{false};
  s.trouble.corrupt_ppm = 100'000;
  s.d.b.link.disturb(s.trouble);
  const std::string text = "0123456789";
  for (int i = 0; i < 3000; ++i) {
    s.d.say(text);
    s.run(10ms);
  }
  int spoiled = 0;
  for (const std::string& got : s.cloud.received) {
    ASSERT_EQ(got.size(), text.size());
    int changed = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
      changed += got[i] != text[i] ? 1 : 0;
    }
    ASSERT_LE(changed, 1);
    spoiled += changed;
  }
  EXPECT_NEAR(spoiled, 300, 4 * std::sqrt(3000 * 0.1 * 0.9));
}

TEST(disturbed_datagrams, are_dropped_by_dtls_when_changed) {
  timed_scene s{true};
  s.trouble.corrupt_ppm = 1'000'000;
  s.d.b.link.disturb(s.trouble);
  for (int i = 0; i < 100; ++i) {
    s.d.say("hello");
    s.run(10ms);
  }
  EXPECT_TRUE(s.cloud.received.empty());
  s.d.b.link.relieve(s.trouble);
  s.d.say("again");
  s.run(1s);
  EXPECT_EQ(s.cloud.received, std::vector<std::string>{"again"});
}

TEST_P(disturbed_datagrams, are_lost_in_the_share_of_two_faults_together) {
  timed_scene s{GetParam()};
  const link_disturbance one{.loss_ppm = 200'000};
  const link_disturbance two{.loss_ppm = 100'000};
  s.d.b.link.disturb(one);
  s.d.b.link.disturb(two);
  for (int i = 0; i < 2000; ++i) {
    s.d.say(std::to_string(i));
    s.run(10ms);
  }
  const double arrives = 0.8 * 0.9;
  EXPECT_NEAR(static_cast<double>(s.cloud.received.size()), 2000 * arrives,
              4 * std::sqrt(2000 * arrives * (1 - arrives)));
  EXPECT_NEAR(static_cast<double>(s.d.received.size()), 2000 * arrives * arrives,
              4 * std::sqrt(2000 * arrives * arrives));
}

TEST(disturbed_datagrams, are_repeated_and_reordered_in_their_shares) {
  timed_scene s{false};
  s.trouble = {.duplicate_ppm = 100'000, .reorder_ppm = 100'000, .hold_back = 200ms};
  s.d.b.link.disturb(s.trouble);
  for (int i = 0; i < 2000; ++i) {
    s.d.say(std::to_string(100'000 + i));
    s.run(10ms);
  }
  s.run(1s);
  EXPECT_NEAR(static_cast<double>(s.cloud.received.size()), 2200, 4 * std::sqrt(2000 * 0.09) + 25);
  EXPECT_FALSE(std::is_sorted(s.cloud.received.begin(), s.cloud.received.end()));
  EXPECT_GT(s.d.link().counters().held_back, 200U);
}

TEST(disturbed_datagrams, are_refused_as_by_a_host_without_that_port) {
  timed_scene s{false};
  s.trouble.refuse = true;
  s.d.b.link.disturb(s.trouble);
  s.d.say("anybody?");
  EXPECT_TRUE(s.d.troubles.empty()) << "in a later turn";
  s.run(1s);
  EXPECT_EQ(s.d.troubles, std::vector<datagram_trouble>{datagram_trouble::refused});
  EXPECT_TRUE(s.cloud.received.empty());
  s.d.b.link.relieve(s.trouble);
  s.d.say("now");
  s.run(1s);
  EXPECT_EQ(s.cloud.received, std::vector<std::string>{"now"});
}

TEST_P(disturbed_datagrams, are_not_sent_where_a_name_has_no_address) {
  timed_scene s{GetParam()};
  s.trouble.dns_failure = true;
  s.d.b.link.disturb(s.trouble);
  s.d.say("what stands goes on");
  s.run(1s);
  EXPECT_EQ(s.cloud.received.size(), 1U);
  s.d.open(s.cloud.server->at(), GetParam() ? &s.clients : nullptr);
  EXPECT_TRUE(s.d.closed.empty());
  s.run(1s);
  EXPECT_EQ(s.d.closed, std::vector<std::string>{"dns_failed: the name has no address (a fault)"});
  EXPECT_FALSE(s.d.link().active());
  s.d.b.link.relieve(s.trouble);
  s.d.open(s.cloud.server->at(), GetParam() ? &s.clients : nullptr);
  s.run(1s);
  EXPECT_EQ(s.d.opened, 2);
}

TEST(disturbed_datagrams, end_with_a_certificate_that_does_not_verify) {
  timed_scene s{true};
  s.trouble.tls_failure = true;
  s.d.b.link.disturb(s.trouble);
  s.d.open(s.cloud.server->at(), &s.clients);
  s.run(1s);
  ASSERT_EQ(s.d.closed.size(), 1U);
  EXPECT_EQ(s.d.closed[0], "tls_failed: the peer's certificate does not verify (a fault)");
  EXPECT_EQ(s.d.opened, 1) << "the one before";
}

TEST_P(disturbed_datagrams, pass_nothing_in_a_partition) {
  timed_scene s{GetParam()};
  s.trouble.cut = true;
  s.d.b.link.disturb(s.trouble);
  s.d.say("lost");
  s.run(10s);
  EXPECT_TRUE(s.cloud.received.empty());
  s.d.b.link.relieve(s.trouble);
  s.d.say("back");
  s.run(1s);
  EXPECT_EQ(s.cloud.received, std::vector<std::string>{"back"});
}

TEST_P(disturbed_datagrams, that_have_left_arrive_although_their_board_goes) {
  timed_scene s{GetParam()};
  s.trouble.latency = 5s;
  s.d.b.link.disturb(s.trouble);
  s.d.say("on its way");
  s.d.b.power_off();
  s.run(10s);
  EXPECT_EQ(s.cloud.received, std::vector<std::string>{"on its way"});
  EXPECT_TRUE(s.d.received.empty());
}

TEST(disturbed_datagrams, take_the_goodbye_along) {
  timed_scene s{true};
  s.trouble.latency = 5s;
  s.d.b.link.disturb(s.trouble);
  s.d.link().close();
  s.run(10s);
  EXPECT_EQ(s.cloud.server->peers(), 0U);
}

TEST(disturbed_datagrams, are_missed_when_the_radio_sleeps_at_their_time) {
  timed_scene s{false};
  s.trouble.latency = 100ms;
  s.d.b.link.disturb(s.trouble);
  s.d.say("hello");
  s.run(150ms); // its answer is late still
  s.d.link().set_radio(false);
  s.run(1s);
  EXPECT_TRUE(s.d.received.empty());
  EXPECT_EQ(s.d.link().counters().slept_through, 1U);
}

} // namespace
} // namespace fleet::hal
