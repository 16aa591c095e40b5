// The open broker by the standard, second part: sessions, wills, and links that it must close. The
// first is open_broker_test.cpp; subscriptions and retained messages are in
// broker_routing_test.cpp.
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

struct broker_sessions : testing::Test {
  twin_bench bench{twin_bench::of(profile::mqtt)};

  support::guest& watch(std::string_view filter, int q = 2) {
    auto& watcher = bench.arrive("watcher");
    watcher.subscribe(filter, q);
    bench.settle();
    watcher.take();
    return watcher;
  }
  static mqtt::connect_view with_will(std::string_view id, std::string_view text, int q = 1,
                                      bool retain = false) {
    mqtt::connect_view c;
    c.client_id = id;
    c.has_will = true;
    c.will = {"w", as_bytes(text), static_cast<mqtt::qos>(q), retain};
    return c;
  }
};

TEST_F(broker_sessions, takes_identifiers_of_1_to_23_letters_and_digits_MQTT_3_1_3_5) {
  const std::string_view alphabet =
      "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  for (std::size_t i = 0; i < alphabet.size(); ++i) {
    EXPECT_TRUE(bench.arrive(alphabet.substr(i, 1)).saw("connected")) << alphabet[i];
  }
  for (std::size_t size = 2; size <= 23; ++size) {
    EXPECT_TRUE(bench.arrive(alphabet.substr(10, size)).saw("connected")) << size;
  }
  EXPECT_EQ(bench.twin->devices_online(), 62U + 22);
}

TEST_F(broker_sessions, keeps_the_sessions_of_two_identifiers_apart_MQTT_3_1_3_2) {
  for (const std::string_view id : {"one", "One"}) {
    auto& g = bench.arrive(id, false);
    g.subscribe(id, 1);
    bench.settle();
    g.drop();
  }
  bench.settle();
  auto& b = bench.arrive("b");
  b.publish("one", "1", 1);
  b.publish("One", "2", 1);
  bench.settle();
  EXPECT_THAT(bench.arrive("One", false).messages(), ElementsAre("One=2 q1"));
  EXPECT_THAT(bench.arrive("one", false).messages(), ElementsAre("one=1 q1"));
  EXPECT_TRUE(bench.arrive("on", false).saw("connected")); // no session present
}

TEST_F(broker_sessions, queues_both_qualities_for_an_absent_client_MQTT_3_1_2_5) {
  auto& a = bench.arrive("a", false);
  a.subscribe({{"t", mqtt::qos::exactly_once}, {"u/+", mqtt::qos::at_least_once}});
  bench.settle();
  a.disconnect(); // an orderly end keeps the session as well
  bench.settle();
  auto& b = bench.arrive("b");
  b.publish("t", "1", 2);
  b.publish("u/x", "2", 2);
  b.publish("t", "3", 1);
  b.publish("other", "4", 2);
  bench.settle();
  EXPECT_THAT(bench.arrive("a", false).messages(), ElementsAre("t=1 q2", "u/x=2 q1", "t=3 q1"));
}

TEST_F(broker_sessions, publishes_a_will_with_its_qos_and_payload_MQTT_3_1_2_9) {
  auto& watcher = watch("w");
  const std::string_view texts[] = {"zero", "", "two"};
  for (int q = 0; q <= 2; ++q) {
    bench.arrive(with_will("lost", texts[q], q)).drop();
    bench.settle();
  }
  EXPECT_THAT(watcher.messages(), ElementsAre("w=zero q0", "w= q1", "w=two q2"));
}

TEST_F(broker_sessions, publishes_a_will_when_a_violation_ends_the_link_MQTT_3_1_2_8) {
  auto& watcher = watch("w");
  raw_guest raw{bench.world.home(), bench.at.front()};
  raw.write("10 14 0004 'MQTT' 04 06 0000 0001 'v' 0001 'w' 0002 'no'");
  raw.write("30 01 00"); // a PUBLISH that is none
  bench.settle();
  EXPECT_TRUE(raw.closed);
  EXPECT_THAT(watcher.messages(), ElementsAre("w=no q0"));
}

TEST_F(broker_sessions, publishes_no_will_for_a_connection_without_one_MQTT_3_1_2_12) {
  auto& watcher = watch("w");
  // One will that was published and one that was discarded, of clients that come back without.
  bench.arrive(with_will("lost", "gone")).drop();
  bench.settle();
  bench.arrive(with_will("polite", "gone")).disconnect();
  bench.settle();
  EXPECT_THAT(watcher.messages(), ElementsAre("w=gone q1"));
  for (const std::string_view id : {"lost", "polite", "new"}) {
    for (const bool clean : {false, true}) {
      bench.arrive(id, clean).drop();
      bench.settle();
    }
  }
  EXPECT_THAT(watcher.messages(), IsEmpty());
  EXPECT_EQ(bench.count(bench.twin->counters().wills_published), 1U);
}

