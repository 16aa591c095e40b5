// Everything a peer may send that the standard forbids: one line a case, by clause. Each machine
// must say what was wrong, once, and then neither read nor write ([MQTT-4.8.0-1]).
#include <gtest/gtest.h>

#include "tests/support/mqtt_rigs.hpp"

namespace fleet::mqtt::test {
namespace {

enum class receiver : std::uint8_t { fresh_server, server, waiting_client, client };

struct malformed_case {
  const char* clause;
  receiver who;
  std::string_view wire;
  violation why;
};

using enum receiver;

const malformed_case framing_cases[] = {
  {"2.2.3: fifth octet of the length", server, "30 ff ff ff ff 01", violation::malformed_length},
  {"2.2.3: fifth octet of the length", client, "30 ff ff ff ff", violation::malformed_length},
  {"2.2.1: type 0", server, "00 00", violation::reserved_type},
  {"2.2.1: type 15", server, "f0 00", violation::reserved_type},
  {"2.2.1: type 15", client, "f0 00", violation::reserved_type},
  {"2.2.1: CONNACK to a server", server, "20 02 00 00", violation::reserved_type},
  {"2.2.1: SUBACK to a server", server, "90 03 00 01 00", violation::reserved_type},
  {"2.2.1: PINGRESP to a server", server, "d0 00", violation::reserved_type},
  {"2.2.1: CONNECT to a client", client, "10 00", violation::reserved_type},
  {"2.2.1: SUBSCRIBE to a client", client, "82 06 00 01 00 01 't' 00", violation::reserved_type},
  {"2.2.1: DISCONNECT to a client", client, "e0 00", violation::reserved_type},
  {"MQTT-2.2.2-2: CONNECT flags", fresh_server, "11 00", violation::bad_flags},
  {"MQTT-2.2.2-2: PUBACK flags", server, "41 02 00 01", violation::bad_flags},
  {"MQTT-2.2.2-2: PUBREC flags", client, "52 02 00 01", violation::bad_flags},
  {"MQTT-3.6.1-1: PUBREL flags", server, "60 02 00 01", violation::bad_flags},
  {"MQTT-3.6.1-1: PUBREL flags, DUP", client, "6a 02 00 01", violation::bad_flags},
  {"MQTT-3.8.1-1: SUBSCRIBE flags", server, "80 06 00 01 00 01 't' 00", violation::bad_flags},
  {"MQTT-3.10.1-1: UNSUBSCRIBE flags", server, "a0 05 00 01 00 01 't'", violation::bad_flags},
  {"MQTT-2.2.2-2: PINGREQ flags", server, "c8 00", violation::bad_flags},
  {"MQTT-3.14.1-1: DISCONNECT flags", server, "e1 00", violation::bad_flags},
  {"MQTT-2.2.2-2: CONNACK flags", waiting_client, "22 02 00 00", violation::bad_flags},
  {"MQTT-2.2.2-2: SUBACK flags", client, "91 03 00 01 00", violation::bad_flags},
  {"3.4: PUBACK too long", server, "40 03 00 01 00", violation::trailing_bytes},
  {"3.4: PUBACK too short", client, "40 01 00", violation::truncated_packet},
  {"3.12: PINGREQ with a body", server, "c0 01 00", violation::trailing_bytes},
  {"3.14: DISCONNECT with a body", server, "e0 02 00 00", violation::trailing_bytes},
  {"3.13: PINGRESP with a body", client, "d0 01 00", violation::trailing_bytes},
};

const malformed_case publish_cases[] = {
  {"MQTT-3.3.1-4: QoS 3", server, "36 05 00 01 't' 00 01", violation::bad_qos},
  {"MQTT-3.3.1-4: QoS 3", client, "36 05 00 01 't' 00 01", violation::bad_qos},
  {"MQTT-3.3.1-2: DUP at QoS 0", server, "38 03 00 01 't'", violation::dup_at_qos_0},
  {"MQTT-3.3.1-2: DUP at QoS 0", client, "38 03 00 01 't'", violation::dup_at_qos_0},
  {"MQTT-2.3.1-1: packet id 0", server, "32 05 00 01 't' 00 00", violation::zero_packet_id},
  {"MQTT-2.3.1-1: packet id 0", client, "34 05 00 01 't' 00 00", violation::zero_packet_id},
  {"3.3.2: no packet id", server, "32 03 00 01 't'", violation::truncated_packet},
  {"3.3.2: topic beyond the end", client, "30 03 00 02 't'", violation::truncated_packet},
  {"3.3.2: topic beyond the end", server, "30 02 ff ff", violation::truncated_packet},
  {"3.3.2: nothing", server, "30 00", violation::truncated_packet},
  {"MQTT-4.7.3-1: empty topic", server, "30 02 00 00", violation::bad_topic},
  {"MQTT-4.7.3-1: empty topic", client, "30 02 00 00", violation::bad_topic},
  {"MQTT-3.3.2-2: wildcard +", server, "30 05 00 03 'a/+'", violation::bad_topic},
  {"MQTT-3.3.2-2: wildcard #", client, "30 05 00 03 'a/#'", violation::bad_topic},
  {"MQTT-4.7.1-1: wildcard inside", server, "30 05 00 03 'a#b'", violation::bad_topic},
  {"MQTT-1.5.3-1: lone continuation", server, "30 03 00 01 80", violation::bad_utf8},
  {"MQTT-1.5.3-1: surrogate", server, "30 05 00 03 ed a0 80", violation::bad_utf8},
  {"MQTT-1.5.3-1: surrogate", client, "30 05 00 03 ed bf bf", violation::bad_utf8},
  {"MQTT-1.5.3-1: overlong slash", server, "30 04 00 02 c0 af", violation::bad_utf8},
  {"MQTT-1.5.3-1: beyond U+10FFFF", server, "30 06 00 04 f4 90 80 80", violation::bad_utf8},
  {"MQTT-1.5.3-1: cut character", client, "30 04 00 02 'a' c3", violation::bad_utf8},
  {"MQTT-1.5.3-2: U+0000", server, "30 05 00 03 'a' 00 'b'", violation::null_character},
  {"MQTT-4.7.3-2: U+0000", client, "30 05 00 03 'a' 00 'b'", violation::null_character},
  {"2.3.1: PUBACK of id 0", server, "40 02 00 00", violation::zero_packet_id},
  {"2.3.1: PUBREL of id 0", client, "62 02 00 00", violation::zero_packet_id},
};

const malformed_case subscribe_cases[] = {
  {"MQTT-3.8.3-3: no filter", server, "82 02 00 01", violation::no_filters},
  {"MQTT-3.10.3-2: no filter", server, "a2 02 00 01", violation::no_filters},
  {"MQTT-2.3.1-1: packet id 0", server, "82 06 00 00 00 01 't' 00", violation::zero_packet_id},
  {"MQTT-2.3.1-1: packet id 0", server, "a2 05 00 00 00 01 't'", violation::zero_packet_id},
  {"MQTT-3.8.3-4: QoS 3", server, "82 06 00 01 00 01 't' 03", violation::bad_qos},
  {"MQTT-3.8.3-4: reserved bit", server, "82 06 00 01 00 01 't' 04", violation::bad_qos},
  {"MQTT-3.8.3-4: reserved bit", server, "82 06 00 01 00 01 't' 80", violation::bad_qos},
  {"3.8.3: QoS missing", server, "82 05 00 01 00 01 't'", violation::truncated_packet},
  {"3.8.3: second filter cut", server, "82 08 00 01 00 01 't' 00 00 05",
   violation::truncated_packet},
  {"3.10.3: filter cut", server, "a2 05 00 01 00 02 't'", violation::truncated_packet},
  {"MQTT-4.7.3-1: empty filter", server, "82 05 00 01 00 00 00", violation::bad_filter},
  {"MQTT-4.7.1-2: # not last", server, "82 08 00 01 00 03 '#/a' 00", violation::bad_filter},
  {"MQTT-4.7.1-2: # not alone", server, "82 07 00 01 00 02 'a#' 00", violation::bad_filter},
  {"MQTT-4.7.1-3: + not alone", server, "a2 06 00 01 00 02 'a+'", violation::bad_filter},
  {"MQTT-3.8.3-1: filter not UTF-8", server, "82 06 00 01 00 01 ff 00", violation::bad_utf8},
  {"MQTT-3.10.3-1: filter not UTF-8", server, "a2 05 00 01 00 01 ff", violation::bad_utf8},
  {"MQTT-1.5.3-2: U+0000", server, "82 06 00 01 00 01 00 00", violation::null_character},
  {"MQTT-3.9.3-2: code 3", client, "90 03 00 01 03", violation::bad_suback},
  {"MQTT-3.9.3-2: code 0x81", client, "90 03 00 01 81", violation::bad_suback},
  {"3.9: SUBACK cut", client, "90 01 00", violation::truncated_packet},
};

const malformed_case connect_cases[] = {
  {"MQTT-3.1.0-1: PUBLISH first", fresh_server, "30 03 00 01 't'", violation::connect_expected},
  {"MQTT-3.1.0-1: PINGREQ first", fresh_server, "c0 00", violation::connect_expected},
  {"MQTT-3.1.0-1: HTTP instead", fresh_server, "'GET / HTTP/1.1' 0d 0a",
   violation::connect_expected},
  {"MQTT-3.1.0-2: second CONNECT", server, "10 0c 00 04 'MQTT' 04 02 00 00 00 00",
   violation::second_connect},
  {"MQTT-3.1.2-1: protocol name", fresh_server, "10 0c 00 04 'mqtt' 04 02 00 00 00 00",
   violation::bad_protocol_name},
  {"MQTT-3.1.2-1: empty name", fresh_server, "10 08 00 00 04 02 00 00 00 00",
   violation::bad_protocol_name},
  {"MQTT-3.1.2-3: reserved flag", fresh_server, "10 0c 00 04 'MQTT' 04 03 00 00 00 00",
   violation::bad_connect_flags},
  {"MQTT-3.1.2-13: will QoS, no will", fresh_server, "10 0c 00 04 'MQTT' 04 0a 00 00 00 00",
   violation::bad_connect_flags},
  {"MQTT-3.1.2-15: will retain, no will", fresh_server, "10 0c 00 04 'MQTT' 04 22 00 00 00 00",
   violation::bad_connect_flags},
  {"MQTT-3.1.2-14: will QoS 3", fresh_server,
   "10 12 00 04 'MQTT' 04 1e 00 00 00 00 00 01 't' 00 01 'x'", violation::bad_qos},
  {"MQTT-3.1.2-22: password alone", fresh_server, "10 0f 00 04 'MQTT' 04 42 00 00 00 00 00 01 'p'",
   violation::bad_connect_flags},
  {"MQTT-3.1.2-9: will missing", fresh_server, "10 0c 00 04 'MQTT' 04 06 00 00 00 00",
   violation::truncated_packet},
  {"MQTT-3.1.2-9: will message missing", fresh_server,
   "10 0f 00 04 'MQTT' 04 06 00 00 00 00 00 01 't'", violation::truncated_packet},
  {"MQTT-3.1.2-11: will without flag", fresh_server,
   "10 12 00 04 'MQTT' 04 02 00 00 00 00 00 01 't' 00 01 'x'", violation::trailing_bytes},
  {"MQTT-3.1.2-18: user without flag", fresh_server,
   "10 0f 00 04 'MQTT' 04 02 00 00 00 00 00 01 'u'", violation::trailing_bytes},
  {"MQTT-3.1.2-19: user missing", fresh_server, "10 0c 00 04 'MQTT' 04 82 00 00 00 00",
   violation::truncated_packet},
  {"MQTT-3.1.2-20: password without flag", fresh_server,
   "10 12 00 04 'MQTT' 04 82 00 00 00 00 00 01 'u' 00 01 'p'", violation::trailing_bytes},
  {"MQTT-3.1.2-21: password missing", fresh_server,
   "10 0f 00 04 'MQTT' 04 c2 00 00 00 00 00 01 'u'", violation::truncated_packet},
  {"MQTT-3.1.3-3: client id missing", fresh_server, "10 0a 00 04 'MQTT' 04 02 00 00",
   violation::truncated_packet},
  {"MQTT-3.1.3-4: client id not UTF-8", fresh_server, "10 0d 00 04 'MQTT' 04 02 00 00 00 01 ff",
   violation::bad_utf8},
  {"MQTT-1.5.3-2: client id with U+0000", fresh_server, "10 0d 00 04 'MQTT' 04 02 00 00 00 01 00",
   violation::null_character},
  {"MQTT-3.1.3-10: will topic not UTF-8", fresh_server,
   "10 12 00 04 'MQTT' 04 06 00 00 00 00 00 01 ff 00 01 'x'", violation::bad_utf8},
  {"MQTT-4.7.1-1: will topic with wildcard", fresh_server,
   "10 12 00 04 'MQTT' 04 06 00 00 00 00 00 01 '#' 00 01 'x'", violation::bad_topic},
  {"MQTT-3.1.3-11: user name not UTF-8", fresh_server,
   "10 0f 00 04 'MQTT' 04 82 00 00 00 00 00 01 ff", violation::bad_utf8},
  {"3.1: trailing octet", fresh_server, "10 0d 00 04 'MQTT' 04 02 00 00 00 00 00",
   violation::trailing_bytes},
  {"3.1: cut in the name", fresh_server, "10 03 00 04 'M'", violation::truncated_packet},
  {"3.1: empty", fresh_server, "10 00", violation::truncated_packet},
};

const malformed_case connack_cases[] = {
  {"MQTT-3.2.0-1: PUBLISH first", waiting_client, "30 03 00 01 't'", violation::connack_expected},
  {"MQTT-3.2.0-1: SUBACK first", waiting_client, "90 03 00 01 00", violation::connack_expected},
  {"3.2.2.1: reserved flags", waiting_client, "20 02 02 00", violation::bad_connack},
  {"MQTT-3.2.2-4: present and refused", waiting_client, "20 02 01 05", violation::bad_connack},
  {"MQTT-3.2.2-1: present and clean", waiting_client, "20 02 01 00", violation::bad_connack},
  {"3.2.2.3: unknown code", waiting_client, "20 02 00 06", violation::bad_connack},
  {"3.2: too long", waiting_client, "20 03 00 00 00", violation::trailing_bytes},
  {"3.2: too short", waiting_client, "20 01 00", violation::truncated_packet},
  {"3.2: second CONNACK", client, "20 02 00 00", violation::unexpected_ack},
};

template <class Rig>
void expect_failure(Rig& rig, const malformed_case& c, feeding how) {
  rig.out.clear();
  EXPECT_EQ(rig.feed(c.wire, how), lines{describe(c.why)}) << c.clause;
  EXPECT_EQ(rig.sent(), lines{}) << c.clause;
  // Nothing more is read or said, whatever comes.
  EXPECT_EQ(rig.feed("c0 00 d0 00 32 05 00 01 't' 00 01"), lines{}) << c.clause;
  EXPECT_EQ(rig.sent(), lines{}) << c.clause;
  EXPECT_EQ(rig.machine.next_timeout(), never) << c.clause;
}

void run(const malformed_case& c, feeding how) {
  switch (c.who) {
    case fresh_server: {
      server_rig rig;
      expect_failure(rig, c, how);
      break;
    }
    case server: {
      server_rig rig;
      rig.open();
      expect_failure(rig, c, how);
      break;
    }
    case waiting_client: {
      client_rig rig;
      connect_fields fields;
      fields.client_id = "d";
      rig.machine.start(fields, rig.now, rig.out);
      expect_failure(rig, c, how);
      break;
    }
    case client: {
      client_rig rig;
      rig.open();
      expect_failure(rig, c, how);
      break;
    }
  }
}

void run_all(std::span<const malformed_case> cases) {
  for (const malformed_case& c : cases) {
    run(c, feeding::whole);
    run(c, feeding::byte_by_byte);
  }
}

TEST(mqtt_malformed, broken_framing_ends_the_connection) { run_all(framing_cases); }
TEST(mqtt_malformed, broken_publishes_end_the_connection) { run_all(publish_cases); }
TEST(mqtt_malformed, broken_subscriptions_end_the_connection) { run_all(subscribe_cases); }
TEST(mqtt_malformed, broken_connects_end_the_connection) { run_all(connect_cases); }
TEST(mqtt_malformed, broken_connacks_end_the_connection) { run_all(connack_cases); }

// 3.1.2.2 [MQTT-3.1.2-2]: an unknown level is told, then the connection ends.
TEST(mqtt_malformed, an_unknown_protocol_level_is_answered_with_connack_1) {
  for (const std::string_view connect :
       {"10 0d 00 04 'MQTT' 05 02 00 00 00 00 00", "10 0c 00 04 'MQTT' 03 02 00 00 00 00",
        "10 0c 00 04 'MQTT' 84 02 00 00 00 00", "10 0e 00 06 'MQIsdp' 04 02 00 00 00 00"}) {
    server_rig rig;
    EXPECT_EQ(rig.feed(connect), lines{describe(violation::bad_protocol_level)}) << connect;
    EXPECT_EQ(rig.sent(), lines{"CONNACK flags0 code1"}) << connect;
  }
}

// 3.1.3.1 [MQTT-3.1.3-8]: an empty client id with a session to keep.
TEST(mqtt_malformed, an_empty_client_id_without_clean_session_is_answered_with_connack_2) {
  server_rig rig;
  EXPECT_EQ(rig.feed("10 0c 00 04 'MQTT' 04 00 00 00 00 00"),
            lines{describe(violation::identifier_rejected)});
  EXPECT_EQ(rig.sent(), lines{"CONNACK flags0 code2"});
}

} // namespace
} // namespace fleet::mqtt::test
