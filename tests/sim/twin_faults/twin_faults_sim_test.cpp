// What the twin does wrong on purpose, as its clients feel it (design, part 9): over MQTT on the
// platform and on the open broker, and over CoAP. And its sudden death, with a store in memory.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/faulty_rigs.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;
using faults::effect;
using support::fault_of;
using support::faulty_twin;
using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

struct mqtt_faults_of : testing::TestWithParam<cloud::profile>, faulty_twin {
  mqtt_faults_of() : faulty_twin(GetParam(), true) {}

  [[nodiscard]] const ledger::receiver_account* booked(std::uint32_t device) const {
    const auto* const account = twin->account_of(device);
    return account == nullptr ? nullptr : &account->uplink;
  }
  static std::size_t count(const support::guest& g, std::string_view what) {
    return static_cast<std::size_t>(
        std::count_if(g.events.begin(), g.events.end(),
                      [what](const std::string& e) { return e.starts_with(what); }));
  }
};

INSTANTIATE_TEST_SUITE_P(both, mqtt_faults_of,
                         testing::Values(cloud::profile::linkdevelop, cloud::profile::mqtt),
                         [](const auto& of) {
                           return std::string{of.param == cloud::profile::mqtt ? "open_broker"
                                                                               : "platform"};
                         });

TEST_P(mqtt_faults_of, an_ack_that_is_dropped_leaves_a_booked_message_to_be_repeated_with_dup) {
  auto& g = arrive(3, false);
  ASSERT_TRUE(order(effect::drop_acks));
  settle();
  g.publish(report(3), tagged(3, 1), 1);
  settle(1s);
  EXPECT_EQ(count(g, "acknowledged"), 0U);
  ASSERT_NE(booked(3), nullptr);
  EXPECT_EQ(booked(3)->accepted(), 1U);
  EXPECT_EQ(done(effect::drop_acks), 1U);
  ASSERT_TRUE(desk.remove("drop_acks"));
  g.drop();
  again(g, 3, false);
  settle();
  EXPECT_EQ(count(g, "acknowledged"), 1U) << "what is repeated is acknowledged now";
  EXPECT_EQ(booked(3)->accepted(), 1U);
}

TEST_P(mqtt_faults_of, a_slow_cloud_answers_as_much_later_and_in_order) {
  auto f = fault_of(effect::cloud_slow);
  f.by = 2s;
  ASSERT_TRUE(order(f));
  settle();
  auto& g = come(1);
  settle(1900ms);
  EXPECT_THAT(g.events, IsEmpty());
  settle(200ms);
  EXPECT_EQ(count(g, "connected"), 1U) << testing::PrintToString(g.events);
  g.subscribe(echo(1), 1);
  g.publish(report(1), tagged(1, 1), 1);
  g.publish(echo(1), "a", 1);
  settle(1900ms);
  EXPECT_EQ(g.events.size(), 1U);
  settle(200ms);
  ASSERT_GE(g.events.size(), 4U) << testing::PrintToString(g.events);
  EXPECT_THAT(g.events[1], StartsWith("subscribed"));
  EXPECT_GE(done(effect::cloud_slow), 4U);
}

TEST_P(mqtt_faults_of, who_is_refused_by_a_slow_cloud_still_learns_why) {
  auto f = fault_of(effect::cloud_slow);
  f.by = 7s; // longer than the twin lingers
  ASSERT_TRUE(order(f));
  ASSERT_TRUE(order(effect::refuse_credentials));
  settle();
  auto& g = come(1);
  settle(6900ms);
  EXPECT_FALSE(g.closed);
  settle(200ms);
  EXPECT_EQ(count(g, "refused"), 1U) << testing::PrintToString(g.events);
  EXPECT_TRUE(g.closed);
}

