// The open broker by the standard, third part: retained messages, subscriptions, names of topics.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/twin_peers.hpp"

namespace fleet {
namespace {

using cloud::profile;
using mqtt::test::hex;
using support::raw_guest;
using support::twin_bench;
using testing::ElementsAre;
using testing::IsEmpty;

struct broker_routing : testing::Test {
  twin_bench bench{twin_bench::of(profile::mqtt)};
};

TEST_F(broker_routing, passes_no_dup_flag_on_MQTT_3_3_1_3) {
  auto& a = bench.arrive("a");
  a.subscribe("t", 2);
  bench.settle();
  a.take();
  raw_guest raw{bench.world.home(), bench.at.front()};
  raw.write("10 0d 0004 'MQTT' 04 02 003c 0001 'b'");
  raw.write("3a 06 0001 't' 0007 'x'"); // QoS 1 and QoS 2 with DUP: the first this server sees
  raw.write("3c 06 0001 't' 0008 'y'");
  bench.settle();
  EXPECT_THAT(a.messages(), ElementsAre("t=x q1", "t=y q2"));
}

TEST_F(broker_routing, replaces_a_retained_message_by_one_of_qos_0_MQTT_3_3_1_7) {
  auto& a = bench.arrive("a");
  a.publish("r", "old", 2, true);
  a.publish("r", "new", 0, true);
  bench.settle();
  a.subscribe("r", 2);
  bench.settle();
  EXPECT_THAT(a.messages(), ElementsAre("r=new q0 retain"));
}

TEST(broker_limits, discards_a_retained_message_whose_successor_has_no_room_MQTT_3_3_1_7) {
  cloud::twin_options o = twin_bench::of(profile::mqtt);
  o.limits.retained_bytes_max = 100;
  twin_bench bench{std::move(o)};
  auto& a = bench.arrive("a");
  a.publish("r", "old", 1, true);
  a.publish("r", std::string(200, 'n'), 0, true);
  bench.settle();
  EXPECT_EQ(bench.count(bench.twin->counters().retained_refused), 1U);
  a.subscribe("r", 2);
  bench.settle();
  EXPECT_THAT(a.messages(), IsEmpty());
}

TEST_F(broker_routing, keeps_retained_messages_beyond_the_session_of_their_sender_MQTT_3_1_2_7) {
  auto& a = bench.arrive("a", true);
  a.publish("r", "x", 1, true);
  bench.settle();
  a.disconnect();
  bench.settle();
  EXPECT_EQ(bench.count(bench.twin->counters().sessions), 0U);
  auto& b = bench.arrive("b");
  b.subscribe("r", 1);
  bench.settle();
  EXPECT_THAT(b.messages(), ElementsAre("r=x q1 retain"));
}

TEST_F(broker_routing, stores_no_empty_retained_message_MQTT_3_3_1_11) {
  auto& a = bench.arrive("a");
  a.publish("r", "", 1, true);
  bench.settle();
  a.subscribe("r", 1);
  bench.settle();
  EXPECT_THAT(a.messages(), IsEmpty());
}

TEST_F(broker_routing, replaces_a_subscription_of_the_same_filter_MQTT_3_8_4_3) {
  auto& a = bench.arrive("a");
  a.subscribe("t/+", 2);
  a.subscribe("t/+", 0);
  bench.settle();
  a.take();
  a.publish("t/x", "m", 2);
  bench.settle();
  EXPECT_THAT(a.messages(), ElementsAre("t/x=m q0"));
  a.unsubscribe("t/+");
  bench.settle();
  a.take();
  a.publish("t/x", "m", 0);
  bench.settle();
  EXPECT_THAT(a.messages(), IsEmpty()); // there was one, not two
}

TEST_F(broker_routing, treats_several_filters_as_several_subscribes_MQTT_3_8_4_4) {
  auto& a = bench.arrive("a");
  a.publish("r/1", "x", 2, true);
  bench.settle();
  a.take();
  // The same filter twice: the second replaces the first, and each brings the retained message.
  a.subscribe({{"r/1", mqtt::qos::exactly_once},
               {"r/+", mqtt::qos::at_most_once},
               {"r/1", mqtt::qos::at_least_once}});
  bench.settle();
  EXPECT_TRUE(a.saw("subscribed id2 [02 00 01]"));
  EXPECT_THAT(a.messages(), ElementsAre("r/1=x q2 retain", "r/1=x q0 retain", "r/1=x q1 retain"));
  a.publish("r/1", "y", 2);
  bench.settle();
  EXPECT_THAT(a.messages(), ElementsAre("r/1=y q1"));
}

TEST_F(broker_routing, unsubscribes_to_the_letter_MQTT_3_10_4_1) {
  auto& a = bench.arrive("a");
  a.subscribe("a/b", 1);
  bench.settle();
  for (const std::string_view other : {"a/+", "#", "A/b", "a/b/", "a/b/#", "a"}) {
    a.unsubscribe(other);
  }
  bench.settle();
  // [MQTT-3.10.4-5]: each is answered though it matched nothing.
  const auto told = a.take();
  for (int id = 2; id <= 7; ++id) {
    EXPECT_THAT(told, testing::Contains("unsubscribed id" + std::to_string(id)));
  }
  a.publish("a/b", "still", 1);
  bench.settle();
  EXPECT_THAT(a.messages(), ElementsAre("a/b=still q1"));
  a.unsubscribe("a/b");
  a.publish("a/b", "no more", 1);
  bench.settle();
  EXPECT_THAT(a.messages(), IsEmpty());
}

TEST_F(broker_routing, drops_each_of_several_filters_with_one_answer_MQTT_3_10_4_6) {
  auto& watcher = bench.arrive("w");
  raw_guest raw{bench.world.home(), bench.at.front()};
  raw.write("10 0d 0004 'MQTT' 04 02 0000 0001 'b'");
  raw.write("82 0e 0001 0001 'a' 00 0001 'b' 00 0001 'c' 00");
  raw.write("a2 0b 0002 0001 'a' 0001 'x' 0001 'b'");
  bench.settle();
  EXPECT_EQ(hex(raw.received.view()), "20 02 00 00 90 05 00 01 00 00 00 b0 02 00 02");
  raw.received.clear();
  for (const std::string_view topic : {"a", "b", "c"}) {
    watcher.publish(topic, "", 0);
  }
  bench.settle();
  EXPECT_EQ(hex(raw.received.view()), "30 03 00 01 63");
}

TEST_F(broker_routing, finishes_what_it_began_before_unsubscribe_MQTT_3_10_4_3) {
  raw_guest raw{bench.world.home(), bench.at.front()};
  raw.write("10 0d 0004 'MQTT' 04 00 0000 0001 'b'");
  raw.write("82 06 0001 0001 't' 02");
  bench.settle();
  auto& a = bench.arrive("a");
  a.publish("t", "1", 1);
  a.publish("t", "2", 2);
  bench.settle();
  raw.received.clear();
  raw.write("a2 05 0002 0001 't'  50 02 0002"); // UNSUBSCRIBE, then PUBREC of the second
  bench.settle();
  EXPECT_EQ(hex(raw.received.view()), "b0 02 00 02 62 02 00 02");
  a.publish("t", "3", 1);
  raw.stream.reset();
  bench.settle();
  raw_guest again{bench.world.home(), bench.at.front()};
  again.write("10 0d 0004 'MQTT' 04 00 0000 0001 'b'");
  bench.settle();
  EXPECT_EQ(hex(again.received.view()),
            "20 02 01 00 62 02 00 02 3a 06 00 01 74 00 01 31"); // PUBREL, and the first again
}

TEST_F(broker_routing, normalizes_no_name_MQTT_4_7_3_4) {
  auto& a = bench.arrive("a");
  const std::string_view names[] = {
      "caf\xc3\xa9",
      "cafe\xcc\x81",
      "CAF\xc3\xa9",
      "\xef\xbb\xbf"
      "caf\xc3\xa9", // [MQTT-1.5.3-3]
      "caf\xc3\xa9 ",
      " caf\xc3\xa9",
      "caf\xc3\xa9/",
      "/caf\xc3\xa9",
      "\xef\xbf\xbf",
      "\x01",
      "%20",
  };
  for (const auto filter : names) {
    a.subscribe(filter, 1);
  }
  bench.settle();
  a.take();
  for (const auto topic : names) {
    a.publish(topic, "x", 1);
    bench.settle();
    EXPECT_THAT(a.messages(), ElementsAre(std::string{topic} + "=x q1"));
  }
}

TEST_F(broker_routing, carries_names_of_65535_octets_MQTT_4_7_3_3) {
  const std::string longest(65'535, 'n');
  auto& a = bench.arrive("a");
  a.subscribe({{longest, mqtt::qos::at_least_once}, {longest.substr(1), mqtt::qos::at_most_once}});
  bench.settle(std::chrono::seconds{1});
  EXPECT_TRUE(a.saw("subscribed id1 [01 00]"));
  a.take();
  a.publish(longest, "x", 1);
  bench.settle(std::chrono::seconds{1});
  EXPECT_THAT(a.messages(), ElementsAre(longest + "=x q1"));
}

// [MQTT-3.3.2-2], [MQTT-4.7.1-1], [MQTT-4.7.3-1], [MQTT-1.5.3-1]: not from inside either.
TEST_F(broker_routing, sends_nothing_under_what_is_no_topic_name_MQTT_3_3_2_2) {
  auto& a = bench.arrive("a");
  a.subscribe("#", 1);
  bench.settle();
  a.take();
  const std::string too_long(65'536, 'n');
  for (const std::string_view topic :
       {std::string_view{"a/+"}, std::string_view{"#"}, std::string_view{""},
        std::string_view{"a\0", 2}, std::string_view{"\xff"}, std::string_view{too_long}}) {
    bench.twin->publish(topic, as_bytes("x"), mqtt::qos::at_least_once, true);
  }
  bench.settle();
  EXPECT_THAT(a.take(), IsEmpty());
  EXPECT_FALSE(a.closed);
  EXPECT_EQ(bench.count(bench.twin->counters().publishes_refused), 6U);
}

TEST(broker_commands, go_to_no_topic_that_is_none_MQTT_3_3_2_2) {
  cloud::twin_options o = twin_bench::of(profile::mqtt);
  o.open.command_topic = "fleet/+/{index}";
  twin_bench bench{std::move(o)};
  auto& a = bench.arrive("a");
  a.subscribe("fleet/#", 1);
  bench.settle();
  a.take();
  EXPECT_EQ(bench.twin->command(3, mqtt::qos::at_least_once),
            cloud::command_outcome::not_subscribed);
  bench.settle();
  EXPECT_THAT(a.take(), IsEmpty());
  EXPECT_FALSE(a.closed);
}

} // namespace
} // namespace fleet
