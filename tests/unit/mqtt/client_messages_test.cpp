// The client's messages: QoS 0, 1 and 2 in both directions on one connection, packet ids, windows,
// and packets too large for the board.
#include <gtest/gtest.h>

#include "tests/support/mqtt_rigs.hpp"

namespace fleet::mqtt::test {
namespace {

using namespace std::chrono_literals;
using enum qos;

// [MQTT-4.3.1-1], [MQTT-2.3.1-5], [MQTT-3.3.1-2].
TEST(mqtt_client, sends_qos_0_without_packet_id_or_dup_and_forgets_it) {
  client_rig rig;
  rig.open();
  const auto id = rig.machine.publish({"t", as_bytes("x"), at_most_once, true, true, 9}, rig.now, 1,
                                      rig.now, rig.out);
  EXPECT_EQ(id.value(), 0);
  EXPECT_EQ(rig.sent(), lines{"PUBLISH t=x q0 retain"});
  EXPECT_EQ(rig.machine.in_flight(), 0U);
}

// [MQTT-4.3.2-1], [MQTT-3.3.1-1], [MQTT-2.3.1-6].
TEST(mqtt_client, sends_qos_1_without_dup_until_puback) {
  client_rig rig;
  rig.open();
  EXPECT_EQ(rig.publish(at_least_once, 41), 1);
  EXPECT_EQ(rig.publish(at_least_once, 42), 2);
  EXPECT_EQ(rig.sent(), (lines{"PUBLISH t=41 q1 id1", "PUBLISH t=42 q1 id2"}));
  EXPECT_EQ(rig.machine.in_flight(), 2U);
  EXPECT_EQ(rig.machine.unacknowledged(), (std::vector<std::uint64_t>{41, 42}));
  EXPECT_EQ(rig.feed("40 02 00 02"), lines{"acknowledged id2 cookie42"});
  EXPECT_EQ(rig.feed("40 02 00 01"), lines{"acknowledged id1 cookie41"});
  EXPECT_EQ(rig.machine.in_flight(), 0U);
}

TEST(mqtt_client, gives_the_moment_a_message_was_due_back_with_its_acknowledgement) {
  client_rig rig;
  rig.open();
  rig.advance(5s);
  EXPECT_TRUE(
    rig.machine.publish({"t", {}, at_least_once}, time_point{3s}, 7, rig.now, rig.out).ok());
  const wire puback = octets("40 02 00 01");
  rig.machine.receive(puback, rig.now);
  const auto event = rig.machine.next_event(rig.out);
  ASSERT_TRUE(event.has_value());
  EXPECT_EQ(std::get<client_event::publish_acknowledged>(*event).due, time_point{3s});
}

// [MQTT-4.3.3-1]: PUBLISH, PUBREC, PUBREL, PUBCOMP.
TEST(mqtt_client, sends_qos_2_in_four_steps) {
  client_rig rig;
  rig.open();
  rig.publish(exactly_once, 7);
  EXPECT_EQ(rig.sent(), lines{"PUBLISH t=7 q2 id1"});
  EXPECT_EQ(rig.feed("50 02 00 01"), lines{});
  EXPECT_EQ(rig.sent(), lines{"PUBREL 1"});
  EXPECT_EQ(rig.machine.unacknowledged(), std::vector<std::uint64_t>{7});
  EXPECT_EQ(rig.feed("70 02 00 01"), lines{"acknowledged id1 cookie7"});
  EXPECT_EQ(rig.machine.in_flight(), 0U);
}

TEST(mqtt_client, answers_every_repeated_pubrec_with_pubrel) {
  client_rig rig;
  rig.open();
  rig.publish(exactly_once);
  rig.sent();
  EXPECT_EQ(rig.feed("50 02 00 01 50 02 00 01"), lines{});
  EXPECT_EQ(rig.sent(), (lines{"PUBREL 1", "PUBREL 1"}));
  EXPECT_EQ(rig.feed("70 02 00 01 70 02 00 01"), lines{"acknowledged id1 cookie1"});
  EXPECT_EQ(rig.feed("50 02 00 01"), lines{});
  EXPECT_EQ(rig.sent(), lines{"PUBREL 1"});
}

// [MQTT-4.3.2-2], [MQTT-4.5.0-2], [MQTT-3.3.4-1].
TEST(mqtt_client, acknowledges_each_arriving_message_by_its_qos) {
  client_rig rig;
  rig.open();
  EXPECT_EQ(rig.feed("31 04 00 01 't' 'a' 32 06 00 01 't' 00 05 'b' 34 06 00 01 't' 00 06 'c'"),
            (lines{"arrived t=a q0 retain", "arrived t=b q1 id5", "arrived t=c q2 id6"}));
  EXPECT_EQ(rig.sent(), (lines{"PUBACK 5", "PUBREC 6"}));
  EXPECT_EQ(rig.feed("62 02 00 06"), lines{});
  EXPECT_EQ(rig.sent(), lines{"PUBCOMP 6"});
}

// [MQTT-4.6.0-2], [MQTT-4.6.0-3]: acknowledgements in the order of the messages.
TEST(mqtt_client, acknowledges_in_the_order_of_arrival) {
  client_rig rig;
  rig.open();
  rig.feed("32 05 00 01 't' 00 09 34 05 00 01 't' 00 03 "
           "32 05 00 01 't' 00 04 34 05 00 01 't' 00 01");
  EXPECT_EQ(rig.sent(), (lines{"PUBACK 9", "PUBREC 3", "PUBACK 4", "PUBREC 1"}));
}

// [MQTT-4.3.3-2]: delivered once until PUBREL, and anew after it.
TEST(mqtt_client, delivers_a_repeated_qos_2_message_once) {
  client_rig rig;
  rig.open();
  EXPECT_EQ(rig.feed("34 05 00 01 't' 00 06 3c 05 00 01 't' 00 06 34 05 00 01 't' 00 06"),
            lines{"arrived t= q2 id6"});
  EXPECT_EQ(rig.sent(), (lines{"PUBREC 6", "PUBREC 6", "PUBREC 6"}));
  EXPECT_EQ(rig.feed("62 02 00 06 62 02 00 06 34 05 00 01 't' 00 06"),
            lines{"arrived t= q2 id6"});
  EXPECT_EQ(rig.sent(), (lines{"PUBCOMP 6", "PUBCOMP 6", "PUBREC 6"}));
}

TEST(mqtt_client, delivers_a_repeated_qos_1_message_each_time) {
  client_rig rig;
  rig.open();
  EXPECT_EQ(rig.feed("32 05 00 01 't' 00 06 3a 05 00 01 't' 00 06"),
            (lines{"arrived t= q1 id6", "arrived t= q1 id6 dup"}));
}

TEST(mqtt_client, leaves_a_server_that_never_releases_its_qos_2_messages) {
  client_behaviour b;
  b.incoming_qos2_max = 2;
  client_rig rig{b};
  rig.open();
  EXPECT_EQ(rig.feed("34 05 00 01 't' 00 01 34 05 00 01 't' 00 02").size(), 2U);
  EXPECT_EQ(rig.feed("34 05 00 01 't' 00 02"), lines{}); // known: no more room needed
  EXPECT_EQ(rig.feed("34 05 00 01 't' 00 03"), lines{describe(violation::too_many_pending)});
}

// The kind of an acknowledgement must fit what was sent; late repeats are harmless.
TEST(mqtt_client, tells_late_acknowledgements_from_wrong_ones) {
  {
    client_rig rig;
    rig.open();
    EXPECT_EQ(rig.feed("40 02 00 07 70 02 00 07 90 03 00 07 00 b0 02 00 07"), lines{});
    EXPECT_EQ(rig.sent(), lines{});
  }
  const auto after = [](qos q, std::string_view answer) {
    client_rig rig;
    rig.open();
    rig.publish(q);
    return rig.feed(answer);
  };
  const lines wrong{describe(violation::unexpected_ack)};
  EXPECT_EQ(after(exactly_once, "40 02 00 01"), wrong);
  EXPECT_EQ(after(at_least_once, "50 02 00 01"), wrong);
  EXPECT_EQ(after(at_least_once, "70 02 00 01"), wrong);
  EXPECT_EQ(after(exactly_once, "70 02 00 01"), wrong);             // PUBCOMP before PUBREC
  EXPECT_EQ(after(exactly_once, "50 02 00 01 40 02 00 01"), wrong); // PUBACK after PUBREC
  client_rig rig;
  rig.open();
  const filter_request one{"c", at_most_once};
  EXPECT_TRUE(rig.machine.subscribe({&one, 1}, rig.now, rig.out).ok());
  EXPECT_EQ(rig.feed("b0 02 00 01"), wrong);
  client_rig other;
  other.open();
  const std::string_view filter = "c";
  EXPECT_TRUE(other.machine.unsubscribe({&filter, 1}, other.now, other.out).ok());
  EXPECT_EQ(other.feed("90 03 00 01 00"), wrong);
}

// [MQTT-3.3.2-1], [MQTT-3.3.2-2], [MQTT-4.7.3-1], [MQTT-4.7.3-2], [MQTT-1.5.3-1], [MQTT-4.7.1-1].
TEST(mqtt_client, never_sends_a_topic_that_is_none) {
  client_rig rig;
  rig.open();
  const std::string long_one(65'536, 'x');
  for (const std::string_view bad :
       {std::string_view{""}, std::string_view{"a/+"}, std::string_view{"#"},
        std::string_view{"\xed\xa0\x80"}, std::string_view{"a\0", 2}, std::string_view{long_one}}) {
    EXPECT_EQ(rig.machine.publish({bad, {}}, rig.now, 0, rig.now, rig.out).error(),
              publish_error::bad_topic);
  }
  EXPECT_EQ(rig.sent(), lines{});
}

TEST(mqtt_client, refuses_a_message_beyond_the_largest_packet) {
  client_rig rig;
  rig.open();
  // Never read: the size alone decides.
  const std::uint8_t octet = 0;
  const bytes_view huge{&octet, remaining_length_max - 2};
  EXPECT_EQ(rig.machine.publish({"t", huge, at_most_once}, rig.now, 0, rig.now, rig.out).error(),
            publish_error::too_large);
}

TEST(mqtt_client, refuses_more_unacknowledged_messages_than_its_window) {
  client_behaviour b;
  b.in_flight_max = 3;
  client_rig rig{b};
  rig.open();
  rig.publish(at_least_once, 1);
  rig.publish(exactly_once, 2);
  rig.publish(at_least_once, 3);
  const auto more = [&] {
    return rig.machine.publish({"t", {}, at_least_once}, rig.now, 4, rig.now, rig.out);
  };
  EXPECT_EQ(more().error(), publish_error::window_full);
  EXPECT_EQ(rig.publish(at_most_once, 9), 0); // QoS 0 needs no room
  rig.feed("50 02 00 02");
  EXPECT_EQ(more().error(), publish_error::window_full); // released is not yet complete
  rig.feed("70 02 00 02");
  EXPECT_TRUE(more().ok());
}

// [MQTT-2.3.1-1], [MQTT-2.3.1-2], [MQTT-2.3.1-3]: non-zero, shared, and never one in use.
TEST(mqtt_client, hands_out_packet_ids_that_are_not_in_use) {
  client_rig rig;
  rig.open();
  rig.publish(at_least_once, 1); // 1 stays in use
  rig.publish(exactly_once, 2);  // 2 as well, in its second half
  rig.feed("50 02 00 02");
  const filter_request one{"c", at_most_once};
  EXPECT_EQ(rig.machine.subscribe({&one, 1}, rig.now, rig.out).value(), 3);
  std::uint32_t expected = 4;
  for (int i = 0; i < 200'000; ++i) {
    const std::uint16_t id = rig.publish(at_least_once);
    ASSERT_EQ(id, expected);
    expected = expected == 65'535 ? 4 : expected + 1;
    wire puback{0x40, 2, static_cast<std::uint8_t>(id >> 8), static_cast<std::uint8_t>(id & 0xff)};
    rig.machine.receive(puback, rig.now);
    ASSERT_TRUE(rig.machine.next_event(rig.out).has_value());
    ASSERT_FALSE(rig.machine.next_event(rig.out).has_value());
    rig.out.clear();
  }
}

TEST(mqtt_client, can_have_every_packet_id_in_use) {
  client_behaviour b;
  b.in_flight_max = 65'535;
  client_rig rig{b};
  rig.open();
  for (std::uint32_t id = 1; id <= 65'535; ++id) {
    ASSERT_EQ(rig.publish(at_least_once, id), id);
  }
  const filter_request one{"c", at_most_once};
  EXPECT_EQ(rig.machine.subscribe({&one, 1}, rig.now, rig.out).error(),
            subscribe_error::too_many_pending);
  rig.feed("40 02 12 34");
  EXPECT_EQ(rig.machine.subscribe({&one, 1}, rig.now, rig.out).value(), 0x1234);
}

wire large_publish(std::uint8_t head, std::size_t payload) {
  byte_buffer out;
  const std::vector<std::uint8_t> bytes(payload, 'x');
  encode_publish({"t", bytes, static_cast<qos>((head >> 1) & 3), false, false, 9}, out);
  return {out.view().begin(), out.view().end()};
}

TEST(mqtt_client, passes_over_and_acknowledges_what_is_too_large_for_the_board) {
  client_behaviour b;
  b.receive_limit_bytes = 64;
  for (const feeding how : {feeding::whole, feeding::byte_by_byte}) {
    client_rig rig{b};
    rig.open();
    const std::size_t idle = rig.machine.memory_bytes();
    EXPECT_EQ(rig.feed(large_publish(0x30, 100), how), lines{"oversized 105"});
    EXPECT_EQ(rig.feed(large_publish(0x32, 100), how), lines{"oversized 107"});
    EXPECT_EQ(rig.feed(large_publish(0x34, 100), how), lines{"oversized 107"});
    EXPECT_EQ(rig.feed(large_publish(0x34, 100), how), lines{}); // a repeat of QoS 2
    EXPECT_EQ(rig.sent(), (lines{"PUBACK 9", "PUBREC 9", "PUBREC 9"}));
    EXPECT_EQ(rig.feed("62 02 00 09"), lines{});
    EXPECT_EQ(rig.sent(), lines{"PUBCOMP 9"});
    EXPECT_LT(rig.machine.memory_bytes(), idle + 300);
    EXPECT_EQ(rig.feed("30 04 00 01 't' 'x'", how), lines{"arrived t=x q0"});
  }
}

TEST(mqtt_client, leaves_too_large_messages_unacknowledged_when_told_so) {
  client_behaviour b;
  b.receive_limit_bytes = 64;
  b.acknowledge_oversized = false;
  client_rig rig{b};
  rig.open();
  EXPECT_EQ(rig.feed(large_publish(0x34, 100)), lines{"oversized 107"});
  EXPECT_EQ(rig.feed(large_publish(0x32, 100)), lines{"oversized 107"});
  EXPECT_EQ(rig.sent(), lines{});
}

TEST(mqtt_client, never_holds_more_than_the_receive_limit) {
  client_behaviour b;
  b.receive_limit_bytes = 1000;
  client_rig rig{b};
  rig.open();
  const std::size_t idle = rig.machine.memory_bytes();
  const wire packet = large_publish(0x32, 900);
  for (std::size_t i = 0; i + 1 < packet.size(); ++i) {
    rig.machine.receive(bytes_view{packet}.subspan(i, 1), rig.now);
    rig.drain();
    ASSERT_LE(rig.machine.memory_bytes(), idle + 200 + 1000);
  }
}

} // namespace
} // namespace fleet::mqtt::test