TEST_P(mqtt_faults_of, a_throttled_device_gets_silence_and_is_heard_when_it_repeats) {
  auto& g = arrive(5, false);
  ASSERT_TRUE(order(effect::cloud_throttle)); // one a second
  settle();
  for (std::uint32_t i = 1; i <= 3; ++i) {
    g.publish(report(5), tagged(5, i), 1);
  }
  settle(900ms);
  EXPECT_EQ(count(g, "acknowledged"), 1U);
  EXPECT_EQ(booked(5)->accepted(), 1U) << "what is not acknowledged is not booked";
  EXPECT_EQ(done(effect::cloud_throttle), 2U);
  ASSERT_TRUE(desk.remove("cloud_throttle"));
  g.drop();
  again(g, 5, false);
  settle();
  EXPECT_EQ(count(g, "acknowledged"), 3U);
  EXPECT_EQ(booked(5)->accepted(), 3U);
}

TEST_P(mqtt_faults_of, what_is_delivered_twice_has_two_packet_ids_and_is_owned_up_to) {
  auto& g = arrive(2, false);
  g.subscribe(echo(2), 1);
  settle();
  g.take();
  ASSERT_TRUE(order(effect::deliver_twice));
  settle();
  g.publish(echo(2), tagged(2, 9), 1);
  settle();
  std::vector<std::string> arrived;
  for (const auto& e : g.take()) {
    if (e.starts_with("arrived ")) {
      EXPECT_THAT(e, Not(HasSubstr(" dup")));
      arrived.push_back(e);
    }
  }
  ASSERT_EQ(arrived.size(), 2U);
  EXPECT_NE(arrived[0], arrived[1]) << "each with a packet id of its own";
  EXPECT_EQ(desk.doubled(2), 1U);
  EXPECT_EQ(desk.doubled(3), 0U);
}

TEST_P(mqtt_faults_of, a_kick_ends_connections_without_a_word_again_and_again) {
  auto& first = arrive(0);
  auto& second = arrive(1);
  auto f = fault_of(effect::kick);
  f.select.among = {{1, 1}};
  f.every = 10s;
  f.span = 15s;
  ASSERT_TRUE(order(f));
  settle();
  EXPECT_FALSE(first.closed);
  EXPECT_TRUE(second.closed);
  again(second, 1);
  settle(9s);
  EXPECT_FALSE(second.closed);
  settle(2s);
  EXPECT_TRUE(second.closed);
  EXPECT_EQ(done(effect::kick), 2U);
  EXPECT_EQ(desk.marks().front()->hit.load(), 2U);
}

TEST_P(mqtt_faults_of, good_credentials_are_refused_for_as_long_as_was_asked) {
  auto f = fault_of(effect::refuse_credentials);
  f.select.among = {{0, 9}};
  f.span = 10s;
  ASSERT_TRUE(order(f));
  settle();
  auto& other = arrive(10);
  EXPECT_EQ(count(other, "connected"), 1U);
  auto& g = arrive(9);
  EXPECT_EQ(count(g, "refused"), 1U) << testing::PrintToString(g.events);
  EXPECT_EQ(cloud::value(twin->counters().connects[4]), 1U);
  settle(10s);
  again(g, 9);
  settle();
  EXPECT_EQ(count(g, "connected"), 1U);
}

TEST_P(mqtt_faults_of, octets_that_are_no_packet_end_the_connection_and_nothing_is_lost) {
  auto& g = arrive(4, false);
  ASSERT_TRUE(order(effect::malformed));
  settle();
  g.publish(report(4), tagged(4, 1), 1);
  settle();
  EXPECT_EQ(count(g, "acknowledged"), 0U);
  EXPECT_GE(done(effect::malformed), 1U);
  EXPECT_TRUE(count(g, "failed") != 0 || g.closed) << testing::PrintToString(g.events);
  ASSERT_TRUE(desk.remove("malformed"));
  g.drop();
  again(g, 4, false);
  settle();
  EXPECT_EQ(booked(4)->accepted(), 1U);
}

