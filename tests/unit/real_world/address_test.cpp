// Addresses as people write them, look-ups, and the descriptor limit.
#include <gtest/gtest.h>

#include <algorithm>

#include "hal_sim/real_world/limits.hpp"
#include "hal_sim/real_world/own_addresses.hpp"
#include "hal_sim/real_world/resolve.hpp"
#include "hal_sim/world/address.hpp"

namespace fleet::hal {
namespace {

TEST(address, reads_and_prints_both_families) {
  for (const char* text : {"127.0.0.1:1883", "0.0.0.0:0", "255.255.255.255:65535", "[::1]:8883",
                           "[2001:db8::17]:1", "[::]:0"}) {
    const auto parsed = parse_address(text);
    ASSERT_TRUE(parsed.ok()) << text;
    EXPECT_EQ(parsed.value().text(), text);
  }
}

TEST(address, knows_loopback) {
  EXPECT_TRUE(parse_address("127.9.9.9:1").value().loopback());
  EXPECT_TRUE(parse_address("[::1]:1").value().loopback());
  EXPECT_FALSE(parse_address("128.0.0.1:1").value().loopback());
  EXPECT_FALSE(parse_address("[::2]:1").value().loopback());
}

TEST(address, refuses_what_is_no_numeric_address) {
  for (const char* text :
       {"", ":", "1883", "localhost:1883", "127.0.0.1", "127.0.0:1", "127.0.0.1.1:1", "256.0.0.1:1",
        "::1:1883", "[::1]", "[::1", "[::1]1", "[127.0.0.1]:1", " 127.0.0.1:1", "[::g]:1",
        "[0000000000000000000000000000000000000000000000::1]:1"}) {
    const auto parsed = parse_address(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error(), address_error::malformed) << text;
  }
  const std::string_view zero_inside{"127.0.0.1\0x:1", 13};
  EXPECT_FALSE(parse_address(zero_inside).ok());
}

TEST(address, refuses_bad_ports) {
  for (const char* text :
       {"127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:+1", "127.0.0.1:1x",
        "127.0.0.1: 1", "[::1]:", "127.0.0.1:99999999999999999"}) {
    const auto parsed = parse_address(text);
    ASSERT_FALSE(parsed.ok()) << text;
    EXPECT_EQ(parsed.error(), address_error::bad_port) << text;
  }
}

TEST(address, splits_host_and_port_and_knows_the_default) {
  const auto split = [](std::string_view text) {
    const auto parsed = parse_host_port(text, 1883);
    return parsed.ok() ? parsed.value().host + " " + std::to_string(parsed.value().port)
                       : std::string{"?"};
  };
  EXPECT_EQ(split("cloud.example"), "cloud.example 1883");
  EXPECT_EQ(split("cloud.example:8883"), "cloud.example 8883");
  EXPECT_EQ(split("127.0.0.1:1"), "127.0.0.1 1");
  EXPECT_EQ(split("[::1]:1"), "::1 1");
  EXPECT_EQ(split("[::1]"), "::1 1883");
  EXPECT_EQ(split("::1"), "::1 1883");
  for (const char* text :
       {"", ":1", "[]:1", "[::1", "[::1]x", "a b", "a/b", "host:", "host:x", "host:65536", "a]b"}) {
    EXPECT_EQ(split(text), "?") << text;
  }
}

TEST(resolve, finds_numeric_addresses_and_localhost) {
  const auto numeric = resolve("127.0.0.5", 7);
  ASSERT_TRUE(numeric.ok());
  ASSERT_EQ(numeric.value().size(), 1U);
  EXPECT_EQ(numeric.value()[0].text(), "127.0.0.5:7");
  const auto six = resolve("::1", 7);
  ASSERT_TRUE(six.ok());
  EXPECT_EQ(six.value()[0].text(), "[::1]:7");
  const auto local = resolve("localhost", 1883);
  ASSERT_TRUE(local.ok());
  EXPECT_TRUE(std::all_of(local.value().begin(), local.value().end(),
                          [](const address& a) { return a.loopback() && a.port == 1883; }));
}

TEST(resolve, names_the_name_that_has_no_address) {
  const auto none = resolve("no-such-host.invalid", 1);
  ASSERT_FALSE(none.ok());
  EXPECT_NE(none.error().find("'no-such-host.invalid'"), std::string::npos) << none.error();
  EXPECT_FALSE(resolve("", 1).ok());
}

TEST(limits, raises_the_soft_limit_of_descriptors_to_the_hard_one) {
  const auto limits = raise_descriptor_limit();
  EXPECT_GT(limits.soft, 0U);
  EXPECT_EQ(limits.soft, limits.hard);
}

TEST(own_addresses, towards_loopback_are_of_loopback) {
  const auto here = own_addresses_towards(parse_address("127.0.0.1:0").value());
  ASSERT_FALSE(here.empty());
  EXPECT_EQ(here.front().text(), "127.0.0.1:0");
  EXPECT_TRUE(std::all_of(here.begin(), here.end(), [](const auto& a) { return a.loopback(); }));
}

TEST(own_addresses, are_none_where_no_way_leads) {
  // A broadcast, which a socket has to be allowed first.
  EXPECT_TRUE(own_addresses_towards(parse_address("255.255.255.255:9").value()).empty());
}

} // namespace
} // namespace fleet::hal
