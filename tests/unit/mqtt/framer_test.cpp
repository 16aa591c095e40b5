// Cutting the stream: any split, no copy of what is whole, no memory for what is only announced.
#include "protocol/mqtt/framer.hpp"

#include <gtest/gtest.h>

#include "tests/support/mqtt_rigs.hpp"

namespace fleet::mqtt::test {
namespace {

constexpr framing_rules any{0xffff, version::v3_1_1, 1'000'000, false};

wire long_publish(std::size_t payload, std::uint8_t head = 0x32) {
  byte_buffer out;
  const std::vector<std::uint8_t> bytes(payload, 'x');
  encode_publish({"topic", bytes, qos::at_least_once, false, false, 7}, out);
  wire result(out.view().begin(), out.view().end());
  result[0] = head;
  return result;
}

lines step_all(framer& cut, bytes_view bytes, const framing_rules& rules) {
  lines out;
  framed found;
  cut.lend(bytes);
  for (;;) {
    switch (cut.next(rules, found)) {
      case framing::need_more: return out;
      case framing::packet: out.push_back(describe(found.packet)); break;
      case framing::skipped:
        out.push_back("skipped " + number(found.bytes) + " id" + number(found.packet_id));
        break;
      case framing::violated: out.push_back(describe(found.why)); return out;
    }
  }
}

TEST(mqtt_framer, shows_a_whole_packet_where_it_lies) {
  const wire bytes = octets("30 04 00 01 't' 'x' c0 00");
  framer cut;
  framed found;
  cut.lend(bytes);
  ASSERT_EQ(cut.next(any, found), framing::packet);
  EXPECT_EQ(found.packet.body.data(), bytes.data() + 2);
  EXPECT_EQ(cut.memory_bytes(), 0U);
  ASSERT_EQ(cut.next(any, found), framing::packet);
  EXPECT_EQ(found.packet.type(), packet_type::pingreq);
  EXPECT_EQ(cut.next(any, found), framing::need_more);
  EXPECT_EQ(cut.memory_bytes(), 0U);
}

TEST(mqtt_framer, survives_every_split_in_two_and_forgets_the_pieces) {
  wire stream = long_publish(300);
  const wire tail = octets("c0 00 30 04 00 01 't' 'y'");
  stream.insert(stream.end(), tail.begin(), tail.end());
  const lines whole = packets(stream);
  ASSERT_EQ(whole.size(), 3U);
  for (std::size_t at = 0; at <= stream.size(); ++at) {
    framer cut;
    lines got = step_all(cut, bytes_view{stream}.first(at), any);
    const lines rest = step_all(cut, bytes_view{stream}.subspan(at), any);
    got.insert(got.end(), rest.begin(), rest.end());
    EXPECT_EQ(got, whole) << "split at " << at;
    EXPECT_EQ(cut.memory_bytes(), 0U);
  }
}

TEST(mqtt_framer, holds_no_more_than_twice_what_arrived) {
  const wire announced = octets("32 c0 84 3d 00 05"); // a million octets to come
  framer cut;
  step_all(cut, announced, any);
  EXPECT_LT(cut.memory_bytes(), 200U);
  const wire more(1000, 'x');
  for (std::size_t i = 1; i <= 50; ++i) {
    step_all(cut, more, any);
    EXPECT_LT(cut.memory_bytes(), 200 + 2 * (6 + i * 1000));
  }
  cut.reset();
  EXPECT_EQ(cut.memory_bytes(), 0U);
}

TEST(mqtt_framer, fails_on_a_packet_beyond_the_limit_before_it_arrives) {
  framer cut;
  const wire bytes = octets("32 ff 07");
  EXPECT_EQ(step_all(cut, bytes, {0xffff, version::v3_1_1, 1025, false}),
            lines{describe(violation::packet_too_large)});
  framer wide;
  EXPECT_EQ(step_all(wide, bytes, {0xffff, version::v3_1_1, 1026, false}), lines{});
}

TEST(mqtt_framer, passes_over_an_oversized_publish_at_every_split) {
  wire stream = long_publish(200);
  const std::size_t size = stream.size();
  const wire tail = octets("d0 00");
  stream.insert(stream.end(), tail.begin(), tail.end());
  const framing_rules small{0xffff, version::v3_1_1, 64, true};
  for (std::size_t at = 0; at <= stream.size(); ++at) {
    framer cut;
    lines got = step_all(cut, bytes_view{stream}.first(at), small);
    EXPECT_LT(cut.memory_bytes(), 200U);
    const lines rest = step_all(cut, bytes_view{stream}.subspan(at), small);
    got.insert(got.end(), rest.begin(), rest.end());
    EXPECT_EQ(got, (lines{"skipped " + number(size) + " id7", "PINGRESP"})) << "split at " << at;
  }
  framer cut;
  lines got;
  for (const std::uint8_t b : stream) {
    const lines more = step_all(cut, {&b, 1}, small);
    got.insert(got.end(), more.begin(), more.end());
  }
  EXPECT_EQ(got, (lines{"skipped " + number(size) + " id7", "PINGRESP"}));
}

TEST(mqtt_framer, finds_the_packet_id_behind_a_topic_longer_than_the_limit) {
  wire stream = octets("34 e8 07 03 e0"); // QoS 2, 1,000 octets to follow, topic of 992
  stream.insert(stream.end(), 992, 't');
  const wire rest = octets("12 34 'abcd'");
  stream.insert(stream.end(), rest.begin(), rest.end());
  framer cut;
  EXPECT_EQ(step_all(cut, stream, {0xffff, version::v3_1_1, 16, true}),
            lines{"skipped 1003 id4660"});
}

TEST(mqtt_framer, refuses_an_oversized_publish_whose_fields_reach_past_its_end) {
  for (const std::string_view head : {"32 e8 07 ff ff", "32 e8 07 03 e5"}) {
    wire stream = octets(head);
    stream.insert(stream.end(), 998, 't');
    framer cut;
    EXPECT_EQ(step_all(cut, stream, {0xffff, version::v3_1_1, 16, true}),
              lines{describe(violation::truncated_packet)});
  }
  wire zero = octets("32 e8 07 00 01 't' 00 00");
  zero.insert(zero.end(), 995, 'x');
  framer cut;
  EXPECT_EQ(step_all(cut, zero, {0xffff, version::v3_1_1, 16, true}),
            lines{describe(violation::zero_packet_id)});
}

// 2.2.3 does not ask for the shortest form; peers that pad it exist.
TEST(mqtt_framer, takes_a_padded_remaining_length) {
  EXPECT_EQ(packets(octets("c0 80 80 00 d0 00")), (lines{"PINGREQ", "PINGRESP"}));
}

// MQTT 3.1, 2.1: DUP exists for PUBREL, SUBSCRIBE and UNSUBSCRIBE; other flags are unused.
TEST(mqtt_framer, knows_the_flags_of_3_1) {
  const wire all = octets("6a 02 00 01 8a 06 00 01 00 01 't' 00 aa 05 00 01 00 01 't' "
                          "49 02 00 01 38 03 00 01 't'");
  EXPECT_EQ(packets(all, version::v3_1),
            (lines{"PUBREL dup 1", "SUBSCRIBE 1 t:0", "UNSUBSCRIBE 1 t", "PUBACK 1",
                   "PUBLISH t= q0 dup"}));
  EXPECT_EQ(packets(octets("64 02 00 01"), version::v3_1), lines{describe(violation::bad_flags)});
}

} // namespace
} // namespace fleet::mqtt::test
