// One table of packets: each goes in whole, byte by byte and with trailing bytes, and the encoder
// must produce the same octets.
#include <functional>

#include <gtest/gtest.h>

#include "protocol/mqtt/framer.hpp"
#include "tests/support/mqtt_rigs.hpp"

namespace fleet::mqtt::test {
namespace {

struct codec_case {
  const char* name;
  std::string_view wire; ///< see octets()
  const char* packet;    ///< see describe()
  std::function<void(byte_buffer&)> encode;
};

message_view message(std::string_view topic, std::string_view payload, qos q, std::uint16_t id = 0,
                     bool dup = false, bool retain = false) {
  return {topic, as_bytes(payload), q, retain, dup, id};
}

connect_view full_connect() {
  connect_view c;
  c.clean_session = false;
  c.keep_alive_s = 60;
  c.client_id = "dev1";
  c.has_will = true;
  c.will = message("w/t", "gone", qos::at_least_once, 0, false, true);
  c.has_username = true;
  c.username = "u";
  c.has_password = true;
  c.password = as_bytes("pw");
  return c;
}

connect_view oldest_connect() {
  connect_view c;
  c.version = version::v3_1;
  c.keep_alive_s = 300;
  c.client_id = "x";
  return c;
}

std::vector<codec_case> connection_cases() {
  return {
    {"connect_least",
     "10 0c"          // CONNECT, 12 octets follow
     "00 04 'MQTT'"   // protocol name [MQTT-3.1.2-1]
     "04"             // level: 3.1.1
     "02"             // flags: clean session, reserved bit 0 [MQTT-3.1.2-3]
     "00 00"          // no keep-alive
     "00 00",         // client id: empty [MQTT-3.1.3-3], [MQTT-3.1.3-6]
     "CONNECT v4 clean keep0 id=", [](byte_buffer& out) { encode_connect({}, out); }},
    {"connect_full", // order of the payload: [MQTT-3.1.3-1]
     "10 22"
     "00 04 'MQTT' 04"
     "ec"             // user, password, will retain, will QoS 1, will, session kept
     "00 3c"          // keep-alive 60 s
     "00 04 'dev1'"   // client id
     "00 03 'w/t'"    // will topic [MQTT-3.1.2-9]
     "00 04 'gone'"   // will message
     "00 01 'u'"      // user name [MQTT-3.1.2-19]
     "00 02 'pw'",    // password [MQTT-3.1.2-21]
     "CONNECT v4 kept keep60 id=dev1 will(w/t=gone q1 retain) user=u password=pw",
     [](byte_buffer& out) { encode_connect(full_connect(), out); }},
    {"connect_3_1",
     "10 0f"
     "00 06 'MQIsdp'" // MQTT 3.1's name
     "03"             // and level
     "02 01 2c"
     "00 01 'x'",
     "CONNECT v3 clean keep300 id=x",
     [](byte_buffer& out) { encode_connect(oldest_connect(), out); }},
    {"connack_accepted", "20 02 00 00", "CONNACK flags0 code0",
     [](byte_buffer& out) { encode_connack(false, connack_code::accepted, out); }},
    {"connack_session_present", "20 02 01 00", "CONNACK flags1 code0",
     [](byte_buffer& out) { encode_connack(true, connack_code::accepted, out); }},
    {"connack_not_authorized", "20 02 00 05", "CONNACK flags0 code5",
     [](byte_buffer& out) { encode_connack(false, connack_code::not_authorized, out); }},
    {"pingreq", "c0 00", "PINGREQ",
     [](byte_buffer& out) { encode_empty(packet_type::pingreq, out); }},
    {"pingresp", "d0 00", "PINGRESP",
     [](byte_buffer& out) { encode_empty(packet_type::pingresp, out); }},
    {"disconnect", "e0 00", "DISCONNECT", // [MQTT-3.14.1-1]
     [](byte_buffer& out) { encode_empty(packet_type::disconnect, out); }},
  };
}

std::vector<codec_case> message_cases() {
  using enum qos;
  return {
    {"publish_qos_0", // no packet id [MQTT-2.3.1-5]
     "30 07"
     "00 03 'a/b'"
     "'hi'",
     "PUBLISH a/b=hi q0",
     [](byte_buffer& out) { encode_publish(message("a/b", "hi", at_most_once), out); }},
    {"publish_qos_1_retain",
     "33 09"
     "00 03 'a/b'"
     "00 0a" // packet id 10
     "'hi'",
     "PUBLISH a/b=hi q1 id10 retain",
     [](byte_buffer& out) {
       encode_publish(message("a/b", "hi", at_least_once, 10, false, true), out);
     }},
    {"publish_qos_2_dup_empty_payload", "3c 07 00 03 'a/b' ff ff", "PUBLISH a/b= q2 id65535 dup",
     [](byte_buffer& out) {
       encode_publish(message("a/b", "", exactly_once, 65535, true), out);
     }},
    {"publish_dup_is_never_sent_at_qos_0", "30 04 00 01 't' 'x'", "PUBLISH t=x q0", // 3.3.1-2
     [](byte_buffer& out) { encode_publish(message("t", "x", at_most_once, 0, true), out); }},
    {"publish_topic_keeps_its_byte_order_mark", // [MQTT-1.5.3-3]
     "30 06 00 04 ef bb bf 't'", "PUBLISH \xef\xbb\xbft= q0",
     [](byte_buffer& out) {
       encode_publish(message("\xef\xbb\xbft", "", at_most_once), out);
     }},
    {"puback", "40 02 12 34", "PUBACK 4660",
     [](byte_buffer& out) { encode_ack(packet_type::puback, 0x1234, out); }},
    {"pubrec", "50 02 00 01", "PUBREC 1",
     [](byte_buffer& out) { encode_ack(packet_type::pubrec, 1, out); }},
    {"pubrel", "62 02 00 01", "PUBREL 1", // flags 0010 [MQTT-3.6.1-1]
     [](byte_buffer& out) { encode_ack(packet_type::pubrel, 1, out); }},
    {"pubcomp", "70 02 00 01", "PUBCOMP 1",
     [](byte_buffer& out) { encode_ack(packet_type::pubcomp, 1, out); }},
    {"subscribe", // flags 0010 [MQTT-3.8.1-1]
     "82 0e"
     "00 0a"          // packet id
     "00 03 'a/b' 01" // filter, QoS 1
     "00 03 'c/#' 02",
     "SUBSCRIBE 10 a/b:1 c/#:2",
     [](byte_buffer& out) {
       const filter_request filters[] = {{"a/b", at_least_once}, {"c/#", exactly_once}};
       encode_subscribe(10, filters, out);
     }},
    {"suback", "90 05 00 0a 00 02 80", "SUBACK 10 [00 02 80]", // [MQTT-3.9.3-1]
     [](byte_buffer& out) {
       const std::uint8_t codes[] = {0, 2, subscribe_refused};
       encode_suback(10, codes, out);
     }},
    {"unsubscribe", // flags 0010 [MQTT-3.10.1-1]
     "a2 0a"
     "00 0b"
     "00 03 'a/b'"
     "00 01 '#'",
     "UNSUBSCRIBE 11 a/b #",
     [](byte_buffer& out) {
       const std::string_view filters[] = {"a/b", "#"};
       encode_unsubscribe(11, filters, out);
     }},
    {"unsuback", "b0 02 00 0b", "UNSUBACK 11",
     [](byte_buffer& out) { encode_ack(packet_type::unsuback, 11, out); }},
  };
}

std::vector<codec_case> all_cases() {
  std::vector<codec_case> cases = connection_cases();
  for (codec_case& c : message_cases()) {
    cases.push_back(std::move(c));
  }
  return cases;
}

version version_of(const codec_case& c) {
  return std::string_view{c.name} == "connect_3_1" ? version::v3_1 : version::v3_1_1;
}

TEST(mqtt_codec, decodes_each_packet_fed_whole) {
  for (const codec_case& c : all_cases()) {
    EXPECT_EQ(packets(octets(c.wire), version_of(c)), lines{c.packet}) << c.name;
  }
}

TEST(mqtt_codec, decodes_each_packet_fed_byte_by_byte) {
  for (const codec_case& c : all_cases()) {
    const wire bytes = octets(c.wire);
    framer cut;
    framed found;
    lines got;
    for (const std::uint8_t b : bytes) {
      const wire lent{b};
      cut.lend(lent);
      while (cut.next({0xffff, version_of(c), 1000, false}, found) == framing::packet) {
        got.push_back(describe(found.packet, version_of(c)));
      }
    }
    EXPECT_EQ(got, lines{c.packet}) << c.name;
  }
}

TEST(mqtt_codec, decodes_each_packet_followed_by_others) {
  for (const codec_case& c : all_cases()) {
    wire bytes = octets(c.wire);
    const wire follow = octets("c0 00 d0"); // a whole PINGREQ, half a PINGRESP
    bytes.insert(bytes.end(), follow.begin(), follow.end());
    EXPECT_EQ(packets(bytes), (lines{c.packet, "PINGREQ"})) << c.name;
  }
}

TEST(mqtt_codec, encodes_each_packet_to_the_same_octets) {
  for (const codec_case& c : all_cases()) {
    byte_buffer out;
    c.encode(out);
    EXPECT_EQ(hex(out.view()), hex(octets(c.wire))) << c.name;
  }
}

// A cut at any place is a truncated packet, never a read past the end.
TEST(mqtt_codec, notices_every_packet_that_ends_too_early) {
  for (const codec_case& c : all_cases()) {
    const wire bytes = octets(c.wire);
    for (std::size_t size = 0; size + 2 < bytes.size(); ++size) {
      wire cut{bytes[0], static_cast<std::uint8_t>(size)};
      cut.insert(cut.end(), bytes.begin() + 2, bytes.begin() + 2 + static_cast<int>(size));
      const lines got = packets(cut);
      ASSERT_EQ(got.size(), 1U);
      // What is left may be a packet of its own right: fewer filters, codes or payload.
      const bool shorter = got[0] != c.packet;
      EXPECT_TRUE(shorter) << c.name << " cut to " << size << ": " << got[0];
    }
  }
}

// 2.2.3: the four sizes of the remaining length, at their borders.
TEST(mqtt_codec, writes_and_reads_every_size_of_the_remaining_length) {
  const std::pair<std::size_t, const char*> borders[] = {
    {127, "7f"},          {128, "80 01"},       {16'383, "ff 7f"},
    {16'384, "80 80 01"}, {2'097'151, "ff ff 7f"}, {2'097'152, "80 80 80 01"}};
  for (const auto& [remaining, digits] : borders) {
    const std::vector<std::uint8_t> payload(remaining - 3, 'x');
    byte_buffer out;
    encode_publish({"t", payload}, out);
    EXPECT_EQ(out.size(), packet_size(remaining));
    EXPECT_EQ(hex(out.view().subspan(1, packet_size(remaining) - remaining - 1)), digits);
    framer cut;
    framed found;
    cut.lend(out.view());
    ASSERT_EQ(cut.next({0xffff, version::v3_1_1, 3'000'000, false}, found), framing::packet);
    EXPECT_EQ(found.packet.body.size(), remaining);
  }
}

TEST(mqtt_codec, takes_the_largest_remaining_length_for_a_length) {
  framer cut;
  framed found;
  const wire largest = octets("30 ff ff ff 7f");
  cut.lend(largest);
  EXPECT_EQ(cut.next({0xffff, version::v3_1_1, 0xffff'ffff, false}, found), framing::need_more);
  EXPECT_LT(cut.memory_bytes(), 200U);
}

// [MQTT-3.1.2-11], [MQTT-3.1.2-13], [MQTT-3.1.2-15], [MQTT-3.1.2-18], [MQTT-3.1.2-20]: what has no
// flag leaves neither bits nor fields.
TEST(mqtt_codec, leaves_no_trace_of_a_will_or_of_credentials_that_are_not_there) {
  connect_view c = full_connect();
  c.has_will = false;
  c.has_username = false;
  c.has_password = false;
  byte_buffer out;
  encode_connect(c, out);
  EXPECT_EQ(hex(out.view()), hex(octets("10 10 00 04 'MQTT' 04 00 00 3c 00 04 'dev1'")));
}

// [MQTT-3.1.2-14]: every QoS and retain flag a will may have, and how each looks in the flags.
TEST(mqtt_codec, writes_and_reads_every_kind_of_will) {
  for (const unsigned q : {0U, 1U, 2U}) {
    for (const bool retain : {false, true}) {
      connect_view c;
      c.has_will = true;
      c.will = message("w", "x", static_cast<qos>(q), 0, false, retain);
      byte_buffer out;
      encode_connect(c, out);
      EXPECT_EQ(out[9], 0x06 | q << 3 | (retain ? 0x20U : 0U));
      EXPECT_EQ(packets(out.view()),
                lines{"CONNECT v4 clean keep0 id= will(w=x q" + number(q)
                      + (retain ? " retain)" : ")")});
    }
  }
}

TEST(mqtt_codec, has_a_sentence_of_its_own_for_each_violation) {
  std::vector<std::string_view> seen;
  for (int i = 0; i <= static_cast<int>(violation::identifier_rejected); ++i) {
    const std::string_view sentence = text(static_cast<violation>(i));
    EXPECT_NE(sentence, "unknown");
    EXPECT_EQ(std::count(seen.begin(), seen.end(), sentence), 0) << sentence;
    seen.push_back(sentence);
  }
}

} // namespace
} // namespace fleet::mqtt::test
