// A device's console: how lines and packets read, and what is never in them.
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "fleet/hand/packet_log.hpp"
#include "tests/support/mqtt_wire.hpp"

namespace fleet::program {

using namespace std::chrono_literals;
using mqtt::test::octets;

namespace {

std::string shown(std::string_view payload, std::size_t most = payload_short) {
  return payload_text(as_bytes(payload), most, secret_mask{});
}

/// The log of one connection, as `up TEXT` and `down TEXT`.
struct logged {
  explicit logged(packet_log_options options = {}, secret_mask mask = secret_mask{})
      : log(options, std::move(mask), [this](line_kind kind, const std::string& text) {
          const char* way = kind == line_kind::up     ? "up "
                            : kind == line_kind::down ? "down "
                                                      : "trouble ";
          lines.push_back(way + text);
        }) {}
  std::string down(std::string_view wire) {
    lines.clear();
    log.received(octets(wire));
    return lines.empty() ? "nothing" : lines.back();
  }
  std::string up(bytes_view bytes) {
    lines.clear();
    log.sent(bytes);
    return lines.empty() ? "nothing" : lines.back();
  }

  std::vector<std::string> lines;
  packet_log log;
};

} // namespace

TEST(log_lines, begin_with_the_time_since_boot_and_a_mark) {
  EXPECT_EQ(log_line(12'345ms, line_kind::up, "PINGREQ"), "   12.345 → PINGREQ");
  EXPECT_EQ(log_line(0ms, line_kind::down, "PINGRESP"), "    0.000 ← PINGRESP");
  EXPECT_EQ(log_line(1s, line_kind::note, "ready"), "    1.000 · ready");
  EXPECT_EQ(log_line(1s, line_kind::trouble, "lost"), "    1.000 ! lost");
  EXPECT_EQ(log_line(1s, line_kind::typed, "stop"), "    1.000 > stop");
}

TEST(log_lines, hold_nothing_that_a_terminal_obeys) {
  EXPECT_EQ(log_line(1s, line_kind::down, "a\x1b[2J\nb"), "    1.000 ← a\\x1b[2J\\x0ab");
}

TEST(shown_payloads, are_text_or_hexadecimal_digits) {
  EXPECT_EQ(shown(R"({"a":1})"), R"({"a":1})");
  EXPECT_EQ(shown("grün"), "grün");
  EXPECT_EQ(shown(std::string("\0\x01\xff", 3)), "0x0001ff");
  EXPECT_EQ(shown("\xff"), "0xff");
  EXPECT_EQ(shown("a\x07"), "0x6107");
  EXPECT_EQ(shown(""), "(no payload)");
}

TEST(shown_payloads, are_shortened_between_letters) {
  EXPECT_EQ(shown("abcdef", 6), "abcdef");
  EXPECT_EQ(shown("abcdefg", 6), "abcdef… (7 octets)");
  EXPECT_EQ(shown("aüü", 2), "a… (5 octets)");
  EXPECT_EQ(shown(std::string(10, '\0'), 2), "0x0000… (10 octets)");
}

TEST(shown_payloads, hold_no_secret) {
  const secret_mask mask{{"0123456789abcdef", "0123456789", "abc"}};
  EXPECT_EQ(mask.hide("x0123456789abcdefx 0123456789 abc"), "x***x *** abc");
  EXPECT_EQ(mask.hide(R"({"deviceSecret":"s3cr3t\"x","deviceName":"d"})"),
            R"({"deviceSecret":"***","deviceName":"d"})");
  EXPECT_EQ(mask.hide(R"({"iotToken" : "t", "deviceToken":"u", "productSecret":"v)"),
            R"({"iotToken" : "***", "deviceToken":"***", "productSecret":"***)");
  EXPECT_EQ(mask.hide(R"({"deviceSecret":7,"deviceSecret")"),
            R"({"deviceSecret":7,"deviceSecret")");
  // Nor does one hide in octets that are no text.
  EXPECT_EQ(payload_text(as_bytes(std::string_view{"\x01"
                                                   "0123456789abcdef"}),
                         100, mask),
            "0x012a2a2a");
}

TEST(shown_payloads, hide_what_lets_whoever_reads_a_url_in) {
  const secret_mask mask;
  EXPECT_EQ(mask.hide(R"({"url":"https://h/f/1?token=abc","size":5})"),
            R"({"url":"https://h/f/1?***","size":5})");
  EXPECT_EQ(mask.hide(R"({"url" : "https://h/f/1","q":"a?b"})"),
            R"({"url" : "https://h/f/1","q":"a?b"})");
  EXPECT_EQ(mask.hide(R"("url":"a?b","url":"c?d)"), R"("url":"a?***","url":"c?***)");
  EXPECT_EQ(mask.hide(R"({"url":)"), R"({"url":)");
}

TEST(packet_lines, show_each_packet_of_the_cloud) {
  logged l;
  const std::vector<std::pair<std::string_view, std::string_view>> cases{
      {"20 02 00 00", "down CONNACK code 0: accepted, a new session"},
      {"20 02 01 00", "down CONNACK code 0: accepted, the session was kept"},
      {"20 02 00 04", "down CONNACK code 4: bad user name or password: a wrong secret, an unknown "
                      "device, or a malformed user name"},
      {"20 02 00 09", "down CONNACK code 9, which has no meaning"},
      {"30 05 00 01 'a' 'hi'", "down PUBLISH qos 0 a hi"},
      {"3b 07 00 01 'a' 00 07 'hi'", "down PUBLISH id 7 qos 1 dup retain a hi"},
      {"30 03 00 01 'a'", "down PUBLISH qos 0 a (no payload)"},
      {"40 02 00 03", "down PUBACK id 3"},
      {"50 02 00 03", "down PUBREC id 3"},
      {"62 02 00 03", "down PUBREL id 3"},
      {"70 02 00 03", "down PUBCOMP id 3"},
      {"90 05 00 02 00 01 80", "down SUBACK id 2 granted qos 0 granted qos 1 refused"},
      {"b0 02 00 04", "down UNSUBACK id 4"},
      {"d0 00", "down PINGRESP"},
  };
  for (const auto& [wire, line] : cases) {
    EXPECT_EQ(l.down(wire), line);
  }
}

TEST(packet_lines, show_what_the_device_sends_without_its_password) {
  logged l;
  mqtt::connect_view c;
  c.clean_session = false;
  c.keep_alive_s = 60;
  c.client_id = "PK.DN|securemode=3|";
  c.has_username = c.has_password = true;
  c.username = "DN&PK";
  c.password = as_bytes(std::string_view{"5b19c1b61c05"});
  byte_buffer out;
  mqtt::encode_connect(c, out);
  EXPECT_EQ(l.up(out.view()),
            "up CONNECT client id PK.DN|securemode=3|, user name DN&PK, password ***, keep-alive "
            "60 s, persistent session");
  const std::vector<mqtt::filter_request> filters{{"a/+", mqtt::qos::at_least_once},
                                                  {"#", mqtt::qos::at_most_once}};
  out.clear();
  mqtt::encode_subscribe(1, filters, out);
  EXPECT_EQ(l.up(out.view()), "up SUBSCRIBE id 1 a/+ qos 1, # qos 0");
  const std::vector<std::string_view> names{"a/+", "#"};
  out.clear();
  mqtt::encode_unsubscribe(2, names, out);
  EXPECT_EQ(l.up(out.view()), "up UNSUBSCRIBE id 2 a/+, #");
  out.clear();
  mqtt::encode_empty(mqtt::packet_type::disconnect, out);
  EXPECT_EQ(l.up(out.view()), "up DISCONNECT");
}

TEST(packet_lines, come_whole_whatever_the_pieces) {
  logged l;
  const auto wire = octets("40 02 00 03 30 05 00 01 'a' 'hi' d0 00");
  for (const auto octet : wire) {
    l.log.received({&octet, 1});
  }
  EXPECT_EQ(l.lines, (std::vector<std::string>{"down PUBACK id 3", "down PUBLISH qos 0 a hi",
                                               "down PINGRESP"}));
}

TEST(packet_lines, end_where_what_comes_is_no_mqtt_until_the_next_connection) {
  logged l;
  EXPECT_EQ(l.down("'HTTP/1.1 400'").substr(0, 29), "trouble what came is no MQTT:");
  EXPECT_EQ(l.down("d0 00"), "nothing");
  byte_buffer out;
  mqtt::encode_empty(mqtt::packet_type::pingreq, out);
  EXPECT_EQ(l.up(out.view()), "up PINGREQ");
  l.log.reset();
  EXPECT_EQ(l.down("d0 00"), "down PINGRESP");
}

TEST(packet_lines, survive_bodies_that_cannot_be_read) {
  logged l;
  EXPECT_EQ(l.down("30 03 00 09 'a'"), "down PUBLISH (cannot be read)");
  EXPECT_EQ(l.down("90 03 00 02 07"), "down SUBACK (cannot be read)");
}

TEST(packet_lines, of_the_verbose_log_are_whole_and_say_their_size) {
  packet_log_options options;
  options.verbose = true;
  logged brief;
  logged whole{options};
  byte_buffer out;
  mqtt::message_view m;
  m.topic = "a";
  const std::string payload(payload_short + 1, 'x');
  m.payload = as_bytes(payload);
  mqtt::encode_publish(m, out);
  EXPECT_EQ(brief.up(out.view()), "up PUBLISH qos 0 a " + payload.substr(1) + "… (201 octets)");
  EXPECT_EQ(whole.up(out.view()), "up PUBLISH qos 0 a " + payload + " [207 octets]");
}

TEST(packet_lines, count_a_publish_that_is_too_large_to_be_held) {
  logged l;
  byte_buffer out;
  mqtt::message_view m;
  m.topic = "a";
  const std::string payload(600'000, 'x');
  m.payload = as_bytes(payload);
  mqtt::encode_publish(m, out);
  l.log.received(out.view());
  EXPECT_EQ(l.lines.back(), "down PUBLISH of 600007 octets, too large to be shown");
}

TEST(endings, say_who_did_what) {
  using hal::close_reason;
  EXPECT_EQ(ending_text(close_reason::refused, "", "1.2.3.4:5", false),
            "1.2.3.4:5 refused the connection: nobody listens there");
  EXPECT_EQ(ending_text(close_reason::tls_failed, "unknown issuer", "1.2.3.4:5", false),
            "TLS with 1.2.3.4:5 failed: unknown issuer");
  EXPECT_EQ(ending_text(close_reason::closed_by_peer, "", "1.2.3.4:5", true),
            "1.2.3.4:5 closed the connection");
}

} // namespace fleet::program