TEST_P(mqtt_faults_of, a_percent_hits_that_share_of_the_devices_and_the_same_ones_each_time) {
  auto f = fault_of(effect::refuse_credentials);
  f.select.share_ppm = 300'000;
  ASSERT_TRUE(order(f));
  settle();
  std::vector<bool> refused;
  for (std::uint32_t i = 0; i < 100; ++i) {
    refused.push_back(count(arrive(i), "refused") != 0);
  }
  const auto hit = std::count(refused.begin(), refused.end(), true);
  EXPECT_NEAR(static_cast<double>(hit), 30.0, 14.0);
  EXPECT_EQ(desk.marks().front()->hit.load(), hit);
  for (std::uint32_t i = 0; i < 100; ++i) {
    EXPECT_EQ(count(arrive(i), "refused") != 0, refused[i]) << i;
  }
}

TEST_P(mqtt_faults_of, a_killed_twin_comes_back_with_what_it_acknowledged) {
  auto& g = arrive(7, false);
  g.subscribe(echo(7), 1);
  settle();
  g.publish(report(7), tagged(7, 1), 1);
  settle();
  ASSERT_EQ(count(g, "acknowledged"), 1U);
  const auto taken = cloud::value(twin->counters().received[1]);
  twin->kill();
  EXPECT_EQ(cloud::value(twin->counters().connections_open), 0U);
  EXPECT_EQ(twin->devices_online(), 0U);
  EXPECT_EQ(cloud::value(twin->counters().sessions), 0U);
  settle();
  EXPECT_TRUE(g.closed);
  again(g, 7, false);
  settle(1s);
  EXPECT_TRUE(g.closed) << "nobody listens";
  start();
  again(g, 7, false);
  g.take();
  settle();
  EXPECT_THAT(g.events, Contains(HasSubstr("connected"))) << testing::PrintToString(g.events);
  g.publish(report(7), tagged(7, 2), 1);
  g.publish(echo(7), "still subscribed", 1);
  settle();
  EXPECT_EQ(booked(7)->accepted(), 2U) << "the books go on";
  EXPECT_THAT(g.events, Contains(HasSubstr("still subscribed")));
  EXPECT_GT(cloud::value(twin->counters().received[1]), taken) << "counters do not go back";
  EXPECT_EQ(twin->devices_online(), 1U);
  EXPECT_EQ(cloud::value(twin->counters().sessions), 1U);
}

TEST_P(mqtt_faults_of, faults_go_on_over_the_death_of_the_twin) {
  ASSERT_TRUE(order(effect::refuse_credentials));
  settle();
  twin->kill();
  settle();
  start();
  EXPECT_EQ(count(arrive(0), "refused"), 1U);
}

TEST(open_broker_faults, a_message_of_qos_2_that_was_not_heard_is_heard_once_when_it_comes_again) {
  faulty_twin rig{cloud::profile::mqtt};
  auto& g = rig.arrive(0, false);
  ASSERT_TRUE(rig.order(effect::cloud_throttle));
  rig.settle();
  g.publish("a", faulty_twin::tagged(0, 1), 2);
  g.publish("a", faulty_twin::tagged(0, 2), 2);
  rig.settle();
  const auto& booked = rig.twin->account_of(0)->uplink;
  EXPECT_EQ(booked.accepted(), 1U);
  ASSERT_TRUE(rig.desk.remove("cloud_throttle"));
  g.drop();
  rig.again(g, 0, false);
  rig.settle();
  EXPECT_EQ(booked.accepted(), 2U);
}

struct coap_faults : testing::Test, faulty_twin {
  coap_faults() : faulty_twin(cloud::profile::linkdevelop) {}
};

TEST_F(coap_faults, an_answer_that_is_dropped_comes_with_the_repeat_and_is_booked_once) {
  auto& g = meet(1);
  const auto token = token_in(log_on(g, 6, 1s));
  ASSERT_FALSE(token.empty());
  ASSERT_TRUE(order(effect::drop_acks));
  settle();
  EXPECT_EQ(say(g, 6, token, 1s), "nothing");
  EXPECT_EQ(cloud::value(twin->counters().posting[0].posts), 1U);
  ASSERT_TRUE(desk.remove("drop_acks"));
  settle(10s);
  EXPECT_THAT(g.take(), Contains(StartsWith("2.05")));
  EXPECT_EQ(cloud::value(twin->counters().posting[0].posts), 1U);
}

