// The server machine from CONNECT to the end: deadlines, keep-alive, limits, 3.1 beside 3.1.1.
#include <gtest/gtest.h>

#include "tests/support/mqtt_rigs.hpp"

namespace fleet::mqtt::test {
namespace {

using namespace std::chrono_literals;

constexpr std::string_view plain_connect = "10 0d 00 04 'MQTT' 04 02 00 00 00 01 'd'";

// [MQTT-3.1.4-1], [MQTT-3.1.4-4], [MQTT-3.2.0-1].
TEST(mqtt_server, asks_its_owner_and_answers_connack_first) {
  for (const feeding how : {feeding::whole, feeding::byte_by_byte}) {
    server_rig rig;
    EXPECT_EQ(rig.feed("10 22 00 04 'MQTT' 04 ec 00 3c 00 04 'dev1' 00 03 'w/t' 00 04 'gone' "
                       "00 01 'u' 00 02 'pw'",
                       how),
              lines{"connect v4 kept keep60 id=dev1 will(w/t=gone q1 retain) user=u password=pw"});
    EXPECT_EQ(rig.sent(), lines{"CONNACK flags0 code0"});
    EXPECT_TRUE(rig.machine.accepted());
  }
}

// [MQTT-3.2.2-2], [MQTT-3.2.2-3].
TEST(mqtt_server, tells_whether_the_session_is_present) {
  server_rig rig;
  rig.session_present = true;
  rig.open();
  EXPECT_EQ(rig.sent(), lines{"CONNACK flags1 code0"});
}

// [MQTT-3.2.2-4], [MQTT-3.2.2-5], [MQTT-3.1.4-5]: what follows a refused CONNECT is not looked at.
TEST(mqtt_server, refuses_with_each_code_and_processes_nothing_more) {
  for (const connack_code code :
       {connack_code::unacceptable_version, connack_code::identifier_rejected,
        connack_code::server_unavailable, connack_code::bad_credentials,
        connack_code::not_authorized}) {
    server_rig rig;
    rig.connect_answer = code;
    rig.session_present = true;
    wire bytes = octets(plain_connect);
    const wire more = octets("30 03 00 01 't' c0 00");
    bytes.insert(bytes.end(), more.begin(), more.end());
    EXPECT_EQ(rig.feed(bytes), lines{"connect v4 clean keep0 id=d"});
    EXPECT_EQ(rig.sent(),
              lines{"CONNACK flags0 code" + number(static_cast<std::uint64_t>(code))});
    EXPECT_EQ(rig.machine.next_timeout(), never);
  }
}

// 3.1.4: a client need not wait for CONNACK.
TEST(mqtt_server, takes_packets_that_follow_connect_at_once) {
  server_rig rig;
  wire bytes = octets(plain_connect);
  const wire more = octets("30 04 00 01 't' 'x' c0 00");
  bytes.insert(bytes.end(), more.begin(), more.end());
  EXPECT_EQ(rig.feed(bytes), (lines{"connect v4 clean keep0 id=d", "published t=x q0"}));
  EXPECT_EQ(rig.sent(), (lines{"CONNACK flags0 code0", "PINGRESP"}));
}

// [MQTT-3.1.3-5], [MQTT-3.1.3-6]; longer ids are allowed by 3.1.1.
TEST(mqtt_server, takes_client_ids_of_any_length_at_3_1_1) {
  for (const std::size_t size : {0U, 1U, 23U, 24U, 65'535U}) {
    server_limits limits;
    limits.first_packet_max = 70'000;
    server_rig rig{limits};
    byte_buffer connect;
    const std::string id(size, 'x');
    connect_view c;
    c.client_id = id;
    encode_connect(c, connect);
    const lines events = rig.feed(wire(connect.view().begin(), connect.view().end()));
    EXPECT_EQ(events, lines{"connect v4 clean keep0 id=" + id});
  }
}

// MQTT 3.1, 3.1: 1 to 23 characters; they are counted, not the octets.
TEST(mqtt_server, refuses_client_ids_beyond_23_characters_at_3_1) {
  const auto answer = [](std::string_view id, server_limits limits = {}) {
    server_rig rig{limits};
    byte_buffer connect;
    connect_view c;
    c.version = version::v3_1;
    c.client_id = id;
    encode_connect(c, connect);
    rig.feed(wire(connect.view().begin(), connect.view().end()));
    return rig.sent();
  };
  EXPECT_EQ(answer("x"), lines{"CONNACK flags0 code0"});
  EXPECT_EQ(answer("abcdefghijklmnopqrstuvw"), lines{"CONNACK flags0 code0"});
  EXPECT_EQ(answer("\xc3\xa9" "bcdefghijklmnopqrstuvw"), lines{"CONNACK flags0 code0"});
  EXPECT_EQ(answer("abcdefghijklmnopqrstuvwx"), lines{"CONNACK flags0 code2"});
  EXPECT_EQ(answer(""), lines{"CONNACK flags0 code2"});
  server_limits lenient;
  lenient.client_id_max_3_1 = 100;
  EXPECT_EQ(answer("abcdefghijklmnopqrstuvwx", lenient), lines{"CONNACK flags0 code0"});
}

// MQTT 3.1, 3.1: the remaining length overrules the flags of user name and password.
TEST(mqtt_server, takes_a_3_1_connect_whose_announced_credentials_are_missing) {
  server_rig rig;
  EXPECT_EQ(rig.feed("10 0f 00 06 'MQIsdp' 03 c2 00 00 00 01 'd'"),
            lines{"connect v3 clean keep0 id=d"});
  server_rig other;
  EXPECT_EQ(other.feed("10 12 00 06 'MQIsdp' 03 c2 00 00 00 01 'd' 00 01 'u'"),
            lines{"connect v3 clean keep0 id=d user=u"});
}

// MQTT 3.1 has no session-present flag.
TEST(mqtt_server, never_sets_session_present_at_3_1) {
  server_rig rig;
  rig.session_present = true;
  rig.open(version::v3_1);
  EXPECT_EQ(rig.sent(), lines{"CONNACK flags0 code0"});
}

// Memory and time before authentication are bounded.
TEST(mqtt_server, bounds_the_first_packet) {
  server_rig rig;
  EXPECT_EQ(rig.feed("10 fd 1f"), lines{}); // 4,096 in all
  server_rig other;
  EXPECT_EQ(other.feed("10 fe 1f"), lines{describe(violation::packet_too_large)});
  server_rig slow;
  const std::size_t idle = slow.machine.memory_bytes();
  slow.feed("10 fd 1f 00 04 'MQTT' 04 02 00 00");
  for (int i = 0; i < 4000; ++i) {
    slow.feed("'x'");
    ASSERT_LE(slow.machine.memory_bytes(), idle + 200 + 4096);
  }
}

TEST(mqtt_server, bounds_later_packets) {
  server_limits limits;
  limits.packet_max = 100;
  server_rig rig{limits};
  rig.open();
  EXPECT_EQ(rig.feed("30 63"), lines{describe(violation::packet_too_large)});
}

TEST(mqtt_server, waits_for_connect_only_so_long) {
  server_rig rig;
  EXPECT_EQ(rig.machine.next_timeout(), time_point{10s});
  rig.advance(5s);
  EXPECT_EQ(rig.feed("10 0c 00 04"), lines{}); // a trickle does not help
  EXPECT_EQ(rig.timeout_after(5s - 1ns), lines{});
  EXPECT_EQ(rig.timeout_after(1ns), lines{describe(violation::connect_timed_out)});
  EXPECT_EQ(rig.machine.next_timeout(), never);
  EXPECT_EQ(rig.sent(), lines{});
}

// [MQTT-3.1.2-24].
TEST(mqtt_server, leaves_a_client_silent_for_one_and_a_half_keep_alives) {
  server_rig rig;
  rig.open(version::v3_1_1, 10);
  EXPECT_EQ(rig.machine.next_timeout(), time_point{15s});
  rig.advance(14s);
  rig.feed("c0 00");
  EXPECT_EQ(rig.machine.next_timeout(), time_point{29s});
  rig.advance(14s);
  rig.feed("30 7f 00 01 't'"); // octets, but no whole packet
  EXPECT_EQ(rig.timeout_after(1s - 1ns), lines{});
  EXPECT_EQ(rig.timeout_after(1ns), lines{describe(violation::keep_alive_missed)});
}

TEST(mqtt_server, enforces_no_keep_alive_of_zero) {
  server_rig rig;
  rig.open();
  EXPECT_EQ(rig.machine.next_timeout(), never);
  EXPECT_EQ(rig.timeout_after(24h * 365), lines{});
}

TEST(mqtt_server, bears_the_longest_keep_alive) {
  server_rig rig;
  rig.open(version::v3_1_1, 65'535);
  EXPECT_EQ(rig.machine.next_timeout(), time_point{98'302'500ms});
}

// [MQTT-3.12.4-1].
TEST(mqtt_server, answers_each_ping) {
  server_rig rig;
  rig.open();
  rig.sent();
  EXPECT_EQ(rig.feed("c0 00 c0 00"), lines{});
  EXPECT_EQ(rig.sent(), (lines{"PINGRESP", "PINGRESP"}));
}

// [MQTT-3.14.4-3]; what follows DISCONNECT is ignored.
TEST(mqtt_server, reports_disconnect_and_listens_no_more) {
  server_rig rig;
  rig.open(version::v3_1_1, 10);
  rig.sent();
  EXPECT_EQ(rig.feed("e0 00 c0 00 30 03 00 01 't'"), lines{"disconnect"});
  EXPECT_EQ(rig.feed("c0 00"), lines{});
  EXPECT_EQ(rig.machine.next_timeout(), never);
  EXPECT_EQ(rig.sent(), lines{});
  EXPECT_FALSE(rig.machine.accepted());
}

// [MQTT-3.8.4-1], [MQTT-3.8.4-2], [MQTT-3.8.4-4], [MQTT-3.8.4-5], [MQTT-3.9.3-1].
TEST(mqtt_server, answers_subscribe_with_one_code_a_filter) {
  server_rig rig;
  rig.open();
  rig.sent();
  rig.grant_at_most = 1;
  EXPECT_EQ(rig.feed("82 0e 00 0a 00 03 'a/b' 00 00 03 'c/#' 02"),
            lines{"subscribe id10 a/b:0 c/#:2"});
  rig.grant_at_most = subscribe_refused;
  EXPECT_EQ(rig.feed("82 06 00 0b 00 01 'x' 01"), lines{"subscribe id11 x:1"});
  EXPECT_EQ(rig.sent(), (lines{"SUBACK 10 [00 01]", "SUBACK 11 [80]"}));
}

TEST(mqtt_server, has_no_refusal_in_a_suback_of_3_1) {
  server_rig rig;
  rig.open(version::v3_1);
  rig.sent();
  rig.grant_at_most = subscribe_refused;
  rig.feed("82 06 00 0b 00 01 'x' 01");
  EXPECT_EQ(rig.sent(), lines{"SUBACK 11 [00]"});
}

// [MQTT-3.10.4-4], [MQTT-3.10.4-5], [MQTT-3.10.4-6].
TEST(mqtt_server, answers_unsubscribe_by_itself) {
  server_rig rig;
  rig.open();
  rig.sent();
  EXPECT_EQ(rig.feed("a2 0a 00 0b 00 03 'a/b' 00 01 '#'"), lines{"unsubscribe a/b #"});
  EXPECT_EQ(rig.sent(), lines{"UNSUBACK 11"});
}

TEST(mqtt_server, takes_a_subscribe_of_fifty_thousand_filters_and_forgets_it) {
  server_rig rig;
  rig.open();
  rig.sent();
  const std::vector<filter_request> filters(50'000, {"+", qos::at_most_once});
  byte_buffer packet;
  encode_subscribe(7, filters, packet);
  const std::size_t idle = rig.machine.memory_bytes();
  const lines events = rig.feed(wire(packet.view().begin(), packet.view().end()));
  ASSERT_EQ(events.size(), 1U);
  EXPECT_EQ(events[0].size(), std::string_view{"subscribe id7"}.size() + 50'000 * 4);
  EXPECT_EQ(rig.out.size(), packet_size(50'002));
  EXPECT_EQ(rig.machine.memory_bytes(), idle);
}

} // namespace
} // namespace fleet::mqtt::test