TEST_F(broker_sessions, publishes_a_will_once_MQTT_3_1_2_10) {
  auto& watcher = watch("w");
  auto first = with_will("kept", "gone");
  first.clean_session = false; // the session stays, the will does not
  bench.arrive(first).drop();
  bench.settle();
  EXPECT_THAT(watcher.messages(), ElementsAre("w=gone q1"));
  auto& again = bench.arrive("kept", false);
  EXPECT_TRUE(again.saw("connected, session present"));
  again.drop();
  bench.settle(std::chrono::minutes{10});
  EXPECT_THAT(watcher.messages(), IsEmpty());
}

TEST_F(broker_sessions, publishes_no_will_of_a_client_it_refused_MQTT_3_1_2_8) {
  auto& watcher = watch("w");
  EXPECT_TRUE(bench.arrive(with_will("no+", "gone")).saw("refused 2"));
  bench.settle();
  EXPECT_THAT(watcher.messages(), IsEmpty());
}

TEST_F(broker_sessions, processes_nothing_behind_a_refused_connect_MQTT_3_1_4_5) {
  auto& watcher = watch("#");
  raw_guest raw{bench.world.home(), bench.at.front()};
  raw.write("10 0d 0004 'MQTT' 04 02 003c 0001 '#'  30 05 0001 't' 'no'  c0 00");
  bench.settle();
  EXPECT_EQ(hex(raw.received.view()), "20 02 00 02");
  EXPECT_TRUE(raw.closed); // [MQTT-3.2.2-5]
  EXPECT_THAT(watcher.messages(), IsEmpty());
}

TEST(broker_refusals, close_the_link_after_each_code_MQTT_3_2_2_5) {
  cloud::twin_options o = twin_bench::of(profile::mqtt);
  o.limits.sessions_max = 1;
  o.open.users = {{"ann", "secret"}};
  twin_bench bench{std::move(o)};
  bench.arrive("first");
  const std::pair<std::string_view, std::string_view> refusals[] = {
      {"10 0d 0004 'MQTT' 05 02 003c 0001 'a'", "20 02 00 01"},
      {"10 0c 0004 'MQTT' 04 00 003c 0000", "20 02 00 02"},
      {"10 0d 0004 'MQTT' 04 02 003c 0001 'b'", "20 02 00 03"},
      {"10 15 0004 'MQTT' 04 c2 003c 0001 'c' 0003 'ann' 0001 'x'", "20 02 00 04"},
  };
  for (const auto& [connect, connack] : refusals) {
    raw_guest raw{bench.world.home(), bench.at.front()};
    raw.write(connect);
    bench.settle();
    EXPECT_EQ(hex(raw.received.view()), connack); // [MQTT-3.2.2-4]: session present is 0
    EXPECT_TRUE(raw.closed) << connack;
  }
  cloud::twin_options shut = twin_bench::of(profile::mqtt);
  shut.open.anonymous = false;
  twin_bench guarded{std::move(shut)};
  raw_guest raw{guarded.world.home(), guarded.at.front()};
  raw.write("10 0d 0004 'MQTT' 04 02 003c 0001 'a'");
  guarded.settle();
  EXPECT_EQ(hex(raw.received.view()), "20 02 00 05");
  EXPECT_TRUE(raw.closed);
}