TEST_F(coap_faults, a_slow_cloud_answers_later_and_a_malformed_answer_is_none) {
  auto& g = meet(1);
  const auto token = token_in(log_on(g, 6, 1s));
  auto f = fault_of(effect::cloud_slow);
  f.by = 1s;
  ASSERT_TRUE(order(f));
  settle();
  EXPECT_EQ(say(g, 6, token, 900ms), "nothing");
  settle(300ms);
  EXPECT_THAT(g.take(), Contains(StartsWith("2.05")));
  ASSERT_TRUE(desk.remove("cloud_slow"));
  ASSERT_TRUE(order(effect::malformed));
  settle();
  EXPECT_EQ(say(g, 6, token, 1s), "nothing");
  EXPECT_GE(done(effect::malformed), 1U);
}

TEST_F(coap_faults, a_throttled_device_is_answered_when_it_asks_again) {
  auto& g = meet(1);
  const auto token = token_in(log_on(g, 6, 1s));
  ASSERT_TRUE(order(effect::cloud_throttle));
  settle(2s);
  EXPECT_THAT(say(g, 6, token, 100ms), StartsWith("2.05"));
  EXPECT_EQ(say(g, 6, token, 100ms), "nothing");
  EXPECT_EQ(cloud::value(twin->counters().posting[0].posts), 1U);
  settle(5s);
  EXPECT_THAT(g.take(), Contains(StartsWith("2.05")));
}

TEST_F(coap_faults, an_answer_comes_twice_as_the_same_message_and_is_taken_once) {
  auto& g = meet(1);
  const auto token = token_in(log_on(g, 6, 1s));
  g.wire.clear();
  EXPECT_THAT(say(g, 6, token, 1s), StartsWith("2.05"));
  EXPECT_EQ(std::exchange(g.wire, {}).size(), 1U);
  ASSERT_TRUE(order(effect::deliver_twice));
  settle();
  EXPECT_THAT(say(g, 6, token, 1s), StartsWith("2.05"));
  ASSERT_EQ(g.wire.size(), 2U);
  EXPECT_EQ(g.wire[0], g.wire[1]);
  EXPECT_THAT(g.take(), IsEmpty()) << "the second is a repeat of what was heard";
  EXPECT_EQ(done(effect::deliver_twice), 1U);
  EXPECT_EQ(cloud::value(twin->counters().posting[0].posts), 2U);
  ASSERT_TRUE(desk.remove("deliver_twice"));
  g.wire.clear();
  EXPECT_THAT(say(g, 6, token, 1s), StartsWith("2.05"));
  EXPECT_EQ(g.wire.size(), 1U);
}

TEST_F(coap_faults, credentials_are_refused_and_tokens_forgotten) {
  auto& g = meet(1);
  const auto token = token_in(log_on(g, 6, 1s));
  EXPECT_THAT(say(g, 6, token, 1s), StartsWith("2.05"));
  ASSERT_TRUE(order(effect::expire_tokens));
  settle();
  EXPECT_EQ(done(effect::expire_tokens), 1U);
  EXPECT_THAT(say(g, 6, token, 1s), StartsWith("4.01"));
  ASSERT_TRUE(order(effect::refuse_credentials));
  settle();
  EXPECT_THAT(log_on(g, 6, 1s), StartsWith("4.01"));
  ASSERT_TRUE(desk.remove("refuse_credentials"));
  const auto next = token_in(log_on(g, 6, 1s));
  EXPECT_THAT(say(g, 6, next, 1s), StartsWith("2.05"));
}

