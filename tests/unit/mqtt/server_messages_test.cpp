// The server machine's messages in both directions, and the session that outlives a connection.
#include <gtest/gtest.h>

#include "tests/support/mqtt_rigs.hpp"

namespace fleet::mqtt::test {
namespace {

using namespace std::chrono_literals;
using enum qos;

// [MQTT-4.3.1-1], [MQTT-4.3.2-2], [MQTT-4.3.3-2], [MQTT-3.3.4-1], [MQTT-2.3.1-6].
TEST(mqtt_server, acknowledges_each_publish_by_its_qos) {
  server_rig rig;
  rig.open();
  rig.sent();
  EXPECT_EQ(rig.feed("31 04 00 01 't' 'a' 32 06 00 01 't' 00 05 'b' 34 06 00 01 't' 00 06 'c'"),
            (lines{"published t=a q0 retain", "published t=b q1 id5", "published t=c q2 id6"}));
  EXPECT_EQ(rig.sent(), (lines{"PUBACK 5", "PUBREC 6"}));
  EXPECT_EQ(rig.feed("62 02 00 06"), lines{});
  EXPECT_EQ(rig.sent(), lines{"PUBCOMP 6"});
}

// [MQTT-4.6.0-2], [MQTT-4.6.0-3].
TEST(mqtt_server, acknowledges_in_the_order_of_arrival) {
  server_rig rig;
  rig.open();
  rig.sent();
  rig.feed("32 05 00 01 't' 00 09 34 05 00 01 't' 00 03 "
           "32 05 00 01 't' 00 04 34 05 00 01 't' 00 01");
  EXPECT_EQ(rig.sent(), (lines{"PUBACK 9", "PUBREC 3", "PUBACK 4", "PUBREC 1"}));
}

// [MQTT-4.3.3-2], [MQTT-1.5.3-3].
TEST(mqtt_server, tells_a_repeated_qos_2_publish_once) {
  server_rig rig;
  rig.open();
  rig.sent();
  EXPECT_EQ(rig.feed("34 05 00 01 't' 00 06 3c 05 00 01 't' 00 06 34 05 00 01 't' 00 06"),
            lines{"published t= q2 id6"});
  EXPECT_EQ(rig.sent(), (lines{"PUBREC 6", "PUBREC 6", "PUBREC 6"}));
  EXPECT_EQ(rig.feed("62 02 00 06 62 02 00 06 34 05 00 01 't' 00 06"),
            lines{"published t= q2 id6"});
  EXPECT_EQ(rig.sent(), (lines{"PUBCOMP 6", "PUBCOMP 6", "PUBREC 6"}));
}

TEST(mqtt_server, tells_a_repeated_qos_1_publish_each_time) {
  server_rig rig;
  rig.open();
  EXPECT_EQ(rig.feed("32 05 00 01 't' 00 06 3a 05 00 01 't' 00 06"),
            (lines{"published t= q1 id6", "published t= q1 id6 dup"}));
}

// [MQTT-4.3.3-2] across connections; [MQTT-3.1.2-4].
TEST(mqtt_server, remembers_told_qos_2_publishes_across_connections) {
  server_rig rig;
  rig.open();
  EXPECT_EQ(rig.feed("34 05 00 01 't' 00 06"), lines{"published t= q2 id6"});
  rig.reconnect();
  rig.open();
  rig.sent();
  EXPECT_EQ(rig.feed("3c 05 00 01 't' 00 06 62 02 00 06"), lines{});
  EXPECT_EQ(rig.sent(), (lines{"PUBREC 6", "PUBCOMP 6"}));
}

TEST(mqtt_server, acknowledges_and_keeps_nothing_of_a_publish_beyond_its_greatest_qos) {
  server_limits limits;
  limits.publish_max = at_least_once;
  server_rig rig{limits};
  rig.open();
  EXPECT_EQ(rig.feed("32 05 00 01 't' 00 05"), lines{"published t= q1 id5"});
  EXPECT_EQ(rig.sent(), (lines{"CONNACK flags0 code0", "PUBACK 5"}));
  EXPECT_EQ(rig.feed("34 05 00 01 't' 00 06"), lines{describe(violation::bad_qos)});
  EXPECT_EQ(rig.sent(), lines{});
}

TEST(mqtt_server, leaves_a_client_that_never_releases_its_qos_2_publishes) {
  server_limits limits;
  limits.incoming_qos2_max = 2;
  server_rig rig{limits};
  rig.open();
  EXPECT_EQ(rig.feed("34 05 00 01 't' 00 01 34 05 00 01 't' 00 02").size(), 2U);
  EXPECT_EQ(rig.feed("34 05 00 01 't' 00 01"), lines{});
  EXPECT_EQ(rig.feed("34 05 00 01 't' 00 03"), lines{describe(violation::too_many_pending)});
}

// [MQTT-4.3.1-1], [MQTT-4.3.2-1], [MQTT-4.3.3-1], [MQTT-2.3.1-4], [MQTT-2.3.1-5], [MQTT-3.3.1-1].
TEST(mqtt_server, delivers_each_message_by_its_qos) {
  server_rig rig;
  rig.open();
  rig.sent();
  EXPECT_EQ(rig.deliver(at_most_once, 10), deliver_outcome::sent);
  EXPECT_EQ(rig.deliver(at_least_once, 11), deliver_outcome::sent);
  EXPECT_EQ(rig.deliver(exactly_once, 12, true), deliver_outcome::sent);
  rig.machine.deliver_now("n", as_bytes("13"), false, rig.out);
  EXPECT_EQ(rig.sent(), (lines{"PUBLISH t=10 q0", "PUBLISH t=11 q1 id1",
                               "PUBLISH t=12 q2 id2 retain", "PUBLISH n=13 q0"}));
  EXPECT_EQ(rig.kept.pending_cookies(), (std::vector<std::uint64_t>{11, 12}));
  EXPECT_EQ(rig.feed("40 02 00 01"), lines{"acknowledged cookie11"});
  EXPECT_EQ(rig.feed("50 02 00 02"), lines{});
  EXPECT_EQ(rig.kept.pending(), 1U);
  EXPECT_EQ(rig.sent(), lines{"PUBREL 2"});
  EXPECT_EQ(rig.feed("70 02 00 02"), lines{"acknowledged cookie12"});
  EXPECT_EQ(rig.kept.pending(), 0U);
}

TEST(mqtt_server, gives_back_when_each_message_was_due) {
  for (const auto q : {at_least_once, exactly_once}) {
    server_rig rig;
    rig.open();
    for (const std::uint64_t n : {1U, 2U}) {
      rig.machine.deliver(std::make_shared<const stored_message>(
                              stored_message{"t", {}, n, time_point{duration{10 * n}}}),
                          q, false, rig.now, rig.out);
    }
    rig.deliver(q, 3); // nobody asks
    if (q == exactly_once) {
      EXPECT_EQ(rig.feed("50 02 00 01  50 02 00 02  50 02 00 03"), lines{});
    }
    EXPECT_EQ(rig.feed(q == exactly_once ? "70 02 00 02  70 02 00 01  70 02 00 03"
                                         : "40 02 00 02  40 02 00 01  40 02 00 03"),
              (lines{"acknowledged cookie2 due20", "acknowledged cookie1 due10",
                     "acknowledged cookie3"}));
  }
}

// Late repeats are harmless, the wrong kind is not.
TEST(mqtt_server, tells_late_acknowledgements_from_wrong_ones) {
  {
    server_rig rig;
    rig.open();
    rig.sent();
    EXPECT_EQ(rig.feed("40 02 00 07 70 02 00 07"), lines{});
    EXPECT_EQ(rig.sent(), lines{});
    EXPECT_EQ(rig.feed("50 02 00 07 62 02 00 07"), lines{});
    EXPECT_EQ(rig.sent(), (lines{"PUBREL 7", "PUBCOMP 7"}));
  }
  const auto after = [](qos q, std::string_view answer) {
    server_rig rig;
    rig.open();
    rig.deliver(q, 1);
    return rig.feed(answer);
  };
  const lines wrong{describe(violation::unexpected_ack)};
  EXPECT_EQ(after(exactly_once, "40 02 00 01"), wrong);
  EXPECT_EQ(after(at_least_once, "50 02 00 01"), wrong);
  EXPECT_EQ(after(at_least_once, "70 02 00 01"), wrong);
  EXPECT_EQ(after(exactly_once, "70 02 00 01"), wrong);
  EXPECT_EQ(after(exactly_once, "50 02 00 01 40 02 00 01"), wrong);
  EXPECT_EQ(after(exactly_once, "50 02 00 01 50 02 00 01 70 02 00 01 70 02 00 01"),
            lines{"acknowledged cookie1"});
}

// [MQTT-4.6.0-6]: what waits behind the window goes out in order, as the window opens.
TEST(mqtt_server, queues_behind_the_window_and_drops_beyond_the_queue) {
  server_limits limits;
  limits.in_flight_max = 2;
  limits.queue_max = 2;
  server_rig rig{limits};
  rig.open();
  rig.sent();
  EXPECT_EQ(rig.deliver(at_least_once, 1), deliver_outcome::sent);
  EXPECT_EQ(rig.deliver(exactly_once, 2), deliver_outcome::sent);
  EXPECT_EQ(rig.deliver(at_least_once, 3), deliver_outcome::queued);
  EXPECT_EQ(rig.deliver(at_least_once, 4), deliver_outcome::queued);
  EXPECT_EQ(rig.deliver(at_least_once, 5), deliver_outcome::dropped_queue_full);
  EXPECT_EQ(rig.deliver(at_most_once, 6), deliver_outcome::sent);
  EXPECT_EQ(rig.kept.pending_cookies(), (std::vector<std::uint64_t>{1, 2, 3, 4}));
  rig.sent();
  rig.feed("40 02 00 01");
  EXPECT_EQ(rig.sent(), lines{"PUBLISH t=3 q1 id3"});
  rig.feed("50 02 00 02"); // still in flight until PUBCOMP
  EXPECT_EQ(rig.sent(), lines{"PUBREL 2"});
  rig.feed("70 02 00 02");
  EXPECT_EQ(rig.sent(), lines{"PUBLISH t=4 q1 id4"});
  EXPECT_EQ(rig.deliver(at_least_once, 7), deliver_outcome::queued);
}

// [MQTT-4.4.0-1], [MQTT-3.3.1-1], [MQTT-4.6.0-1], [MQTT-4.6.0-4], [MQTT-3.1.2-4], [MQTT-3.1.2-5].
TEST(mqtt_server, resends_in_order_with_dup_when_the_client_comes_back) {
  server_limits limits;
  limits.in_flight_max = 4;
  server_rig rig{limits};
  rig.open();
  rig.deliver(at_least_once, 1);
  rig.deliver(exactly_once, 2, true);
  rig.deliver(exactly_once, 3);
  rig.deliver(exactly_once, 4);
  rig.deliver(at_least_once, 5);
  rig.feed("50 02 00 04 50 02 00 03");
  rig.reconnect();
  EXPECT_EQ(rig.kept.deliver_offline(rig.message(6), at_least_once, false, rig.limits),
            deliver_outcome::queued);
  EXPECT_EQ(rig.kept.deliver_offline(rig.message(7), at_most_once, false, rig.limits),
            deliver_outcome::dropped_offline);
  rig.open();
  EXPECT_EQ(rig.sent(), (lines{"CONNACK flags1 code0", "PUBREL 4", "PUBREL 3",
                               "PUBLISH t=1 q1 id1 dup", "PUBLISH t=2 q2 id2 dup retain"}));
  rig.feed("40 02 00 01");
  EXPECT_EQ(rig.sent(), lines{"PUBLISH t=5 q1 id1"});
  rig.feed("70 02 00 03 70 02 00 04");
  EXPECT_EQ(rig.sent(), lines{"PUBLISH t=6 q1 id3"});
}

// [MQTT-3.3.1-1]: DUP is for what was sent before, not for what only waited.
TEST(mqtt_server, sends_what_waited_offline_without_dup) {
  server_rig rig;
  rig.kept.deliver_offline(rig.message(1), at_least_once, false, rig.limits);
  rig.kept.deliver_offline(rig.message(2), exactly_once, true, rig.limits);
  rig.open();
  EXPECT_EQ(rig.sent(),
            (lines{"CONNACK flags0 code0", "PUBLISH t=1 q1 id1", "PUBLISH t=2 q2 id2 retain"}));
}

TEST(mqtt_server, an_offline_queue_has_its_limit) {
  server_limits limits;
  limits.queue_max = 3;
  session offline;
  for (std::uint64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(offline.deliver_offline(server_rig::message(i), at_least_once, false, limits),
              deliver_outcome::queued);
  }
  EXPECT_EQ(offline.deliver_offline(server_rig::message(3), at_least_once, false, limits),
            deliver_outcome::dropped_queue_full);
  EXPECT_EQ(offline.pending(), 3U);
}

// New ids never collide with those a resumed session still has in use ([MQTT-2.3.1-4]).
TEST(mqtt_server, gives_no_packet_id_that_the_session_has_in_use) {
  server_rig rig;
  rig.open();
  rig.deliver(at_least_once, 1);
  rig.deliver(exactly_once, 2);
  rig.feed("50 02 00 02");
  rig.reconnect();
  rig.open();
  rig.sent();
  rig.deliver(at_least_once, 3);
  EXPECT_EQ(rig.sent(), lines{"PUBLISH t=3 q1 id3"});
}

TEST(mqtt_server, keeps_messages_for_a_client_that_is_leaving) {
  server_rig rig;
  rig.open();
  rig.feed("e0 00");
  rig.sent();
  EXPECT_EQ(rig.deliver(at_least_once, 1), deliver_outcome::queued);
  EXPECT_EQ(rig.deliver(at_most_once, 2), deliver_outcome::dropped_offline);
  rig.machine.deliver_now("t", {}, false, rig.out);
  EXPECT_EQ(rig.sent(), lines{});
  rig.reconnect();
  EXPECT_EQ(rig.deliver(at_least_once, 3), deliver_outcome::dropped_offline); // nobody bound
  rig.open();
  EXPECT_EQ(rig.sent(), (lines{"CONNACK flags1 code0", "PUBLISH t=1 q1 id1"}));
}

// A take-over: the former connection may no longer touch the session ([MQTT-3.1.4-2]).
TEST(mqtt_server, an_unbound_connection_reads_and_writes_no_more) {
  server_rig rig;
  rig.open(version::v3_1_1, 10);
  rig.deliver(at_least_once, 1);
  rig.sent();
  rig.machine.unbind();
  EXPECT_EQ(rig.feed("40 02 00 01 c0 00"), lines{});
  EXPECT_EQ(rig.sent(), lines{});
  EXPECT_EQ(rig.kept.pending(), 1U);
  EXPECT_EQ(rig.machine.next_timeout(), never);
}

// 4.4: a live connection is no reason to repeat, at 3.1.1.
TEST(mqtt_server, never_resends_on_a_live_connection_at_3_1_1) {
  server_limits limits;
  limits.resend_after = 5s;
  server_rig rig{limits};
  rig.open();
  rig.deliver(at_least_once, 1);
  rig.sent();
  EXPECT_EQ(rig.machine.next_timeout(), never);
  rig.timeout_after(1h);
  EXPECT_EQ(rig.sent(), lines{});
}

// MQTT 3.1, 4.1: retry with DUP, also of PUBREL.
TEST(mqtt_server, resends_on_a_live_connection_at_3_1) {
  server_limits limits;
  limits.resend_after = 5s;
  server_rig rig{limits};
  rig.open(version::v3_1);
  rig.deliver(at_least_once, 1);
  rig.deliver(exactly_once, 2);
  rig.advance(2s);
  rig.feed("50 02 00 02");
  rig.sent();
  EXPECT_EQ(rig.machine.next_timeout(), time_point{5s});
  rig.next_timeout();
  EXPECT_EQ(rig.sent(), lines{"PUBLISH t=1 q1 id1 dup"});
  EXPECT_EQ(rig.machine.next_timeout(), time_point{7s});
  rig.next_timeout();
  EXPECT_EQ(rig.sent(), lines{"PUBREL dup 2"});
  EXPECT_EQ(rig.feed("40 02 00 01 70 02 00 02"),
            (lines{"acknowledged cookie1", "acknowledged cookie2"}));
}

// One stored message for many receivers: each gets its own QoS and retain flag.
TEST(mqtt_server, shares_one_message_between_connections) {
  const message_ptr shared = server_rig::message(9);
  server_rig one;
  server_rig two;
  one.open();
  two.open();
  one.sent();
  two.sent();
  one.machine.deliver(shared, at_least_once, false, one.now, one.out);
  two.machine.deliver(shared, exactly_once, true, two.now, two.out);
  EXPECT_EQ(one.sent(), lines{"PUBLISH t=9 q1 id1"});
  EXPECT_EQ(two.sent(), lines{"PUBLISH t=9 q2 id1 retain"});
  EXPECT_EQ(shared.use_count(), 3);
  one.feed("40 02 00 01");
  EXPECT_EQ(shared.use_count(), 2);
}

} // namespace
} // namespace fleet::mqtt::test
