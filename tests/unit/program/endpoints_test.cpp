// Targets and listening addresses: read, defaulted, and one sentence for each mistake.
#include "fleet/text/endpoints.hpp"

#include <gtest/gtest.h>

namespace fleet::text {

TEST(target_text, names_the_twin_or_a_host_with_a_default_port) {
  EXPECT_EQ(parse_target("embedded").value(), target{});
  EXPECT_EQ(parse_target("mqtt://broker").value(), (target{scheme::mqtt, "broker", 1883}));
  EXPECT_EQ(parse_target("mqtts://broker.lan/").value(),
            (target{scheme::mqtts, "broker.lan", 8883}));
  EXPECT_EQ(parse_target("mqtt://127.0.0.1:99").value(), (target{scheme::mqtt, "127.0.0.1", 99}));
  EXPECT_EQ(parse_target("mqtt://[::1]:99").value(), (target{scheme::mqtt, "::1", 99}));
  EXPECT_EQ(parse_target("mqtt://[::1]").value(), (target{scheme::mqtt, "::1", 1883}));
  EXPECT_EQ(parse_target("coap://h").value(), (target{scheme::coap, "h", 5683}));
  EXPECT_EQ(parse_target("coaps://h").value(), (target{scheme::coaps, "h", 5684}));
  EXPECT_EQ(parse_target("coap-psk://h").value(), (target{scheme::coap_psk, "h", 5682}));
  EXPECT_EQ(parse_target("http://h").value(), (target{scheme::http, "h", 80}));
  EXPECT_EQ(parse_target("https://h").value(), (target{scheme::https, "h", 443}));
}

TEST(target_text, is_written_as_it_is_read) {
  for (const auto word :
       {"embedded", "mqtt://broker:1883", "mqtts://[::1]:8883", "coap-psk://h:1", "https://h:2"}) {
    EXPECT_EQ(format_target(parse_target(word).value()), word);
  }
}

TEST(target_text, has_a_sentence_for_each_mistake) {
  const auto said = [](std::string_view word) { return parse_target(word).error(); };
  EXPECT_EQ(said("embeded"), "is unknown; the nearest is embedded");
  const std::string forms =
      "; write embedded, mqtt://host[:1883], mqtts://host[:8883], coap://host[:5683], "
      "coaps://host[:5684], coap-psk://host[:5682], http://host[:80] or https://host[:443]";
  EXPECT_EQ(said("broker:1883"), "has no scheme" + forms);
  EXPECT_EQ(said(""), "has no scheme" + forms);
  EXPECT_EQ(said("tcp://broker"), "has an unknown scheme; tcp:// is spelled mqtt:// here" + forms);
  EXPECT_EQ(said("ssl://broker"), "has an unknown scheme; TLS is spelled mqtts:// here" + forms);
  EXPECT_EQ(said("gopher://broker"), "has an unknown scheme" + forms);
  EXPECT_EQ(said("mqtt://"), "names no host" + forms);
  EXPECT_EQ(said("mqtt://:1883"), "names no host" + forms);
  EXPECT_EQ(said("mqtt://broker/devices"), "has a path; a target is a host and a port only");
  EXPECT_EQ(said("mqtt://bro ker"), "has a character that no host name has");
  EXPECT_EQ(said("mqtt://::1"), said("mqtt://[::1"));
  EXPECT_EQ(said("mqtt://[::1"), "is not a host and a port; an IPv6 address stands in brackets, as "
                                 "in mqtt://[::1]:1883");
  for (const auto port : {"0", "65536", "x", "-1", "99999999999999999999", ""}) {
    EXPECT_EQ(said("mqtt://broker:" + std::string{port}),
              "has a bad port; a port is a number from 1 to 65535")
        << port;
  }
}

TEST(target_text, never_repeats_a_password) {
  const auto said = parse_target("mqtt://me:hunter2@broker").error();
  EXPECT_EQ(said.find("hunter2"), std::string::npos);
  EXPECT_NE(said.find("--password-file"), std::string::npos);
}

TEST(listen_address_text, is_loopback_unless_an_address_is_written) {
  EXPECT_EQ(parse_listen_address("127.0.0.1:1883").value().text(), "127.0.0.1:1883");
  EXPECT_EQ(parse_listen_address("1883").value().text(), "127.0.0.1:1883");
  EXPECT_EQ(parse_listen_address("localhost:0").value().text(), "127.0.0.1:0");
  EXPECT_EQ(parse_listen_address("[::1]:9464").value().text(), "[::1]:9464");
  EXPECT_EQ(parse_listen_address("0.0.0.0:1").value().text(), "0.0.0.0:1");
}

TEST(listen_address_text, says_what_it_expected) {
  for (const auto wrong : {"", "broker:1883", "127.0.0.1", ":1883", "::1:1883", "256.0.0.1:1"}) {
    EXPECT_EQ(parse_listen_address(wrong).error(),
              "is not a numeric address and a port; write 127.0.0.1:1883, [::1]:1883, or 1883 for "
              "loopback")
        << wrong;
  }
  for (const auto wrong : {"127.0.0.1:65536", "70000", "127.0.0.1:x"}) {
    EXPECT_EQ(parse_listen_address(wrong).error(),
              "has a bad port; a port is a number from 0, which picks a free one, to 65535")
        << wrong;
  }
}

TEST(source_address_text, has_no_port) {
  EXPECT_EQ(parse_source_address("127.0.0.2").value().text(), "127.0.0.2:0");
  EXPECT_EQ(parse_source_address("::1").value().text(), "[::1]:0");
  EXPECT_FALSE(parse_source_address("127.0.0.2:5").ok());
  EXPECT_FALSE(parse_source_address("eth0").ok());
  EXPECT_FALSE(parse_source_address("").ok());
}

} // namespace fleet::text
