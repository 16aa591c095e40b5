// What the client keeps from one connection to the next, and what time does to it: resuming,
// resending, pinging, the vendor SDK's ways.
#include <gtest/gtest.h>

#include "tests/support/mqtt_rigs.hpp"

namespace fleet::mqtt::test {
namespace {

using namespace std::chrono_literals;
using enum qos;

/// A break, and a new connection on which the server knows the session.
lines resume(client_rig& rig, bool session_present = true) {
  rig.machine.lost();
  rig.sent();
  return rig.open(false, session_present);
}

// [MQTT-4.4.0-1], [MQTT-2.3.1-3], [MQTT-3.3.1-1], [MQTT-4.6.0-1], [MQTT-3.1.2-4].
TEST(mqtt_client, resends_unacknowledged_publishes_after_resume) {
  client_rig rig;
  rig.open(false);
  rig.publish(at_least_once, 1);
  rig.publish(exactly_once, 2);
  rig.publish(at_least_once, 3);
  rig.publish(at_least_once, 4);
  rig.feed("40 02 00 03");
  EXPECT_EQ(resume(rig), (lines{"connected, session present", "resent id1 cookie1 on resume",
                                "resent id2 cookie2 on resume", "resent id4 cookie4 on resume"}));
  EXPECT_EQ(rig.sent(), (lines{"PUBLISH t=1 q1 id1 dup", "PUBLISH t=2 q2 id2 dup",
                               "PUBLISH t=4 q1 id4 dup"}));
  EXPECT_EQ(rig.feed("40 02 00 01"), lines{"acknowledged id1 cookie1 resent"});
}

// [MQTT-4.3.3-1], [MQTT-4.6.0-4]: no PUBLISH again after PUBREL; PUBRELs in the order of PUBRECs.
TEST(mqtt_client, resends_pubrel_in_the_order_of_the_pubrecs) {
  client_rig rig;
  rig.open(false);
  for (std::uint64_t cookie = 1; cookie <= 3; ++cookie) {
    rig.publish(exactly_once, cookie);
  }
  rig.feed("50 02 00 03 50 02 00 01");
  EXPECT_EQ(rig.machine.unacknowledged(), (std::vector<std::uint64_t>{1, 2, 3}));
  EXPECT_EQ(resume(rig), (lines{"connected, session present", "resent id2 cookie2 on resume"}));
  EXPECT_EQ(rig.sent(), (lines{"PUBREL 3", "PUBREL 1", "PUBLISH t=2 q2 id2 dup"}));
}

// What the server would throw away now waits: not resent by time nor on resuming, until released,
// each owner's in its order ([MQTT-4.6.0-1]).
TEST(mqtt_client, holds_resends_until_they_are_released) {
  client_rig rig;
  rig.open(false);
  for (const std::uint64_t cookie : {1, 21, 11, 12, 22}) {
    rig.publish(at_least_once, cookie);
  }
  rig.machine.hold({10, 19});
  rig.machine.hold({20, 29});
  EXPECT_EQ(rig.timeout_after(10s), lines{"resent id1 cookie1"});
  EXPECT_EQ(resume(rig), (lines{"connected, session present", "resent id1 cookie1 on resume"}));
  EXPECT_EQ(rig.sent(), lines{"PUBLISH t=1 q1 id1 dup"});
  EXPECT_EQ(rig.timeout_after(10s), lines{"resent id1 cookie1"});
  rig.sent();
  rig.machine.release({10, 19}, rig.now, rig.out);
  EXPECT_EQ(rig.drain(), (lines{"resent id3 cookie11 on resume", "resent id4 cookie12 on resume"}));
  EXPECT_EQ(rig.sent(), (lines{"PUBLISH t=11 q1 id3 dup", "PUBLISH t=12 q1 id4 dup"}));
  rig.feed("40 02 00 01 40 02 00 03");
  EXPECT_EQ(rig.timeout_after(10s), lines{"resent id4 cookie12"});
  rig.feed("40 02 00 04");
  EXPECT_EQ(rig.timeout_after(10s), lines{});
  EXPECT_EQ(rig.machine.next_timeout(), never) << "what is held is not waited for";
  EXPECT_EQ(rig.machine.in_flight(), 2U);
  resume(rig, false);
  rig.machine.release({20, 29}, rig.now, rig.out);
  EXPECT_EQ(rig.sent(), (lines{"PUBLISH t=21 q1 id2", "PUBLISH t=22 q1 id5"}))
      << "new to a server that forgot the session";
}

TEST(mqtt_client, takes_an_acknowledgement_of_what_is_held) {
  client_rig rig;
  rig.open(false);
  rig.publish(at_least_once, 1);
  rig.publish(exactly_once, 2);
  rig.machine.hold({0, 9});
  EXPECT_EQ(rig.feed("40 02 00 01 50 02 00 02 70 02 00 02"),
            (lines{"acknowledged id1 cookie1", "acknowledged id2 cookie2"}));
  EXPECT_EQ(rig.machine.in_flight(), 0U);
}

// A packet id that may still be answered is not free for another message, which would be taken for
// the abandoned one ([MQTT-2.3.1-3], [MQTT-4.3.3-2]).
TEST(mqtt_client, abandons_what_nobody_can_acknowledge_any_more) {
  client_rig rig;
  rig.open(false);
  rig.publish(at_least_once, 1);
  rig.publish(exactly_once, 2);
  rig.publish(at_least_once, 3);
  rig.publish(at_least_once, 11);
  rig.machine.hold({0, 9});
  EXPECT_EQ(rig.machine.abandon({0, 9}), 0U) << "PUBACK may be on its way";
  resume(rig);
  EXPECT_EQ(rig.machine.abandon({3, 9}), 1U);
  EXPECT_EQ(rig.machine.abandon({0, 19}), 1U) << "neither QoS 2 nor what is not held";
  EXPECT_EQ(rig.machine.unacknowledged(), (std::vector<std::uint64_t>{2, 11}));
  resume(rig, false);
  EXPECT_EQ(rig.machine.abandon({0, 19}), 1U) << "the server knows no QoS 2 message any more";
  EXPECT_EQ(rig.machine.unacknowledged(), std::vector<std::uint64_t>{11});
}

// A message whose acknowledgement the server forgot goes out as a new one; none is lost.
TEST(mqtt_client, sends_unacknowledged_publishes_as_new_when_the_server_forgot_the_session) {
  client_rig rig;
  rig.open(false);
  rig.publish(at_least_once, 1);
  rig.publish(exactly_once, 2);
  rig.publish(exactly_once, 3);
  rig.feed("50 02 00 03");
  EXPECT_EQ(resume(rig, false), (lines{"connected", "resent id1 cookie1 on resume",
                                       "resent id2 cookie2 on resume"}));
  EXPECT_EQ(rig.sent(), (lines{"PUBREL 3", "PUBLISH t=1 q1 id1", "PUBLISH t=2 q2 id2"}));
  EXPECT_EQ(rig.feed("40 02 00 01 70 02 00 03"),
            (lines{"acknowledged id1 cookie1 resent", "acknowledged id3 cookie3"}));
}

TEST(mqtt_client, clears_dup_again_when_the_server_forgot_the_session_after_all) {
  client_rig rig;
  rig.open(false);
  rig.publish(at_least_once, 1);
  resume(rig);
  EXPECT_EQ(rig.sent(), lines{"PUBLISH t=1 q1 id1 dup"});
  resume(rig, false);
  EXPECT_EQ(rig.sent(), lines{"PUBLISH t=1 q1 id1"});
}

// [MQTT-4.3.3-2] across connections.
TEST(mqtt_client, remembers_delivered_qos_2_messages_across_connections) {
  client_rig rig;
  rig.open(false);
  EXPECT_EQ(rig.feed("34 05 00 01 't' 00 06"), lines{"arrived t= q2 id6"});
  resume(rig);
  EXPECT_EQ(rig.feed("3c 05 00 01 't' 00 06"), lines{});
  EXPECT_EQ(rig.sent(), lines{"PUBREC 6"});
  resume(rig, false); // the server starts afresh: the id means another message
  EXPECT_EQ(rig.feed("34 05 00 01 't' 00 06"), lines{"arrived t= q2 id6"});
}

// [MQTT-3.1.2-6].
TEST(mqtt_client, forgets_everything_with_a_clean_session) {
  client_rig rig;
  rig.open(true);
  rig.publish(at_least_once, 1);
  rig.publish(exactly_once, 2);
  rig.feed("50 02 00 02 34 05 00 01 't' 00 06");
  EXPECT_EQ(rig.machine.unacknowledged().size(), 2U);
  rig.machine.lost();
  EXPECT_EQ(rig.machine.in_flight(), 0U);
  rig.sent();
  EXPECT_EQ(rig.open(true), lines{"connected"});
  EXPECT_EQ(rig.sent(), lines{});
  EXPECT_EQ(rig.feed("34 05 00 01 't' 00 06"), lines{"arrived t= q2 id6"});
}

TEST(mqtt_client, a_clean_session_ends_a_kept_one) {
  client_rig rig;
  rig.open(false);
  rig.publish(at_least_once, 1);
  rig.machine.lost();
  EXPECT_EQ(rig.machine.in_flight(), 1U);
  rig.open(true);
  EXPECT_EQ(rig.machine.in_flight(), 0U);
}

// MQTT 3.1 has no session-present flag: the session counts as kept.
TEST(mqtt_client, resumes_a_session_of_3_1_without_being_told) {
  client_rig rig;
  rig.wire_version = version::v3_1;
  rig.open(false);
  rig.publish(exactly_once, 1);
  rig.publish(at_least_once, 2);
  rig.feed("50 02 00 01");
  resume(rig, false);
  EXPECT_EQ(rig.sent(), (lines{"PUBREL dup 1", "PUBLISH t=2 q1 id2 dup"}));
}

TEST(mqtt_client, ignores_the_unused_octet_of_a_3_1_connack) {
  client_rig rig;
  rig.wire_version = version::v3_1;
  connect_fields c;
  c.version = version::v3_1;
  c.client_id = "d";
  rig.machine.start(c, rig.now, rig.out);
  EXPECT_EQ(rig.feed("20 02 ff 00"), lines{"connected"});
}

TEST(mqtt_client, resends_with_dup_and_the_same_id_after_the_resend_time) {
  client_rig rig;
  rig.open();
  rig.publish(at_least_once, 1);
  rig.advance(4s);
  rig.publish(exactly_once, 2);
  rig.publish(exactly_once, 3);
  rig.feed("50 02 00 03");
  rig.sent();
  EXPECT_EQ(rig.machine.next_timeout(), time_point{10s});
  EXPECT_EQ(rig.timeout_after(6s - 1ns), lines{});
  EXPECT_EQ(rig.timeout_after(1ns), lines{"resent id1 cookie1"});
  EXPECT_EQ(rig.sent(), lines{"PUBLISH t=1 q1 id1 dup"});
  EXPECT_EQ(rig.machine.next_timeout(), time_point{14s});
  EXPECT_EQ(rig.next_timeout(), lines{"resent id2 cookie2"});
  EXPECT_EQ(rig.sent(), (lines{"PUBREL 3", "PUBLISH t=2 q2 id2 dup"}));
  EXPECT_EQ(rig.next_timeout(), lines{"resent id1 cookie1"}); // and again, at 20 s
  EXPECT_EQ(rig.now, time_point{20s});
}

TEST(mqtt_client, resends_subscribe_and_unsubscribe_after_the_resend_time) {
  client_rig rig;
  rig.open();
  const filter_request one{"a", at_least_once};
  const std::string_view filter = "b";
  EXPECT_TRUE(rig.machine.subscribe({&one, 1}, rig.now, rig.out).ok());
  EXPECT_TRUE(rig.machine.unsubscribe({&filter, 1}, rig.now, rig.out).ok());
  rig.sent();
  EXPECT_EQ(rig.timeout_after(10s), lines{});
  EXPECT_EQ(rig.sent(), (lines{"SUBSCRIBE 1 a:1", "UNSUBSCRIBE 2 b"}));
  EXPECT_EQ(rig.feed("90 03 00 01 01 b0 02 00 02"),
            (lines{"subscribed id1 [01]", "unsubscribed id2"}));
  rig.next_timeout();
  EXPECT_EQ(rig.sent(), lines{});
}

TEST(mqtt_client, wakes_for_no_resend_when_all_is_acknowledged) {
  client_rig rig;
  rig.open();
  rig.publish(at_least_once);
  rig.feed("40 02 00 01");
  EXPECT_EQ(rig.machine.next_timeout(), never);
}

// [MQTT-3.1.2-23]: a packet within each keep-alive; any packet will do.
TEST(mqtt_client, pings_when_nothing_was_sent_for_a_keep_alive) {
  client_rig rig;
  rig.open(true, false, 60);
  rig.advance(30s);
  rig.feed("30 04 00 01 't' 'x'");
  rig.publish(at_most_once);
  EXPECT_EQ(rig.machine.next_timeout(), time_point{90s});
  rig.sent();
  EXPECT_EQ(rig.timeout_after(60s - 1ns), lines{});
  EXPECT_EQ(rig.sent(), lines{});
  EXPECT_EQ(rig.timeout_after(1ns), lines{});
  EXPECT_EQ(rig.sent(), lines{"PINGREQ"});
  EXPECT_EQ(rig.feed("d0 00"), lines{});
  EXPECT_EQ(rig.machine.next_timeout(), time_point{150s});
}

TEST(mqtt_client, counts_an_acknowledgement_as_sign_of_life) {
  client_rig rig;
  rig.open(true, false, 60);
  rig.advance(30s);
  rig.feed("32 05 00 01 't' 00 01");
  EXPECT_EQ(rig.machine.next_timeout(), time_point{90s});
}

// 3.1.2.10.
TEST(mqtt_client, leaves_when_pingresp_is_missing) {
  client_rig rig;
  rig.open(true, false, 60);
  rig.timeout_after(60s);
  EXPECT_EQ(rig.machine.next_timeout(), time_point{70s});
  rig.advance(5s);
  rig.publish(at_most_once); // other traffic is no answer
  rig.sent();
  EXPECT_EQ(rig.timeout_after(5s), lines{describe(violation::ping_unanswered)});
  EXPECT_EQ(rig.sent(), lines{});
}

// What goes into a half-open connection keeps it busy, and nobody answers QoS 0.
TEST(mqtt_client, asks_whether_anybody_is_there_when_nothing_was_heard_for_a_keep_alive) {
  client_rig rig;
  rig.open(true, false, 60);
  for (int i = 0; i < 5; ++i) {
    rig.advance(10s);
    rig.publish(at_most_once);
  }
  rig.sent();
  EXPECT_EQ(rig.machine.next_timeout(), time_point{60s});
  EXPECT_EQ(rig.timeout_after(10s), lines{});
  EXPECT_EQ(rig.sent(), lines{"PINGREQ"});
  rig.publish(at_most_once);
  EXPECT_EQ(rig.machine.next_timeout(), time_point{70s});
  EXPECT_EQ(rig.timeout_after(10s), lines{describe(violation::ping_unanswered)});
}

TEST(mqtt_client, leaves_a_server_that_answers_no_subscribe_and_no_ping) {
  client_rig rig;
  rig.open(true, false, 30);
  const filter_request one{"a", at_least_once};
  EXPECT_TRUE(rig.machine.subscribe({&one, 1}, rig.now, rig.out).ok());
  EXPECT_EQ(rig.timeout_after(10s), lines{});
  EXPECT_EQ(rig.timeout_after(10s), lines{});
  rig.sent();
  EXPECT_EQ(rig.timeout_after(10s), lines{});
  EXPECT_EQ(rig.sent(), (lines{"PINGREQ", "SUBSCRIBE 1 a:1"}));
  EXPECT_EQ(rig.timeout_after(10s), lines{describe(violation::ping_unanswered)});
}

// A device that reports more often than its keep-alive and hears others' messages has no ping due.
TEST(mqtt_client, asks_whether_anybody_is_there_when_a_repeat_is_not_answered_either) {
  client_rig rig;
  rig.open(true, false, 60);
  rig.publish(at_least_once, 1);
  rig.sent();
  rig.timeout_after(10s);
  EXPECT_EQ(rig.sent(), lines{"PUBLISH t=1 q1 id1 dup"});
  rig.timeout_after(10s);
  EXPECT_EQ(rig.sent(), (lines{"PUBLISH t=1 q1 id1 dup", "PINGREQ"}));
  EXPECT_EQ(rig.timeout_after(10s), lines{describe(violation::ping_unanswered)});
}

TEST(mqtt_client, stays_where_only_acknowledgements_are_missing) {
  client_rig rig;
  rig.open(true, false, 60);
  rig.publish(at_least_once, 1);
  for (int repeats = 1; repeats <= 10; ++repeats) {
    EXPECT_EQ(rig.timeout_after(10s), lines{"resent id1 cookie1"}) << repeats;
    rig.feed("d0 00");
  }
}

TEST(mqtt_client, never_pings_without_keep_alive) {
  client_rig rig;
  rig.open();
  EXPECT_EQ(rig.machine.next_timeout(), never);
  rig.timeout_after(24h);
  EXPECT_EQ(rig.sent(), lines{});
}

// aliyun-iot.md §8.2: PINGREQ each interval whatever was sent; three without answer are the end.
TEST(mqtt_client, pings_as_the_sdk_regardless_of_traffic) {
  client_rig rig{sdk_behaviour()};
  rig.open(true, false, 60);
  rig.advance(59s);
  rig.publish(at_most_once);
  rig.sent();
  for (int ping = 1; ping <= 3; ++ping) {
    EXPECT_EQ(rig.next_timeout(), lines{});
    EXPECT_EQ(rig.now, time_point{60s * ping});
    EXPECT_EQ(rig.sent(), lines{"PINGREQ"});
  }
  EXPECT_EQ(rig.next_timeout(), lines{describe(violation::ping_unanswered)});
  EXPECT_EQ(rig.now, time_point{240s});
}

TEST(mqtt_client, one_pingresp_clears_all_pings_of_the_sdk) {
  client_rig rig{sdk_behaviour()};
  rig.open(true, false, 60);
  rig.next_timeout();
  rig.next_timeout();
  rig.next_timeout();
  rig.feed("d0 00");
  EXPECT_EQ(rig.next_timeout(), lines{});
  EXPECT_EQ(rig.next_timeout(), lines{});
  EXPECT_EQ(rig.next_timeout(), lines{});
  EXPECT_EQ(rig.next_timeout(), lines{describe(violation::ping_unanswered)});
}

// aliyun-iot.md §8.2: byte-identical after four seconds, also on a new connection.
TEST(mqtt_client, resends_as_the_sdk_without_dup) {
  client_rig rig{sdk_behaviour()};
  rig.open(false);
  rig.publish(at_least_once, 1);
  const std::string first = hex(rig.out.view());
  rig.out.clear();
  EXPECT_EQ(rig.timeout_after(4s), lines{"resent id1 cookie1"});
  EXPECT_EQ(hex(rig.out.view()), first);
  resume(rig);
  EXPECT_EQ(hex(rig.out.view()), first);
}

TEST(mqtt_client, reports_unanswered_requests_of_the_sdk_as_timed_out) {
  client_rig rig{sdk_behaviour()};
  rig.open(false);
  const filter_request one{"a", at_least_once};
  const std::string_view filter = "b";
  EXPECT_TRUE(rig.machine.subscribe({&one, 1}, rig.now, rig.out).ok());
  EXPECT_TRUE(rig.machine.unsubscribe({&filter, 1}, rig.now, rig.out).ok());
  rig.sent();
  EXPECT_EQ(rig.timeout_after(4s), (lines{"timed out id1", "timed out id2"}));
  EXPECT_EQ(rig.sent(), lines{});
  EXPECT_EQ(rig.machine.next_timeout(), never);
}

TEST(mqtt_client, has_twenty_messages_in_flight_as_the_sdk) {
  client_rig rig{sdk_behaviour()};
  rig.open();
  for (int i = 0; i < 20; ++i) {
    rig.publish(at_least_once);
  }
  EXPECT_EQ(rig.machine.publish({"t", {}, at_least_once}, rig.now, 0, rig.now, rig.out).error(),
            publish_error::window_full);
}

} // namespace
} // namespace fleet::mqtt::test