TEST_F(coap_faults, a_kick_takes_tokens_and_lets_devices_log_on_again) {
  auto& g = meet(1);
  const auto token = token_in(log_on(g, 6, 1s));
  EXPECT_THAT(say(g, 6, token, 1s), StartsWith("2.05"));
  ASSERT_TRUE(order(effect::kick));
  settle();
  EXPECT_EQ(done(effect::kick), 1U);
  EXPECT_EQ(cloud::value(twin->counters().posting[0].online), 0U);
  EXPECT_THAT(say(g, 6, token, 1s), StartsWith("4.01"));
  EXPECT_THAT(say(g, 6, token_in(log_on(g, 6, 1s)), 1s), StartsWith("2.05"));
  EXPECT_EQ(cloud::value(twin->counters().posting[0].online), 1U);
}

TEST_F(coap_faults, an_answer_that_is_held_back_goes_with_all_that_has_not_left) {
  cloud::coap_desk_options o;
  o.at = hal::parse_address("127.0.0.1:5700").value();
  auto own = std::move(cloud::coap_desk::open(world.home(), *twin->posts(), o)).value();
  support::coap_guest g{world.home(), {.peer = own->at(), .origin = 9}};
  auto f = fault_of(effect::cloud_slow);
  f.by = 3s;
  ASSERT_TRUE(order(f));
  settle();
  EXPECT_EQ(log_on(g, 6, 1s), "nothing");
  own->reset_all(); // as when the store takes nothing
  settle(3500ms);
  EXPECT_THAT(g.take(), IsEmpty()) << "what acknowledged a log-on that is judged anew";
  settle(3s);
  EXPECT_THAT(g.take(), Contains(StartsWith("2.05"))) << "its repeat";
  EXPECT_EQ(log_on(g, 6, 1s), "nothing");
  own.reset(); // with what it has not sent
  settle(10s);
  EXPECT_THAT(g.take(), IsEmpty());
}

TEST(coap_fault_prices, who_is_refused_for_a_fault_has_tried_no_secret) {
  faulty_twin rig{
      cloud::profile::linkdevelop, false, {.wrong_signs = {.per_second = 1, .burst = 20}}};
  auto& g = rig.meet(1);
  ASSERT_TRUE(rig.order(effect::refuse_credentials));
  rig.settle();
  for (int i = 0; i < 3; ++i) {
    EXPECT_THAT(rig.log_on(g, 6, 1s), StartsWith("4.01")) << i;
  }
  ASSERT_TRUE(rig.desk.remove("refuse_credentials"));
  EXPECT_THAT(rig.log_on(g, 6, 1s), StartsWith("2.05"));
}

struct life final : cloud::cloud_life {
  explicit life(faulty_twin& of) : rig(of) {}
  void go_down() override { rig.twin->kill(); }
  void come_up() override { rig.start(); }
  faulty_twin& rig;
};

TEST(cloud_restart, takes_the_twin_away_for_as_long_as_was_asked) {
  faulty_twin rig{cloud::profile::linkdevelop, true};
  life of{rig};
  rig.desk.serve(&of);
  auto f = fault_of(effect::cloud_restart);
  f.at = 1s;
  ASSERT_TRUE(rig.order(f));
  rig.settle(900ms);
  EXPECT_TRUE(rig.twin->running());
  rig.settle(200ms);
  EXPECT_FALSE(rig.twin->running());
  rig.settle(4700ms);
  EXPECT_FALSE(rig.twin->running());
  rig.settle(200ms);
  EXPECT_TRUE(rig.twin->running());
  EXPECT_EQ(rig.done(effect::cloud_restart), 1U);
}

TEST(fault_desk, takes_only_what_the_cloud_can_carry_out) {
  faulty_twin rig{cloud::profile::mqtt};
  EXPECT_FALSE(rig.order(effect::latency));
  EXPECT_FALSE(rig.desk.any());
  EXPECT_TRUE(rig.order(effect::kick));
  EXPECT_FALSE(rig.order(effect::kick)) << "the name is taken";
  EXPECT_FALSE(rig.desk.remove("nothing of that name"));
}

} // namespace
} // namespace fleet