// [MQTT-3.1.4-1], [MQTT-3.2.2-6]: no CONNACK, and the link is really closed, not just ignored.
TEST_F(broker_sessions, closes_without_a_word_on_a_connect_that_is_none_MQTT_3_1_4_1) {
  for (const std::string_view connect : {
           "11 0d 0004 'MQTT' 04 02 0000 0001 'a'",                   // 2.2.2-2: flags
           "10 0d 0004 'mqtt' 04 02 0000 0001 'a'",                   // 3.1.2-1: name
           "10 0d 0004 'MQTT' 04 03 0000 0001 'a'",                   // 3.1.2-3: reserved flag
           "10 0d 0004 'MQTT' 04 0a 0000 0001 'a'",                   // 3.1.2-11, -13: will QoS
           "10 0d 0004 'MQTT' 04 22 0000 0001 'a'",                   // 3.1.2-11, -15: will retain
           "10 13 0004 'MQTT' 04 1e 0000 0001 'a' 0001 'w' 0001 'm'", // 3.1.2-14: will QoS 3
           "10 0d 0004 'MQTT' 04 06 0000 0001 'a'",                   // 3.1.2-9: no will there
           "10 10 0004 'MQTT' 04 02 0000 0001 'a' 0001 'u'",          // 3.1.2-18: a name too many
           "10 0d 0004 'MQTT' 04 82 0000 0001 'a'",                   // 3.1.2-19: no name there
           "10 13 0004 'MQTT' 04 82 0000 0001 'a' 0001 'u' 0001 'p'", // 3.1.2-20: a password too
                                                                      // many
           "10 10 0004 'MQTT' 04 c2 0000 0001 'a' 0001 'u'",          // 3.1.2-21: no password there
           "10 10 0004 'MQTT' 04 42 0000 0001 'a' 0001 'p'",          // 3.1.2-22: password alone
           "10 0a 0004 'MQTT' 04 02 0000",                            // 3.1.3-3: no identifier
           "10 0d 0004 'MQTT' 04 02 0000 0001 ff",                    // 3.1.3-4: its UTF-8
           "10 13 0004 'MQTT' 04 06 0000 0001 'a' 0001 ff 0001 'm'",  // 3.1.3-10: the will topic's
           "10 10 0004 'MQTT' 04 82 0000 0001 'a' 0001 ff",           // 3.1.3-11: the user name's
       }) {
    raw_guest raw{bench.world.home(), bench.at.front()};
    raw.write(connect);
    bench.settle();
    EXPECT_TRUE(raw.closed) << connect;
    EXPECT_EQ(hex(raw.received.view()), "") << connect;
  }
  EXPECT_EQ(bench.count(bench.twin->counters().sessions), 0U);
}

TEST_F(broker_sessions, closes_on_a_violation_and_spares_the_others_MQTT_4_8_0_1) {
  auto& watcher = watch("#");
  for (const std::string_view wrong : {
           "00 00",                                 // 2.2.1: no such packet
           "36 05 0001 't' 0001",                   // 3.3.1-4: QoS 3
           "38 03 0001 't'",                        // 3.3.1-2: DUP at QoS 0
           "32 05 0001 't' 0000",                   // 2.3.1-1: id 0
           "30 05 0003 'a/+'",                      // 3.3.2-2, 4.7.1-1: wildcard
           "30 02 0000",                            // 4.7.3-1: empty
           "30 05 0003 ed a0 80",                   // 1.5.3-1: surrogate
           "30 05 0003 'a' 00 'b'",                 // 1.5.3-2, 4.7.3-2: U+0000
           "60 02 0001",                            // 3.6.1-1
           "80 06 0001 0001 't' 00",                // 3.8.1-1
           "82 06 0001 0001 ff 00",                 // 3.8.3-1
           "82 02 0001",                            // 3.8.3-3
           "82 06 0001 0001 't' 03",                // 3.8.3-4
           "82 08 0001 0003 'a#b' 00",              // 4.7.1-2
           "82 07 0001 0002 'a+' 00",               // 4.7.1-3
           "a0 05 0001 0001 't'",                   // 3.10.1-1
           "a2 05 0001 0001 ff",                    // 3.10.3-1
           "a2 02 0001",                            // 3.10.3-2
           "e1 00",                                 // 3.14.1-1
           "10 0d 0004 'MQTT' 04 02 0000 0001 'v'", // 3.1.0-2
       }) {
    raw_guest raw{bench.world.home(), bench.at.front()};
    raw.write("10 0d 0004 'MQTT' 04 02 0000 0001 'v'");
    raw.write(wrong);
    raw.write("30 05 0001 't' 'no'");
    bench.settle();
    EXPECT_TRUE(raw.closed) << wrong;
    EXPECT_EQ(hex(raw.received.view()), "20 02 00 00") << wrong;
  }
  EXPECT_THAT(watcher.messages(), IsEmpty());
  EXPECT_FALSE(watcher.closed);
}

TEST(broker_limits, closes_on_what_it_cannot_hold_MQTT_4_8_0_2) {
  cloud::twin_options o = twin_bench::of(profile::mqtt);
  o.limits.mqtt.incoming_qos2_max = 2;
  twin_bench bench{std::move(o)};
  raw_guest raw{bench.world.home(), bench.at.front()};
  raw.write("10 0d 0004 'MQTT' 04 02 0000 0001 'v'");
  raw.write("34 05 0001 't' 0001 34 05 0001 't' 0002");
  bench.settle();
  EXPECT_FALSE(raw.closed);
  raw.write("34 05 0001 't' 0003");
  bench.settle();
  EXPECT_TRUE(raw.closed);
  EXPECT_EQ(hex(raw.received.view()), "20 02 00 00 50 02 00 01 50 02 00 02");
}

} // namespace
} // namespace fleet
