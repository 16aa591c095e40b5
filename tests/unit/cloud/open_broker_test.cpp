// The open character as its clients see it: routing, sessions, wills, retained messages. Names bear
// the statement of MQTT 3.1.1 that a test shows, where there is one.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/twin_peers.hpp"

namespace fleet {
namespace {

using cloud::profile;
using support::guest;
using support::lines;
using support::raw_guest;
using support::twin_bench;
using testing::ElementsAre;
using testing::IsEmpty;

struct open_broker : testing::Test {
  explicit open_broker(cloud::twin_options options = twin_bench::of(profile::mqtt))
      : bench(std::move(options)) {}
  twin_bench bench;
};

mqtt::connect_view with_will(std::string_view id, std::string_view topic, std::string_view text,
                             int q = 1, bool retain = false) {
  mqtt::connect_view c;
  c.client_id = id;
  c.keep_alive_s = 60;
  c.has_will = true;
  c.will.topic = topic;
  c.will.payload = as_bytes(text);
  c.will.qos = static_cast<mqtt::qos>(q);
  c.will.retain = retain;
  return c;
}

TEST_F(open_broker, hands_a_message_to_each_subscriber_at_the_lower_qos_MQTT_3_8_4_6) {
  auto& a = bench.arrive("a");
  auto& b = bench.arrive("b");
  auto& c = bench.arrive("c");
  a.subscribe("t", 0);
  b.subscribe("t", 1);
  c.subscribe("t", 2);
  bench.settle();
  for (auto* g : {&a, &b, &c}) {
    g->take();
  }
  for (int q = 0; q <= 2; ++q) {
    a.publish("t", "m", q);
    bench.settle();
  }
  EXPECT_THAT(a.messages(), ElementsAre("t=m q0", "t=m q0", "t=m q0"));
  EXPECT_THAT(b.messages(), ElementsAre("t=m q0", "t=m q1", "t=m q1"));
  EXPECT_THAT(c.messages(), ElementsAre("t=m q0", "t=m q1", "t=m q2"));
  EXPECT_EQ(bench.count(bench.twin->counters().received[2]), 1U);
  EXPECT_EQ(bench.count(bench.twin->counters().delivered[0]), 5U);
}

TEST_F(open_broker, delivers_overlapping_subscriptions_once_at_the_highest_qos_MQTT_3_3_5_1) {
  auto& a = bench.arrive("a");
  a.subscribe({{"a/#", mqtt::qos::at_most_once},
               {"a/b", mqtt::qos::exactly_once},
               {"+/b", mqtt::qos::at_least_once}});
  bench.settle();
  a.take();
  a.publish("a/b", "once", 2);
  bench.settle();
  EXPECT_THAT(a.messages(), ElementsAre("a/b=once q2"));
}

TEST_F(open_broker, keeps_dollar_topics_from_leading_wildcards_MQTT_4_7_2_1) {
  auto& a = bench.arrive("a");
  auto& b = bench.arrive("b");
  a.subscribe({{"#", mqtt::qos::at_most_once}, {"+/broker/version", mqtt::qos::at_most_once}});
  b.subscribe("$SYS/#", 0);
  bench.settle();
  EXPECT_THAT(a.messages(), IsEmpty());
  EXPECT_THAT(b.messages(), ElementsAre("$SYS/broker/version=fleet twin q0 retain"));
  bench.twin->publish("$SYS/x", as_bytes("y"), mqtt::qos::at_most_once, false);
  bench.settle();
  EXPECT_THAT(a.messages(), IsEmpty());
  EXPECT_THAT(b.messages(), ElementsAre("$SYS/x=y q0"));
}

TEST_F(open_broker, lets_no_client_publish_on_dollar_topics) {
  auto& a = bench.arrive("a");
  a.subscribe("$SYS/#", 1);
  bench.settle();
  a.take();
  a.publish("$SYS/broker/version", "mine", 1);
  bench.settle();
  EXPECT_THAT(a.take(), ElementsAre("acknowledged id2 cookie0"));
  EXPECT_EQ(bench.count(bench.twin->counters().publishes_refused), 1U);
}

TEST_F(open_broker, stops_at_unsubscribe_MQTT_3_10_4_2) {
  auto& a = bench.arrive("a");
  a.subscribe({{"t", mqtt::qos::at_least_once}, {"t/#", mqtt::qos::at_least_once}});
  bench.settle();
  a.unsubscribe("t");
  bench.settle();
  a.take();
  a.publish("t", "still", 0);
  a.unsubscribe("t/#");
  a.publish("t", "no more", 0);
  bench.settle();
  EXPECT_THAT(a.messages(), ElementsAre("t=still q0"));
}

TEST_F(open_broker, retains_the_last_message_of_a_topic_MQTT_3_3_1_5) {
  auto& a = bench.arrive("a");
  a.publish("r/1", "old", 1, true);
  a.publish("r/1", "new", 1, true);
  a.publish("r/2", "two", 0, true);
  bench.settle();
  auto& b = bench.arrive("b");
  b.subscribe("r/+", 2);
  bench.settle();
  // [MQTT-3.3.1-6]: replayed on subscribing; [MQTT-3.3.1-8]: with RETAIN set.
  EXPECT_THAT(b.messages(), ElementsAre("r/1=new q1 retain", "r/2=two q0 retain"));
}

TEST_F(open_broker, clears_the_retain_flag_for_established_subscriptions_MQTT_3_3_1_9) {
  auto& a = bench.arrive("a");
  a.subscribe("r", 1);
  bench.settle();
  a.take();
  a.publish("r", "x", 1, true);
  bench.settle();
  EXPECT_THAT(a.messages(), ElementsAre("r=x q1"));
}

TEST_F(open_broker, forgets_a_retained_message_when_an_empty_one_comes_MQTT_3_3_1_10) {
  auto& a = bench.arrive("a");
  a.subscribe("r", 0);
  a.publish("r", "x", 1, true);
  a.publish("r", "", 1, true);
  bench.settle();
  // The empty message itself goes to those who are there already.
  EXPECT_THAT(a.messages(), ElementsAre("r=x q0", "r= q0"));
  auto& b = bench.arrive("b");
  b.subscribe("r", 0);
  bench.settle();
  EXPECT_THAT(b.messages(), IsEmpty());
}

TEST_F(open_broker, does_not_store_unretained_messages_MQTT_3_3_1_12) {
  auto& a = bench.arrive("a");
  a.publish("r", "kept", 1, true);
  a.publish("r", "passing", 1, false);
  bench.settle();
  a.subscribe("r", 0);
  bench.settle();
  EXPECT_THAT(a.messages(), ElementsAre("r=kept q0 retain"));
}

TEST_F(open_broker, replays_retained_messages_when_a_subscription_is_renewed_MQTT_3_8_4_3) {
  auto& a = bench.arrive("a");
  a.publish("r", "x", 1, true);
  a.subscribe("r", 1);
  bench.settle();
  a.take();
  a.subscribe("r", 0);
  bench.settle();
  EXPECT_THAT(a.messages(), ElementsAre("r=x q0 retain"));
}

TEST_F(open_broker, resumes_a_session_with_what_was_queued_MQTT_3_1_2_4) {
  auto& a = bench.arrive("a", false);
  EXPECT_TRUE(a.saw("connected"));
  a.subscribe("t", 1);
  bench.settle();
  a.drop();
  bench.settle();
  auto& b = bench.arrive("b");
  b.publish("t", "one", 1);
  b.publish("t", "lost", 0);
  b.publish("t", "two", 2);
  bench.settle();
  EXPECT_EQ(bench.count(bench.twin->counters().offline_drops), 1U);
  auto& again = bench.arrive("a", false);
  EXPECT_TRUE(again.saw("connected, session present")); // [MQTT-3.2.2-2]
  EXPECT_THAT(again.messages(), ElementsAre("t=one q1", "t=two q1"));
  b.publish("t", "three", 1); // the subscription is still there
  bench.settle();
  EXPECT_THAT(again.messages(), ElementsAre("t=three q1"));
}

TEST_F(open_broker, resends_unacknowledged_messages_with_dup_MQTT_4_4_0_1) {
  auto& a = bench.arrive("a", false);
  a.subscribe("t", 1);
  bench.settle();
  a.fall_silent();
  auto& b = bench.arrive("b");
  b.publish("t", "m", 1);
  bench.settle();
  a.drop();
  bench.settle();
  auto& again = bench.arrive("a", false);
  EXPECT_THAT(again.messages(), ElementsAre("t=m q1 dup"));
}

TEST_F(open_broker, starts_afresh_with_a_clean_session_MQTT_3_1_2_6) {
  auto& a = bench.arrive("a", false);
  a.subscribe("t", 1);
  bench.settle();
  a.disconnect();
  bench.settle();
  auto& b = bench.arrive("b");
  b.publish("t", "queued", 1);
  bench.settle();
  auto& clean = bench.arrive("a", true);
  EXPECT_TRUE(clean.saw("connected")); // [MQTT-3.2.2-1]: no session present
  b.publish("t", "later", 1);
  bench.settle();
  EXPECT_THAT(clean.messages(), IsEmpty());
  clean.disconnect();
  bench.settle();
  auto& after = bench.arrive("a", false);
  EXPECT_TRUE(after.saw("connected")); // the clean session left nothing
}

TEST_F(open_broker, cuts_the_older_connection_of_a_client_MQTT_3_1_4_2) {
  auto& older = bench.arrive("same", false);
  older.subscribe("t", 1);
  bench.settle();
  older.take();
  auto& newer = bench.arrive("same", false);
  EXPECT_TRUE(older.closed);
  EXPECT_THAT(older.take(), IsEmpty()); // without a packet
  EXPECT_TRUE(newer.saw("connected, session present"));
  EXPECT_EQ(bench.twin->devices_online(), 1U);
  EXPECT_EQ(bench.count(bench.twin->counters().ends[static_cast<std::size_t>(
              cloud::end_reason::taken_over)]),
            1U);
  newer.publish("t", "m", 1);
  bench.settle();
  EXPECT_THAT(newer.messages(), ElementsAre("t=m q1"));
}

TEST_F(open_broker, publishes_the_will_of_a_lost_client_MQTT_3_1_2_8) {
  auto& watcher = bench.arrive("watcher");
  watcher.subscribe("wills/#", 1);
  bench.settle();
  watcher.take();
  auto& lost = bench.arrive(with_will("lost", "wills/lost", "gone"));
  lost.drop();
  bench.settle();
  EXPECT_THAT(watcher.messages(), ElementsAre("wills/lost=gone q1"));
  EXPECT_EQ(bench.count(bench.twin->counters().wills_published), 1U);
}

TEST_F(open_broker, publishes_the_will_when_keep_alive_is_missed_MQTT_3_1_2_24) {
  auto& watcher = bench.arrive("watcher");
  watcher.subscribe("w", 1);
  bench.settle();
  watcher.take();
  auto& silent = bench.arrive(with_will("silent", "w", "gone"));
  silent.fall_silent();
  bench.settle(std::chrono::seconds{89});
  EXPECT_FALSE(silent.closed);
  EXPECT_THAT(watcher.messages(), IsEmpty());
  bench.settle(std::chrono::seconds{2});
  EXPECT_TRUE(silent.closed);
  EXPECT_THAT(watcher.messages(), ElementsAre("w=gone q1"));
}

TEST_F(open_broker, keeps_a_client_whose_traffic_moves_its_deadline) {
  auto& a = bench.arrive("a", true, 10);
  for (int i = 0; i < 30; ++i) {
    bench.settle(std::chrono::seconds{9});
    a.publish("t", "m", 0);
  }
  EXPECT_FALSE(a.closed);
  auto& quiet = bench.arrive("quiet", true, 0); // [MQTT-3.1.2-24] binds with keep-alive only
  quiet.fall_silent();
  bench.settle(std::chrono::hours{24});
  EXPECT_FALSE(quiet.closed);
}

TEST_F(open_broker, publishes_the_will_of_a_client_that_is_taken_over) {
  auto& watcher = bench.arrive("watcher");
  watcher.subscribe("w", 1);
  bench.settle();
  watcher.take();
  bench.arrive(with_will("same", "w", "first"));
  bench.arrive(with_will("same", "w", "second"));
  EXPECT_THAT(watcher.messages(), ElementsAre("w=first q1"));
}

TEST_F(open_broker, drops_the_will_at_disconnect_MQTT_3_1_2_10) {
  auto& watcher = bench.arrive("watcher");
  watcher.subscribe("w", 1);
  bench.settle();
  watcher.take();
  auto& polite = bench.arrive(with_will("polite", "w", "gone"));
  polite.disconnect();
  bench.settle(std::chrono::minutes{5});
  EXPECT_THAT(watcher.messages(), IsEmpty());
}

TEST_F(open_broker, retains_a_will_that_asks_for_it_MQTT_3_1_2_17) {
  auto& lost = bench.arrive(with_will("lost", "w", "gone", 1, true));
  auto& passing = bench.arrive(with_will("passing", "v", "gone", 1, false)); // [MQTT-3.1.2-16]
  lost.drop();
  passing.drop();
  bench.settle();
  auto& late = bench.arrive("late");
  late.subscribe({{"w", mqtt::qos::at_least_once}, {"v", mqtt::qos::at_least_once}});
  bench.settle();
  EXPECT_THAT(late.messages(), ElementsAre("w=gone q1 retain"));
}

TEST_F(open_broker, closes_after_disconnect_even_if_the_client_does_not_MQTT_3_14_4_2) {
  raw_guest raw{bench.world.home(), bench.at.front()};
  raw.write("10 0d 0004 'MQTT' 04 02 003c 0001 'a'  e000");
  bench.settle();
  EXPECT_EQ(mqtt::test::hex(raw.received.view()), "20 02 00 00");
  EXPECT_TRUE(raw.closed);
}

TEST_F(open_broker, refuses_an_unknown_protocol_level_with_code_1_MQTT_3_1_2_2) {
  raw_guest raw{bench.world.home(), bench.at.front()};
  raw.write("10 0d 0004 'MQTT' 05 02 003c 0001 'a'");
  bench.settle();
  EXPECT_EQ(mqtt::test::hex(raw.received.view()), "20 02 00 01");
  EXPECT_TRUE(raw.closed);
  EXPECT_EQ(bench.count(bench.twin->counters().connects[1]), 1U);
}

TEST_F(open_broker, closes_on_a_first_packet_that_is_not_connect_MQTT_3_1_0_1) {
  raw_guest raw{bench.world.home(), bench.at.front()};
  raw.write("c000");
  bench.settle();
  EXPECT_TRUE(raw.closed);
  EXPECT_TRUE(raw.received.empty());
  EXPECT_EQ(bench.count(bench.twin->counters().violations[static_cast<std::size_t>(
              mqtt::violation::connect_expected)]),
            1U);
}

TEST_F(open_broker, closes_on_a_second_connect_MQTT_3_1_0_2) {
  raw_guest raw{bench.world.home(), bench.at.front()};
  raw.write("10 0d 0004 'MQTT' 04 02 003c 0001 'a'");
  bench.settle();
  EXPECT_FALSE(raw.closed);
  raw.write("10 0d 0004 'MQTT' 04 02 003c 0001 'a'");
  bench.settle();
  EXPECT_TRUE(raw.closed);
  EXPECT_EQ(bench.twin->devices_online(), 0U);
}

TEST_F(open_broker, closes_when_connect_does_not_come_in_time) {
  raw_guest mute{bench.world.home(), bench.at.front()};
  raw_guest slow{bench.world.home(), bench.at.front()};
  for (int i = 0; i < 9; ++i) { // a packet that never ends does not buy time
    slow.write(i == 0 ? "10" : i == 1 ? "0d" : "00");
    bench.settle(std::chrono::seconds{1});
  }
  EXPECT_FALSE(mute.closed);
  bench.settle(std::chrono::seconds{2});
  EXPECT_TRUE(mute.closed);
  EXPECT_TRUE(slow.closed);
  EXPECT_EQ(bench.count(bench.twin->counters().connections_open), 0U);
}

TEST_F(open_broker, names_an_empty_identifier_itself_MQTT_3_1_3_6) {
  auto& a = bench.arrive("");
  auto& b = bench.arrive(""); // [MQTT-3.1.3-7]: the names differ, so nobody is taken over
  EXPECT_TRUE(a.saw("connected"));
  EXPECT_TRUE(b.saw("connected"));
  EXPECT_FALSE(a.closed);
  EXPECT_EQ(bench.twin->devices_online(), 2U);
}

TEST_F(open_broker, refuses_an_empty_identifier_with_a_kept_session_MQTT_3_1_3_8) {
  raw_guest raw{bench.world.home(), bench.at.front()};
  raw.write("10 0c 0004 'MQTT' 04 00 003c 0000");
  bench.settle();
  EXPECT_EQ(mqtt::test::hex(raw.received.view()), "20 02 00 02");
  EXPECT_TRUE(raw.closed); // [MQTT-3.1.3-9]
  EXPECT_EQ(bench.count(bench.twin->counters().connects[2]), 1U);
}

TEST_F(open_broker, refuses_identifiers_with_wildcards) {
  for (const std::string_view id : {"a/+/b", "#", "+", "x#"}) {
    auto& g = bench.arrive(id);
    EXPECT_TRUE(g.saw("refused 2")) << id;
    EXPECT_TRUE(g.closed);
  }
  mqtt::connect_view c;
  c.client_id = "fine";
  c.has_username = true;
  c.username = "us+r";
  EXPECT_TRUE(bench.arrive(c).saw("refused 4"));
  EXPECT_EQ(bench.twin->devices_online(), 0U);
}

TEST_F(open_broker, tells_one_exactly_once_message_once_when_it_is_repeated_MQTT_4_3_3_2) {
  auto& watcher = bench.arrive("watcher");
  watcher.subscribe("t", 2);
  bench.settle();
  watcher.take();
  raw_guest raw{bench.world.home(), bench.at.front()};
  raw.write("10 0d 0004 'MQTT' 04 02 003c 0001 'a'");
  raw.write("34 06 0001 't' 0007 'x'"); // PUBLISH QoS 2, id 7
  raw.write("3c 06 0001 't' 0007 'x'"); // again, DUP
  raw.write("62 02 0007");              // PUBREL
  raw.write("62 02 0007");              // PUBREL again
  bench.settle();
  EXPECT_EQ(mqtt::test::hex(raw.received.view()),
            "20 02 00 00 50 02 00 07 50 02 00 07 70 02 00 07 70 02 00 07");
  EXPECT_THAT(watcher.messages(), ElementsAre("t=x q2"));
  raw.write("34 06 0001 't' 0007 'y'"); // the id is free again
  bench.settle();
  EXPECT_THAT(watcher.messages(), ElementsAre("t=y q2"));
}

TEST_F(open_broker, keeps_the_order_of_a_topic_MQTT_4_6_0_6) {
  auto& a = bench.arrive("a", false);
  a.subscribe("t", 1);
  bench.settle();
  a.take();
  auto& b = bench.arrive("b");
  lines expected;
  for (int i = 0; i < 90; ++i) {
    b.publish("t", std::to_string(i), 1);
    expected.push_back("t=" + std::to_string(i) + " q1");
    if (i == 40) {
      bench.settle();
      a.drop();
      bench.settle();
    }
  }
  bench.settle();
  auto first = a.messages();
  auto& again = bench.arrive("a", false);
  for (auto& line : again.messages()) {
    first.push_back(line);
  }
  EXPECT_EQ(first, expected);
}

TEST_F(open_broker, answers_a_filter_beyond_its_limits_with_0x80_MQTT_3_8_4_5) {
  auto& a = bench.arrive("a");
  std::string deep(200, '/');
  a.subscribe({{"ok", mqtt::qos::exactly_once}, {deep, mqtt::qos::at_most_once}});
  bench.settle();
  EXPECT_TRUE(a.saw("subscribed id1 [02 80]"));
  EXPECT_EQ(bench.count(bench.twin->counters().subscribes_refused), 1U);
}

TEST_F(open_broker, serves_many_clients_in_an_order_that_repeats) {
  const auto run = [] {
    twin_bench own{twin_bench::of(profile::mqtt)};
    std::vector<std::string> names(50);
    for (int i = 0; i < 50; ++i) {
      names[i] = "c" + std::to_string(i);
      own.arrive(names[i]).subscribe("t/#", i % 3);
    }
    own.settle();
    for (auto& g : own.guests) {
      g->publish("t/x", "m", 2);
    }
    own.settle(std::chrono::seconds{1});
    return own.world.digest();
  };
  EXPECT_EQ(run(), run());
}

} // namespace
} // namespace fleet
