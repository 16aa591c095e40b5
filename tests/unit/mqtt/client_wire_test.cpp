// What the client puts on the wire, judged octet by octet and without the codec: CONNECT for every
// combination of its fields, and each packet of a whole session.
#include <string>

#include <gtest/gtest.h>

#include "tests/support/mqtt_reader.hpp"
#include "tests/support/mqtt_rigs.hpp"

namespace fleet::mqtt::test {
namespace {

using namespace std::chrono_literals;
using namespace std::string_literals;
using namespace std::string_view_literals;
using enum qos;

/// Calls `use` with every CONNECT that differs in presence, flags or length of a field.
template <class Use>
void each_connect(Use use) {
  const std::string longest(65'535, 'i');
  for (const std::string_view id :
       {""sv, "d"sv, "\xe4\xb8\xad/\xef\xbb\xbf"sv, std::string_view{longest}}) {
    for (unsigned bits = 0; bits < 4 * 7 * 2; ++bits) {
      const unsigned credentials = bits % 4; // none, user, user and password, both empty
      const unsigned will = bits / 4 % 7;    // none, or QoS and retain
      connect_fields c;
      c.client_id = id;
      c.clean_session = bits / 28 != 0;
      c.keep_alive_s = 0x1234;
      c.has_will = will != 0;
      if (c.has_will) {
        c.will = {"w/\xc3\xa9", will == 1 ? bytes_view{} : as_bytes("gone")};
        c.will.qos = static_cast<qos>((will - 1) / 2);
        c.will.retain = will % 2 == 0;
      }
      c.has_username = credentials != 0;
      c.username = credentials == 3 ? ""sv : "us\xc3\xa9r"sv;
      c.has_password = credentials >= 2;
      c.password = credentials == 3 ? bytes_view{} : as_bytes("p\0w\xff"sv);
      if (c.clean_session || !id.empty()) {
        use(c);
      }
    }
  }
}

// [MQTT-3.1.2-9], [MQTT-3.1.2-11], [MQTT-3.1.2-13] to [MQTT-3.1.2-15], [MQTT-3.1.2-18] to
// [MQTT-3.1.2-22], [MQTT-3.1.3-1], [MQTT-3.1.3-3], [MQTT-3.1.3-7], [MQTT-2.2.2-1].
TEST(mqtt_client_wire, writes_connect_as_the_standard_for_every_combination_of_fields) {
  int count = 0;
  each_connect([&](const connect_fields& c) {
    ++count;
    client_rig rig;
    rig.machine.start(c, rig.now, rig.out);
    const auto packets = cut(rig.out.view());
    ASSERT_EQ(packets.size(), 1U);
    EXPECT_EQ(packets[0].type, 1U);
    EXPECT_EQ(packets[0].flags, 0U);
    bare_reader in{packets[0].body};
    EXPECT_EQ(in.text(), "MQTT");
    EXPECT_EQ(in.octet(), 4U);
    const unsigned flags = in.octet();
    EXPECT_EQ(flags & 1, 0U) << "reserved";
    EXPECT_EQ((flags & 2) != 0, c.clean_session);
    EXPECT_EQ((flags & 4) != 0, c.has_will);
    EXPECT_EQ(flags / 8 % 4, c.has_will ? static_cast<unsigned>(c.will.qos) : 0U);
    EXPECT_EQ((flags & 32) != 0, c.has_will && c.will.retain);
    EXPECT_EQ((flags & 64) != 0, c.has_password);
    EXPECT_EQ((flags & 128) != 0, c.has_username);
    EXPECT_EQ(in.number(), 0x1234U);
    EXPECT_EQ(in.text(), c.client_id);
    if (c.has_will) {
      EXPECT_EQ(in.text(), c.will.topic);
      EXPECT_EQ(in.text(), as_text(c.will.payload));
    }
    if (c.has_username) {
      EXPECT_EQ(in.text(), c.username);
    }
    if (c.has_password) {
      EXPECT_EQ(in.text(), as_text(c.password));
    }
    EXPECT_TRUE(in.done());
    EXPECT_EQ(in.fault, "");
  });
  EXPECT_EQ(count, 4 * 56 - 28);
}

connect_fields sound() {
  connect_fields c;
  c.client_id = "d";
  c.has_will = true;
  c.will = {"w", as_bytes("gone"), exactly_once, true};
  c.has_username = true;
  c.username = "u";
  c.has_password = true;
  c.password = as_bytes("\xff\0"sv); // octets, no text
  return c;
}

/// Every way in which CONNECT can be wrong by its fields, one at a time.
std::vector<std::pair<const char*, connect_fields>> unsound_connects(std::string_view long_text) {
  std::vector<std::pair<const char*, connect_fields>> out;
  const auto add = [&](const char* name, auto change) {
    connect_fields c = sound();
    change(c);
    out.emplace_back(name, c);
  };
  add("3.1.3-7: no id, session kept", [](auto& c) { c.client_id = "", c.clean_session = false; });
  add("3.1.3-4: id", [](auto& c) { c.client_id = "d\xff"; });
  add("1.5.3-1: id, surrogate", [](auto& c) { c.client_id = "\xed\xa0\x80"; });
  add("1.5.3-2: id", [](auto& c) { c.client_id = "d\0"sv; });
  add("1.5.3: id too long", [&](auto& c) { c.client_id = long_text; });
  add("3.1.3-10: will topic", [](auto& c) { c.will.topic = "\xc0\xaf"; });
  add("4.7.3-2: will topic", [](auto& c) { c.will.topic = "w\0"sv; });
  add("4.7.3-1: will topic", [](auto& c) { c.will.topic = ""; });
  add("4.7.1-1: will topic", [](auto& c) { c.will.topic = "w/+"; });
  add("4.7.3-3: will topic", [&](auto& c) { c.will.topic = long_text; });
  add("3.1.3.3: will message too long", [&](auto& c) { c.will.payload = as_bytes(long_text); });
  add("3.1.2-14: will QoS", [](auto& c) { c.will.qos = static_cast<qos>(3); });
  add("3.1.3-11: user name", [](auto& c) { c.username = "u\x80"; });
  add("1.5.3-2: user name", [](auto& c) { c.username = "\0u"sv; });
  add("1.5.3: user name too long", [&](auto& c) { c.username = long_text; });
  add("3.1.2-22: password alone", [](auto& c) { c.has_username = false; });
  add("3.1.3.5: password too long", [&](auto& c) { c.password = as_bytes(long_text); });
  return out;
}

// A device that would break the standard with its first packet is a mistake of ours.
TEST(mqtt_client_wire, starts_with_no_connect_that_breaks_the_standard) {
  ASSERT_TRUE(valid_connect(sound()));
  const std::string long_text(65'536, 'x');
  for (const auto& [name, fields] : unsound_connects(long_text)) {
    EXPECT_FALSE(valid_connect(fields)) << name;
    client_rig rig;
    EXPECT_DEATH(rig.machine.start(fields, rig.now, rig.out), "valid_connect") << name;
  }
}

// What is absent is not looked at: a flag of 0 leaves its fields out ([MQTT-3.1.2-11]).
TEST(mqtt_client_wire, leaves_out_what_is_not_announced_whatever_it_holds) {
  connect_fields c = sound();
  c.has_will = c.has_username = c.has_password = false;
  c.username = "\xff";
  c.will.topic = "#";
  client_rig rig;
  rig.machine.start(c, rig.now, rig.out);
  EXPECT_EQ(hex(rig.out.view()), hex(octets("10 0d 0004 'MQTT' 04 02 0000 0001 'd'")));
}

// [MQTT-3.3.1-4], [MQTT-3.8.3-4].
TEST(mqtt_client_wire, writes_no_qos_that_does_not_exist) {
  client_rig rig;
  rig.open();
  const auto three = static_cast<qos>(3);
  EXPECT_DEATH((void)rig.machine.publish({"t", {}, three}, rig.now, 0, rig.now, rig.out), "qos");
  const filter_request filter{"t", three};
  EXPECT_DEATH((void)rig.machine.subscribe({&filter, 1}, rig.now, rig.out), "qos");
}

// [MQTT-3.8.1-1], [MQTT-3.8.3-1], [MQTT-3.10.1-1], [MQTT-3.10.3-1], [MQTT-2.3.1-1].
TEST(mqtt_client_wire, writes_subscribe_and_unsubscribe_to_the_octet) {
  client_rig rig;
  rig.open();
  const filter_request two[] = {{"caf\xc3\xa9/\xf0\x9f\x98\x80/+", exactly_once},
                                {"#", at_most_once}};
  EXPECT_TRUE(rig.machine.subscribe(two, rig.now, rig.out).ok());
  EXPECT_EQ(hex(rig.out.view()),
            hex(octets("82 15 0001 000c 'caf' c3 a9 '/' f0 9f 98 80 '/+' 02 0001 '#' 00")));
  rig.out.clear();
  const std::string_view filters[] = {"\xef\xbb\xbf", "a/#"};
  EXPECT_TRUE(rig.machine.unsubscribe(filters, rig.now, rig.out).ok());
  EXPECT_EQ(hex(rig.out.view()), hex(octets("a2 0c 0002 0003 ef bb bf 0003 'a/#'")));
  rig.out.clear();
  rig.timeout_after(10s); // repeats are the same packets: no DUP at 3.1.1
  const auto again = cut(rig.out.view());
  ASSERT_EQ(again.size(), 2U);
  EXPECT_EQ(again[0].type * 16 + again[0].flags, 0x82U);
  EXPECT_EQ(again[1].type * 16 + again[1].flags, 0xa2U);
}

// [MQTT-3.6.1-1], [MQTT-2.3.1-6]: at once, after a time-out and on a new connection.
TEST(mqtt_client_wire, writes_pubrel_with_flags_0010_each_time) {
  client_rig rig;
  rig.open(false);
  rig.publish(exactly_once);
  rig.out.clear();
  rig.feed("50 02 00 01");
  EXPECT_EQ(hex(rig.out.view()), "62 02 00 01");
  rig.out.clear();
  rig.timeout_after(10s);
  EXPECT_EQ(hex(rig.out.view()), "62 02 00 01");
  rig.machine.lost();
  rig.out.clear();
  rig.open(false, true);
  EXPECT_EQ(hex(rig.out.view()), "62 02 00 01");
}

// [MQTT-3.3.2-1], [MQTT-2.3.1-5], [MQTT-3.3.1-1], [MQTT-3.3.1-2], [MQTT-4.3.1-1].
TEST(mqtt_client_wire, writes_publish_to_the_octet_and_again_with_dup) {
  client_rig rig;
  rig.open(false);
  const auto send = [&](qos q, bool retain) {
    EXPECT_TRUE(rig.machine
                    .publish({"\xc3\xa9", as_bytes("hi"), q, retain, true, 77}, rig.now, 0, rig.now,
                             rig.out)
                    .ok());
  };
  send(at_most_once, false);
  send(at_most_once, true);
  send(at_least_once, false);
  send(exactly_once, true);
  EXPECT_EQ(hex(rig.out.view()),
            hex(octets("30 06 0002 c3a9 'hi' 31 06 0002 c3a9 'hi' "
                       "32 08 0002 c3a9 0001 'hi' 35 08 0002 c3a9 0002 'hi'")));
  const std::string repeats = hex(octets("3a 08 0002 c3a9 0001 'hi' 3d 08 0002 c3a9 0002 'hi'"));
  rig.out.clear();
  rig.timeout_after(10s);
  EXPECT_EQ(hex(rig.out.view()), repeats);
  rig.machine.lost();
  rig.out.clear();
  rig.open(false, true);
  EXPECT_EQ(hex(rig.out.view()), repeats);
}

// [MQTT-1.5.3-3]: a byte-order mark is part of the text, in both directions.
TEST(mqtt_client_wire, keeps_a_byte_order_mark_where_it_stands) {
  client_rig rig;
  rig.open();
  EXPECT_EQ(rig.feed("30 07 0004 ef bb bf 't' 'x'"), lines{"arrived \xef\xbb\xbft=x q0"});
  EXPECT_EQ(rig.feed("30 07 0004 't' ef bb bf 'x'"), lines{"arrived t\xef\xbb\xbf=x q0"});
  EXPECT_TRUE(
      rig.machine.publish({"\xef\xbb\xbft", as_bytes("x")}, rig.now, 0, rig.now, rig.out).ok());
  EXPECT_EQ(hex(rig.out.view()), hex(octets("30 07 0004 ef bb bf 't' 'x'")));
}

// [MQTT-4.7.3-3]: the longest name and filter go out whole; what is longer, see never_sends_….
TEST(mqtt_client_wire, writes_names_and_filters_of_65535_octets_whole) {
  const std::string longest(65'535, 'n');
  client_rig rig;
  rig.open();
  EXPECT_TRUE(rig.machine.publish({longest, as_bytes("x")}, rig.now, 0, rig.now, rig.out).ok());
  const filter_request one{longest, at_least_once};
  EXPECT_TRUE(rig.machine.subscribe({&one, 1}, rig.now, rig.out).ok());
  const auto packets = cut(rig.out.view());
  ASSERT_EQ(packets.size(), 2U);
  EXPECT_EQ(packets[0].body, "\xff\xff" + longest + "x");
  EXPECT_EQ(packets[1].body, "\0\1\xff\xff"s + longest + '\1');
}

/// Everything a client can do, on two connections; answers what it wrote on each.
std::vector<std::vector<bare_packet>> whole_session() {
  client_rig rig;
  connect_fields c;
  c.client_id = "d";
  c.clean_session = false;
  c.keep_alive_s = 8;
  std::vector<std::vector<bare_packet>> out;
  const filter_request filter{"a/+", exactly_once};
  const std::string_view gone = "b/#";
  for (const std::string_view connack : {"20 02 00 00", "20 02 01 00"}) {
    rig.machine.start(c, rig.now, rig.out);
    rig.feed(connack);
    EXPECT_TRUE(rig.machine.subscribe({&filter, 1}, rig.now, rig.out).ok());
    EXPECT_TRUE(rig.machine.unsubscribe({&gone, 1}, rig.now, rig.out).ok());
    for (const qos q : {at_most_once, at_least_once, exactly_once}) {
      rig.publish(q);
    }
    rig.feed("32 05 0001 't' 0009 34 05 0001 't' 000a 62 02 000a");
    for (int i = 0; i < 12; ++i) { // pings, repeats, and answers to the pings
      rig.timeout_after(2s);
      rig.feed("d0 00");
    }
    rig.feed("50 02 0004"); // the QoS 2 message of the first round, PUBREL is due
    rig.timeout_after(2s);
    rig.machine.stop(rig.out);
    // Whatever comes and is asked for now: nothing may follow.
    rig.feed("32 05 0001 't' 0009 50 02 0004 d0 00");
    EXPECT_FALSE(rig.machine.publish({"t", {}}, rig.now, 0, rig.now, rig.out).ok());
    EXPECT_FALSE(rig.machine.subscribe({&filter, 1}, rig.now, rig.out).ok());
    EXPECT_FALSE(rig.machine.unsubscribe({&gone, 1}, rig.now, rig.out).ok());
    rig.timeout_after(1h);
    rig.machine.stop(rig.out);
    out.push_back(cut(rig.out.view()));
    rig.out.clear();
    rig.machine.lost();
  }
  return out;
}

// [MQTT-3.1.0-1], [MQTT-3.1.0-2], [MQTT-3.14.4-2]: CONNECT first and once, nothing after
// DISCONNECT.
TEST(mqtt_client_wire, opens_each_connection_with_connect_and_ends_it_with_disconnect) {
  for (const auto& packets : whole_session()) {
    ASSERT_GE(packets.size(), 12U);
    for (std::size_t i = 0; i < packets.size(); ++i) {
      EXPECT_EQ(packets[i].type == 1, i == 0);
      EXPECT_EQ(packets[i].type == 14, i + 1 == packets.size());
    }
  }
}

// [MQTT-2.2.2-1], [MQTT-2.3.1-1], [MQTT-3.8.3-3], [MQTT-3.10.3-2]: each kind, all through a
// session.
TEST(mqtt_client_wire, gives_every_packet_of_a_session_its_form) {
  std::vector<int> seen(16);
  for (const auto& packets : whole_session()) {
    for (const bare_packet& p : packets) {
      ++seen[p.type];
      bare_reader in{p.body};
      switch (p.type) {
        case 1: EXPECT_EQ(p.flags, 0U); break;
        case 3:
          EXPECT_EQ(in.text(), "t");
          EXPECT_NE(p.flags & 6, 6U);
          if ((p.flags & 6) == 0) {
            EXPECT_EQ(p.flags & 8, 0U);
          } else {
            EXPECT_NE(in.number(), 0U);
          }
          break;
        case 4:
        case 5:
        case 7:
          EXPECT_EQ(p.flags, 0U);
          EXPECT_NE(in.number(), 0U);
          EXPECT_TRUE(in.done());
          break;
        case 6:
        case 8:
        case 10:
          EXPECT_EQ(p.flags, 2U);
          EXPECT_NE(in.number(), 0U);
          if (p.type != 6) {
            EXPECT_NE(in.text(), "");
          }
          if (p.type == 8) {
            EXPECT_LE(in.octet(), 2U);
          }
          EXPECT_TRUE(in.done());
          break;
        case 12:
        case 14:
          EXPECT_EQ(p.flags, 0U);
          EXPECT_EQ(p.body, "");
          break;
        default: ADD_FAILURE() << "a client never sends type " << p.type;
      }
      EXPECT_EQ(in.fault, "");
    }
  }
  for (const unsigned type : {1U, 3U, 4U, 5U, 6U, 7U, 8U, 10U, 12U, 14U}) {
    EXPECT_GT(seen[type], 0) << type;
  }
}

} // namespace
} // namespace fleet::mqtt::test
