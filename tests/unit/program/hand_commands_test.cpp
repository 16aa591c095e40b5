// What may be typed to a device by hand: what is taken as what, and what is said of mistakes.
#include <string>
#include <tuple>
#include <vector>

#include <gtest/gtest.h>

#include "fleet/hand/commands.hpp"
#include "fleet/hand/words.hpp"

namespace fleet::program {

using namespace std::chrono_literals;

namespace {

hand_command one(std::string_view text) {
  const auto parsed = parse_commands(text);
  if (!parsed || parsed.value().size() != 1) {
    ADD_FAILURE() << text << ": "
                  << (parsed ? std::to_string(parsed.value().size()) + " commands"
                             : parsed.error());
    return {};
  }
  return parsed.value().front();
}

std::string refused(std::string_view text) {
  const auto parsed = parse_commands(text);
  return parsed ? "accepted" : parsed.error();
}

std::vector<hand_verb> verbs(std::string_view text) {
  std::vector<hand_verb> out;
  const auto parsed = parse_commands(text);
  EXPECT_TRUE(parsed.ok()) << text;
  if (parsed) {
    for (const auto& c : parsed.value()) {
      out.push_back(c.verb);
    }
  }
  return out;
}

std::vector<std::string> words_of(std::string_view text) {
  auto split = split_commands(text);
  if (!split) {
    return {split.error()};
  }
  return split.value().empty() ? std::vector<std::string>{} : split.value().front().words;
}

using strings = std::vector<std::string>;

} // namespace

TEST(typed_words, are_apart_by_blanks_unless_quotes_or_brackets_hold_them) {
  const std::vector<std::tuple<std::string_view, strings>> cases{
      {"pub open", {"pub", "open"}},
      {"  pub\t open \r", {"pub", "open"}},
      {"pub t \"a b\" 0", {"pub", "t", "a b", "0"}},
      {"pub t 'a \"b\"'", {"pub", "t", "a \"b\""}},
      {R"(pub t "a \"b\" \\ \n")", {"pub", "t", R"(a "b" \ \n)"}},
      {"pub t \"\"", {"pub", "t", ""}},
      {"pub t a\"b", {"pub", "t", "a\"b"}},
      {R"(pub t {"a": [1, 2], "b;}": "\"}"} 1)",
       {"pub", "t", R"({"a": [1, 2], "b;}": "\"}"})", "1"}},
      {R"(set Name="two words" C={"r": 1})", {"set", "Name=two words", R"(C={"r": 1})"}},
      {"sub #", {"sub", "#"}},
      {"# nothing", {}},
      {"", {}},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(words_of(text), expected) << text;
  }
}

TEST(typed_words, end_a_command_at_semicolons_and_lines_outside_of_quotes) {
  const auto split = split_commands("pub open; wait 3s\n# a remark; no command\nsub 'a;b';;stop");
  ASSERT_TRUE(split.ok());
  strings typed;
  for (const auto& c : split.value()) {
    typed.push_back(c.typed);
  }
  EXPECT_EQ(typed, (strings{"pub open", "wait 3s", "sub 'a;b'", "stop"}));
}

