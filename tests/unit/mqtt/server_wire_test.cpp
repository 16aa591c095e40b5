// What the server puts on the wire, to the octet and without the codec's help.
#include <string>

#include <gtest/gtest.h>

#include "tests/support/mqtt_reader.hpp"
#include "tests/support/mqtt_rigs.hpp"

namespace fleet::mqtt::test {
namespace {

using namespace std::string_literals;
using enum qos;

/// What stands in `rig.out`, which is emptied.
std::string written(server_rig& rig) {
  std::string out = hex(rig.out.view());
  rig.out.clear();
  return out;
}

// [MQTT-2.2.2-1], [MQTT-3.2.0-1], [MQTT-2.3.1-7], [MQTT-3.8.4-2], [MQTT-3.10.4-4], [MQTT-3.12.4-1].
TEST(mqtt_server_wire, writes_each_answer_to_the_octet) {
  server_rig rig;
  rig.open();
  EXPECT_EQ(written(rig), "20 02 00 00");
  rig.feed("82 0b 1234 0001 'a' 02 0002 'b/' 00");
  EXPECT_EQ(written(rig), "90 04 12 34 02 00");
  rig.feed("a2 05 4321 0001 'a'");
  EXPECT_EQ(written(rig), "b0 02 43 21");
  rig.feed("c0 00");
  EXPECT_EQ(written(rig), "d0 00");
  rig.feed("32 05 0001 't' 0102");
  EXPECT_EQ(written(rig), "40 02 01 02");
  rig.feed("34 05 0001 't' 0304");
  EXPECT_EQ(written(rig), "50 02 03 04");
  rig.feed("62 02 0304");
  EXPECT_EQ(written(rig), "70 02 03 04");
}

// [MQTT-3.3.2-1], [MQTT-2.3.1-1], [MQTT-2.3.1-5], [MQTT-3.3.1-1], [MQTT-3.3.1-2], [MQTT-3.6.1-1].
TEST(mqtt_server_wire, writes_publish_and_pubrel_to_the_octet) {
  server_rig rig;
  rig.open();
  written(rig);
  rig.deliver(at_most_once, 5);
  EXPECT_EQ(written(rig), hex(octets("30 04 0001 't' '5'")));
  rig.machine.deliver_now("\xc3\xa9", as_bytes("6"), true, rig.out);
  EXPECT_EQ(written(rig), hex(octets("31 05 0002 c3a9 '6'")));
  rig.deliver(at_least_once, 7);
  EXPECT_EQ(written(rig), hex(octets("32 06 0001 't' 0001 '7'")));
  rig.deliver(exactly_once, 8, true);
  EXPECT_EQ(written(rig), hex(octets("35 06 0001 't' 0002 '8'")));
  rig.deliver(exactly_once, 9);
  written(rig);
  rig.feed("50 02 0003");
  EXPECT_EQ(written(rig), "62 02 00 03");
  rig.reconnect();
  rig.open();
  EXPECT_EQ(written(rig), hex(octets("20 02 01 00 62 02 0003 3a 06 0001 't' 0001 '7' "
                                     "3d 06 0001 't' 0002 '8'")));
}

// [MQTT-2.3.1-1], [MQTT-2.3.1-4]: ids go round, never 0 and never one in use.
TEST(mqtt_server_wire, gives_packet_ids_that_are_free_and_not_zero) {
  server_rig rig;
  rig.open();
  rig.out.clear();
  rig.deliver(at_least_once, 1); // 1 stays in use
  rig.out.clear();
  unsigned expected = 2;
  for (int i = 0; i < 140'000; ++i) {
    rig.deliver(at_least_once, 2);
    const auto packets = cut(rig.out.view());
    ASSERT_EQ(packets.size(), 1U);
    bare_reader in{packets[0].body};
    in.text();
    const unsigned id = in.number();
    ASSERT_EQ(id, expected);
    expected = expected == 65'535 ? 2 : expected + 1;
    rig.out.clear();
    rig.feed(wire{0x40, 2, static_cast<std::uint8_t>(id / 256), static_cast<std::uint8_t>(id)});
  }
}

// [MQTT-3.9.3-2]: 0, 1, 2 and 0x80; an owner that says another is mistaken.
TEST(mqtt_server_wire, grants_with_no_code_that_does_not_exist) {
  for (unsigned code = 0; code < 256; ++code) {
    server_rig rig;
    rig.open();
    rig.out.clear();
    const wire subscribe = octets("82 06 0001 0001 't' 02");
    rig.machine.receive(subscribe, rig.now);
    ASSERT_TRUE(rig.machine.next_event(rig.out).has_value());
    const std::uint8_t codes[] = {static_cast<std::uint8_t>(code)};
    if (code <= 2 || code == 0x80) {
      rig.machine.grant(1, codes, rig.out);
      EXPECT_EQ(written(rig), hex(wire{0x90, 3, 0, 1, codes[0]}));
    } else if (code == 3 || code == 0x7f || code == 0x81 || code == 0xff) { // a fork each
      EXPECT_DEATH(rig.machine.grant(1, codes, rig.out), "subscribe_refused");
    }
  }
}

// [MQTT-1.5.3-3], [MQTT-4.7.3-3]: texts pass as they are, up to the longest.
TEST(mqtt_server_wire, passes_texts_on_as_they_are) {
  server_rig rig;
  rig.open();
  rig.out.clear();
  EXPECT_EQ(rig.feed("30 07 0004 ef bb bf 't' 'x'"), lines{"published \xef\xbb\xbft=x q0"});
  EXPECT_EQ(rig.feed("82 09 0001 0004 't' ef bb bf 01"), lines{"subscribe id1 t\xef\xbb\xbf:1"});
  rig.out.clear();
  const std::string longest(65'535, 'n');
  rig.machine.deliver_now(longest, {}, false, rig.out);
  const auto packets = cut(rig.out.view());
  ASSERT_EQ(packets.size(), 1U);
  EXPECT_EQ(packets[0].body, "\xff\xff" + longest);
  byte_buffer publish;
  publish.append(octets("30 81 80 04 ff ff"));
  publish.append(longest);
  EXPECT_EQ(rig.feed(wire(publish.view().begin(), publish.view().end())),
            lines{"published " + longest + "= q0"});
}

// [MQTT-3.1.3-1]: the payload is read in the standard's order; each text differs.
TEST(mqtt_server_wire, reads_the_payload_of_connect_in_its_order) {
  server_rig rig;
  EXPECT_EQ(
      rig.feed("10 1c 0004 'MQTT' 04 f6 0009 0001 'i' 0002 'wt' 0002 'wm' 0001 'u' 0002 'pp'"),
      lines{"connect v4 clean keep9 id=i will(wt=wm q2 retain) user=u password=pp"});
}

} // namespace
} // namespace fleet::mqtt::test
