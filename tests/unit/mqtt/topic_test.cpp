// Names, filters and matching: the examples of 4.7 and what hostile texts try.
#include "protocol/mqtt/topic.hpp"

#include <string>

#include <gtest/gtest.h>

namespace fleet::mqtt {
namespace {

using namespace std::string_view_literals;

// 4.7.1.2, 4.7.1.3, 4.7.2, 4.7.3: the standard's own examples, and their neighbours.
TEST(mqtt_topic, matches_as_the_examples_of_the_standard) {
  struct match_case {
    std::string_view filter;
    std::string_view topic;
    bool matches;
  };
  static constexpr match_case cases[] = {
    {"sport/tennis/player1/#", "sport/tennis/player1", true},
    {"sport/tennis/player1/#", "sport/tennis/player1/ranking", true},
    {"sport/tennis/player1/#", "sport/tennis/player1/score/wimbledon", true},
    {"sport/tennis/player1/#", "sport/tennis/player12", false},
    {"sport/#", "sport", true},
    {"sport/#", "sports", false},
    {"#", "anything/at/all", true},
    {"#", "/", true},
    {"sport/tennis/+", "sport/tennis/player1", true},
    {"sport/tennis/+", "sport/tennis/player1/ranking", false},
    {"sport/+", "sport", false},
    {"sport/+", "sport/", true},
    {"+", "sport", true},
    {"+", "/finance", false},
    {"+/+", "/finance", true},
    {"/+", "/finance", true},
    {"+/tennis/#", "sport/tennis", true},
    {"+/tennis/#", "sport/tennis/x/y", true},
    {"sport/+/player1", "sport/tennis/player1", true},
    {"sport/+/player1", "sport/tennis/player2", false},
    {"a/b", "a/b", true},
    {"a/b", "a/b/", false},
    {"a/b/", "a/b", false},
    {"a/b", "A/b", false}, // case sensitive
    {"/a", "a", false},    // a leading slash is a level of its own
    {"a//b", "a/b", false},
    {"a/+/b", "a//b", true},
    {"#", "$SYS/uptime", false}, // [MQTT-4.7.2-1]
    {"+/uptime", "$SYS/uptime", false},
    {"$SYS/#", "$SYS/uptime", true},
    {"$SYS/+", "$SYS/uptime", true},
    {"a/#", "a/$b", true},
    {"", "a", false},
    {"a", "", false},
    {"ab", "a", false},
    {"a", "ab", false},
    {"#/a", "x/a", false}, // no valid filter; must not select
    {"+a", "xa", false},
  };
  for (const match_case& c : cases) {
    EXPECT_EQ(matches(c.filter, c.topic), c.matches) << c.filter << " against " << c.topic;
  }
}

// [MQTT-4.7.3-4]: two texts that look alike are two topics.
TEST(mqtt_topic, compares_octets_without_normalizing) {
  EXPECT_FALSE(matches("caf\xc3\xa9", "cafe\xcc\x81"));
  EXPECT_TRUE(matches("caf\xc3\xa9", "caf\xc3\xa9"));
  EXPECT_FALSE(matches("\xef\xbb\xbf""a", "a"));
}

TEST(mqtt_topic, names_have_no_wildcards_and_are_not_empty) {
  EXPECT_TRUE(valid_topic("a/b"));
  EXPECT_TRUE(valid_topic("/"));
  EXPECT_TRUE(valid_topic(" a b "));
  EXPECT_TRUE(valid_topic("\xe4\xb8\xad\xe6\x96\x87/\xf0\x9f\x98\x80"));
  EXPECT_FALSE(valid_topic(""));
  EXPECT_FALSE(valid_topic("a/+"));
  EXPECT_FALSE(valid_topic("a/very/long/way/to/the/#"));
  EXPECT_FALSE(valid_topic("a\0b"sv));
  EXPECT_FALSE(valid_topic("long enough for words\0of eight"sv));
  EXPECT_FALSE(valid_topic("\xff"));
  EXPECT_TRUE(valid_topic(std::string(65535, 'x'))); // [MQTT-4.7.3-3]
  EXPECT_FALSE(valid_topic(std::string(65536, 'x')));
}

TEST(mqtt_topic, filters_have_wildcards_only_where_they_belong) {
  for (const std::string_view good : {"#", "+", "a/#", "+/+", "/+", "a/+/b", "+/a/#", "/", "a b"}) {
    EXPECT_TRUE(valid_filter(good)) << good;
  }
  for (const std::string_view bad :
       {"", "a#", "a/#/b", "##", "#/", "+a", "a+", "a/b+/c", "+#", "sport/tennis#", "a/+b"}) {
    EXPECT_FALSE(valid_filter(bad)) << bad;
  }
  EXPECT_FALSE(valid_filter("a\0"sv));
  EXPECT_FALSE(valid_filter(std::string(65536, 'x')));
}

TEST(mqtt_topic, tells_well_formed_utf8_at_every_border) {
  for (const std::string_view good :
       {"\x7f", "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
        "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "\xef\xbb\xbf"}) {
    EXPECT_TRUE(valid_utf8(good));
    EXPECT_TRUE(valid_utf8("seven.." + std::string{good} + "and eight"));
  }
  for (const std::string_view bad :
       {"\x80", "\xbf", "\xc0\x80", "\xc1\xbf", "\xe0\x9f\xbf", "\xed\xa0\x80", "\xed\xbf\xbf",
        "\xf0\x8f\xbf\xbf", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xff", "\xc2", "\xe1\x80",
        "\xf1\x80\x80", "\xc2\x41", "\xe1\x80\x41", "\xf1\x80\x80\x41"}) {
    EXPECT_FALSE(valid_utf8(bad));
    EXPECT_FALSE(valid_utf8("eight...." + std::string{bad}));
  }
  EXPECT_TRUE(scan("abc\0defgh"sv).has_null);
  EXPECT_TRUE(scan("abcdefgh+jklmnop").has_wildcard);
  EXPECT_FALSE(scan("abcdefgh*jklmnop").has_wildcard);
}

// Depth must not cost a stack, nor length its square.
TEST(mqtt_topic, survives_sixty_thousand_levels) {
  const std::string slashes(60'000, '/');
  EXPECT_TRUE(valid_topic(slashes));
  EXPECT_TRUE(matches("#", slashes));
  EXPECT_TRUE(matches(slashes, slashes));
  std::string pluses;
  for (int i = 0; i < 30'000; ++i) {
    pluses += "+/";
  }
  EXPECT_TRUE(valid_filter(pluses + "#"));
  EXPECT_TRUE(matches(pluses + "#", slashes));
  EXPECT_FALSE(matches(pluses + "x", slashes));
}

} // namespace
} // namespace fleet::mqtt