TEST(typed_words, that_are_not_closed_are_a_mistake) {
  EXPECT_EQ(words_of("pub t \"a"), strings{"a quote is not closed: \""});
  EXPECT_EQ(words_of("pub t 'a\\'"), (strings{"pub", "t", "a\\"}));
  EXPECT_EQ(words_of("pub t 'a"), strings{"a quote is not closed: '"});
  EXPECT_EQ(words_of("pub t {\"a\":1"), strings{"a bracket is not closed: {"});
  EXPECT_EQ(words_of("pub t [\"a\\"), strings{"a text is not closed within ["});
  // Deep nesting is counted and not recursed into.
  EXPECT_EQ(words_of("x " + std::string(200'000, '[')), strings{"a bracket is not closed: ["});
}

TEST(typed_commands, are_the_manuals_words) {
  EXPECT_EQ(
      verbs("start; pub open; pub close; stop"),
      (std::vector{hand_verb::start, hand_verb::pub_open, hand_verb::pub_close, hand_verb::stop}));
  EXPECT_EQ(verbs("ali_mqtt_test pub open"), std::vector{hand_verb::pub_open});
  EXPECT_EQ(verbs("ali_ota_test stop"), std::vector{hand_verb::stop});
  EXPECT_EQ(one("pub open").time, 0s);
  EXPECT_EQ(one("pub open every 2s").time, 2s);
}

TEST(typed_commands, publish_and_subscribe) {
  const auto c = one(R"(pub /a/b {"x": 1} 0)");
  EXPECT_EQ(c.verb, hand_verb::publish);
  EXPECT_EQ(c.name, "/a/b");
  EXPECT_EQ(c.text, R"({"x": 1})");
  EXPECT_EQ(c.qos, mqtt::qos::at_most_once);
  EXPECT_EQ(c.typed, R"(pub /a/b {"x": 1} 0)");
  EXPECT_EQ(one("pub a b").qos, mqtt::qos::at_least_once);
  EXPECT_EQ(one("pub a \"\"").text, "");
  EXPECT_EQ(one("pub a hex:00fF").text, std::string("\0\xff", 2));
  EXPECT_EQ(one("pub a hex:").text, "");
  const auto s = one("sub a/+/# 2");
  EXPECT_EQ(s.verb, hand_verb::subscribe);
  EXPECT_EQ(s.name, "a/+/#");
  EXPECT_EQ(s.qos, mqtt::qos::exactly_once);
  EXPECT_EQ(one("unsub a/#").name, "a/#");
}

TEST(typed_commands, speak_of_the_thing_and_its_shadow) {
  EXPECT_EQ(one("set LightSwitch=1 Name=\"two words\" C.r=3").text,
            R"({"LightSwitch":1,"Name":"two words","C":{"r":3}})");
  EXPECT_EQ(one("event Error").text, "{}");
  EXPECT_EQ(one(R"(event Error {"ErrorCode": 1})").text, R"({"ErrorCode": 1})");
  EXPECT_EQ(one("event Error").name, "Error");
  EXPECT_EQ(one("shadow get").verb, hand_verb::shadow_get);
  EXPECT_EQ(one(R"(shadow update {"a":1})").text, R"({"a":1})");
  EXPECT_EQ(one("shadow delete").verb, hand_verb::shadow_delete);
  EXPECT_EQ(one("shadow delete color power").names, (std::vector<std::string>{"color", "power"}));
  EXPECT_EQ(one("wait 1h30m").time, 90min);
  EXPECT_EQ(verbs("status; help; quit"),
            (std::vector{hand_verb::status, hand_verb::help, hand_verb::quit}));
}

TEST(typed_mistakes, are_named_with_the_nearest_word) {
  const std::vector<std::tuple<std::string_view, std::string_view>> cases{
      {"pbu open", "unknown command pbu; the nearest is pub"},
      {"stpo", "unknown command stpo; the nearest is stop"},
      {"teapot", "unknown command teapot; help shows them all"},
      {"ali_mqtt_test", "unknown command ali_mqtt_test; help shows them all"},
      {"pub", "pub needs open, close, or a topic and a payload"},
      {"pub opne", "pub opne is unknown; the nearest is pub open"},
      {"pub clsoe", "pub clsoe is unknown; the nearest is pub close"},
      {"pub /a/b", "pub /a/b needs a payload"},
      {"pub open 2s", "after pub open comes nothing, or every and a time, as in pub open every 2s"},
      {"pub open every",
       "after pub open comes nothing, or every and a time, as in pub open every 2s"},
      {"pub open every 2", "2 has no unit; write 90s, 500ms, 2m or 1h30m"},
      {"pub open every 1ms", "1ms is out of range; it takes 100ms to 30d"},
      {"pub open every 2s 3s", "unexpected word 3s; what holds blanks is written in quotes"},
      {"pub close now", "unexpected word now; what holds blanks is written in quotes"},
      {"pub a/# x", "a/# is no topic to publish on; it must be UTF-8 without + and #"},
      {"pub a hello world 1", "unexpected word 1; what holds blanks is written in quotes"},
      {"pub a hello world", "world is no quality of service; it takes 0, 1 or 2"},
      {"pub a b 3", "3 is no quality of service; it takes 0, 1 or 2"},
      {"pub a hex:0", "hex:0 is not hex: and pairs of hexadecimal digits"},
      {"pub a hex:0g", "hex:0g is not hex: and pairs of hexadecimal digits"},
      {"sub", "needs a topic or a filter"},
      {"sub a#", "a# is no filter; + stands for a level and # for all that follow"},
      {"unsub a b", "unexpected word b; what holds blanks is written in quotes"},
      {"set", "set needs a property: NAME=VALUE, as in LightSwitch=1"},
      {"set x", "x is no assignment; write NAME=VALUE, as in LightSwitch=1"},
      {"event", "event needs a name, and may have its outputs as JSON"},
      {"event a/b", "a/b is no event's identifier"},
      {"event E [1]", "[1] is no JSON object; write {\"name\":value}"},
      {"shadow", "shadow needs get, delete, or update and what to report as JSON"},
      {"shadow gte", "shadow gte is unknown; the nearest is shadow get"},
      {"shadow xyz", "shadow xyz is unknown; it takes get, update or delete"},
      {"shadow update",
       "shadow update needs what to report, as in shadow update {\"color\":\"red\"}"},
      {"shadow update red", "red is no JSON object; write {\"name\":value}"},
      {"wait", "wait needs a time, as in wait 3s"},
      {"wait 3", "3 has no unit; write 90s, 500ms, 2m or 1h30m"},
      {"wait 31d", "31d is out of range; it takes 0s to 30d"},
      {"stop now", "unexpected word now; what holds blanks is written in quotes"},
  };
  for (const auto& [text, expected] : cases) {
    EXPECT_EQ(refused(text), expected) << text;
  }
}

TEST(typed_mistakes, take_the_whole_text_with_them) {
  EXPECT_EQ(refused("pub open; stpo"), "unknown command stpo; the nearest is stop");
}

TEST(typed_mistakes, show_nothing_that_a_terminal_obeys_and_no_endless_word) {
  EXPECT_EQ(refused("\x1b[2J"), "unknown command \\x1b[2J; help shows them all");
  EXPECT_LT(refused(std::string(100'000, 'x')).size(), 200U);
}

TEST(typed_commands, have_a_limit) {
  std::string most;
  for (std::size_t i = 0; i < commands_max; ++i) {
    most += "status;";
  }
  EXPECT_EQ(verbs(most).size(), commands_max);
  EXPECT_EQ(refused(most + "status"), "more than 1,000 commands at once");
}

TEST(typed_commands, are_all_in_the_help) {
  const std::string help = commands_help();
  for (const auto word : command_words()) {
    EXPECT_NE(help.find("  " + std::string{word}), std::string::npos) << word;
  }
  EXPECT_NE(help.find("\n  pub close"), std::string::npos);
}

} // namespace fleet::program
