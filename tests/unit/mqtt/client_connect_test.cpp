// The client from start() to stop(): CONNECT, CONNACK, refusal, subscribing, DISCONNECT.
#include <gtest/gtest.h>

#include "tests/support/mqtt_rigs.hpp"

namespace fleet::mqtt::test {
namespace {

using namespace std::chrono_literals;

connect_fields named(std::string_view id, bool clean = true) {
  connect_fields c;
  c.client_id = id;
  c.clean_session = clean;
  return c;
}

// [MQTT-3.1.0-1]: CONNECT is the first packet, and nothing follows before CONNACK.
TEST(mqtt_client, sends_connect_first_and_nothing_before_connack) {
  client_rig rig;
  EXPECT_FALSE(rig.machine.publish({"t", {}}, rig.now, 0, rig.now, rig.out).ok());
  rig.machine.start(named("d"), rig.now, rig.out);
  EXPECT_EQ(rig.sent(), lines{"CONNECT v4 clean keep0 id=d"});
  EXPECT_EQ(rig.machine.publish({"t", {}}, rig.now, 0, rig.now, rig.out).error(),
            publish_error::not_connected);
  const filter_request filter{"t", qos::at_least_once};
  EXPECT_EQ(rig.machine.subscribe({&filter, 1}, rig.now, rig.out).error(),
            subscribe_error::not_connected);
  EXPECT_FALSE(rig.machine.connected());
  EXPECT_EQ(rig.sent(), lines{});
  EXPECT_EQ(rig.feed("20 02 00 00"), lines{"connected"});
  EXPECT_TRUE(rig.machine.connected());
}

// [MQTT-3.1.0-2]: one CONNECT a connection.
TEST(mqtt_client, sends_connect_once_per_connection) {
  client_rig rig;
  rig.open();
  rig.timeout_after(1h);
  EXPECT_EQ(rig.sent(), lines{});
}

// 3.2.2.3.
TEST(mqtt_client, reports_each_refusal_and_falls_silent) {
  for (int code = 1; code <= 5; ++code) {
    client_rig rig;
    rig.machine.start(named("d"), rig.now, rig.out);
    rig.sent();
    EXPECT_EQ(rig.feed("20 02 00 0" + number(static_cast<std::uint64_t>(code)) + " d0 00"),
              lines{"refused " + number(static_cast<std::uint64_t>(code))});
    EXPECT_EQ(rig.machine.next_timeout(), never);
    EXPECT_EQ(rig.sent(), lines{});
  }
}

TEST(mqtt_client, gives_up_when_connack_does_not_come) {
  client_rig rig;
  rig.machine.start(named("d"), rig.now, rig.out);
  EXPECT_EQ(rig.machine.next_timeout(), time_point{10s});
  EXPECT_EQ(rig.timeout_after(10s - 1ns), lines{});
  EXPECT_EQ(rig.timeout_after(1ns), lines{describe(violation::connect_timed_out)});
  EXPECT_EQ(rig.machine.next_timeout(), never);
}

// [MQTT-3.14.4-1], [MQTT-3.14.4-2]: nothing follows DISCONNECT.
TEST(mqtt_client, sends_nothing_after_disconnect) {
  client_rig rig;
  rig.open(true, false, 60);
  rig.machine.stop(rig.out);
  EXPECT_EQ(rig.sent(), lines{"DISCONNECT"});
  EXPECT_EQ(rig.feed("32 05 00 01 't' 00 01"), lines{});
  EXPECT_EQ(rig.machine.publish({"t", {}}, rig.now, 0, rig.now, rig.out).error(),
            publish_error::not_connected);
  rig.machine.stop(rig.out);
  rig.timeout_after(1h);
  EXPECT_EQ(rig.sent(), lines{});
  EXPECT_EQ(rig.machine.next_timeout(), never);
}

TEST(mqtt_client, stopping_before_any_start_sends_nothing) {
  client_rig rig;
  rig.machine.stop(rig.out);
  rig.machine.lost();
  EXPECT_EQ(rig.sent(), lines{});
  EXPECT_EQ(rig.machine.next_timeout(), never);
}

TEST(mqtt_client, starts_again_on_a_new_connection_after_failing_inside_a_packet) {
  client_rig rig;
  rig.open();
  rig.feed("32 0a 00 01 't'");
  rig.machine.lost();
  EXPECT_EQ(rig.open(), lines{"connected"});
  EXPECT_EQ(rig.feed("30 03 00 01 't'"), lines{"arrived t= q0"});
}

// [MQTT-3.8.4-5], [MQTT-3.9.3-1], [MQTT-2.3.1-7]: codes in the order of the filters, by packet id.
TEST(mqtt_client, reports_the_codes_of_suback_for_the_request_they_answer) {
  client_rig rig;
  rig.open();
  const filter_request two[] = {{"a", qos::at_least_once}, {"b/#", qos::exactly_once}};
  const filter_request one{"c", qos::at_most_once};
  EXPECT_EQ(rig.machine.subscribe(two, rig.now, rig.out).value(), 1);
  EXPECT_EQ(rig.machine.subscribe({&one, 1}, rig.now, rig.out).value(), 2);
  EXPECT_EQ(rig.sent(), (lines{"SUBSCRIBE 1 a:1 b/#:2", "SUBSCRIBE 2 c:0"}));
  EXPECT_EQ(rig.feed("90 03 00 02 00 90 04 00 01 01 80"),
            (lines{"subscribed id2 [00]", "subscribed id1 [01 80]"}));
}

TEST(mqtt_client, refuses_a_suback_with_too_few_or_too_many_codes) {
  for (const std::string_view answer : {"90 02 00 01", "90 04 00 01 00 00"}) {
    client_rig rig;
    rig.open();
    const filter_request one{"c", qos::at_most_once};
    EXPECT_TRUE(rig.machine.subscribe({&one, 1}, rig.now, rig.out).ok());
    EXPECT_EQ(rig.feed(answer), lines{describe(violation::bad_suback)});
  }
}

// 3.9.3: MQTT 3.1 knows no code for refusal.
TEST(mqtt_client, refuses_a_suback_with_the_failure_code_at_3_1) {
  client_rig rig;
  rig.wire_version = version::v3_1;
  rig.open();
  const filter_request one{"c", qos::at_most_once};
  EXPECT_TRUE(rig.machine.subscribe({&one, 1}, rig.now, rig.out).ok());
  EXPECT_EQ(rig.feed("90 03 00 01 80"), lines{describe(violation::bad_suback)});
}

TEST(mqtt_client, unsubscribes) {
  client_rig rig;
  rig.open();
  const std::string_view filters[] = {"a", "b/#"};
  EXPECT_EQ(rig.machine.unsubscribe(filters, rig.now, rig.out).value(), 1);
  EXPECT_EQ(rig.sent(), lines{"UNSUBSCRIBE 1 a b/#"});
  EXPECT_EQ(rig.feed("b0 02 00 01 b0 02 00 01"), lines{"unsubscribed id1"});
}

// [MQTT-3.8.3-3], [MQTT-3.10.3-2], [MQTT-4.7.1-2], [MQTT-4.7.1-3], [MQTT-4.7.3-1], [MQTT-4.7.3-3],
// [MQTT-3.8.3-1], [MQTT-3.10.3-1], [MQTT-1.5.3-1].
TEST(mqtt_client, never_sends_a_filter_that_is_none) {
  client_rig rig;
  rig.open();
  const std::string long_one(65'536, 'x');
  for (const std::string_view bad :
       {std::string_view{""}, std::string_view{"a#"}, std::string_view{"+b"},
        std::string_view{"\xff"}, std::string_view{"a\0", 2}, std::string_view{long_one}}) {
    const filter_request filters[] = {{"fine", qos::at_most_once}, {bad, qos::at_most_once}};
    EXPECT_EQ(rig.machine.subscribe(filters, rig.now, rig.out).error(),
              subscribe_error::bad_filter);
    EXPECT_EQ(rig.machine.unsubscribe({&bad, 1}, rig.now, rig.out).error(),
              subscribe_error::bad_filter);
  }
  EXPECT_EQ(rig.machine.subscribe({}, rig.now, rig.out).error(), subscribe_error::bad_filter);
  EXPECT_EQ(rig.machine.unsubscribe({}, rig.now, rig.out).error(), subscribe_error::bad_filter);
  EXPECT_EQ(rig.sent(), lines{});
}

TEST(mqtt_client, holds_no_more_requests_than_its_limit) {
  client_behaviour b;
  b.requests_max = 3;
  client_rig rig{b};
  rig.open();
  const filter_request one{"c", qos::at_most_once};
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(rig.machine.subscribe({&one, 1}, rig.now, rig.out).ok());
  }
  const std::string_view filter = "c";
  EXPECT_EQ(rig.machine.subscribe({&one, 1}, rig.now, rig.out).error(),
            subscribe_error::too_many_pending);
  EXPECT_EQ(rig.machine.unsubscribe({&filter, 1}, rig.now, rig.out).error(),
            subscribe_error::too_many_pending);
  rig.feed("90 03 00 02 00");
  EXPECT_TRUE(rig.machine.subscribe({&one, 1}, rig.now, rig.out).ok());
}

// A SUBACK that this board could not take is not asked for.
TEST(mqtt_client, refuses_a_subscribe_whose_answer_would_exceed_the_receive_limit) {
  client_behaviour b;
  b.receive_limit_bytes = 10;
  client_rig rig{b};
  rig.open();
  const std::vector<filter_request> six(6, {"a", qos::at_most_once});
  const std::vector<filter_request> seven(7, {"a", qos::at_most_once});
  EXPECT_TRUE(rig.machine.subscribe(six, rig.now, rig.out).ok());
  EXPECT_EQ(rig.machine.subscribe(seven, rig.now, rig.out).error(),
            subscribe_error::too_many_pending);
}

TEST(mqtt_client, forgets_unanswered_requests_with_the_connection) {
  client_rig rig;
  rig.open(false);
  const filter_request one{"c", qos::at_most_once};
  EXPECT_TRUE(rig.machine.subscribe({&one, 1}, rig.now, rig.out).ok());
  rig.machine.lost();
  rig.sent();
  EXPECT_EQ(rig.open(false, true), lines{"connected, session present"});
  EXPECT_EQ(rig.sent(), lines{});
  EXPECT_EQ(rig.feed("90 03 00 01 00"), lines{});
}

} // namespace
} // namespace fleet::mqtt::test
