// Typed octets as lines, and awaited answers: small parts of a device by hand that have limits.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fleet/hand/answers.hpp"
#include "fleet/hand/sample.hpp"
#include "fleet/hand/terminal.hpp"

namespace fleet::program {

using namespace std::chrono_literals;

namespace {

std::vector<std::string> all(line_splitter& from) {
  std::vector<std::string> out;
  while (auto line = from.next()) {
    out.push_back(*line);
  }
  return out;
}

using strings = std::vector<std::string>;

awaited_answer reply(std::string topic, std::string id, time_point until = never) {
  awaited_answer out;
  out.topic = std::move(topic);
  out.match = std::move(id);
  out.until = until;
  return out;
}

} // namespace

TEST(typed_lines, are_the_same_in_any_pieces) {
  const std::string text = "pub open\r\n\nstop\nlast";
  for (std::size_t size = 1; size <= text.size(); ++size) {
    line_splitter s;
    for (std::size_t at = 0; at < text.size(); at += size) {
      s.feed(std::string_view{text}.substr(at, size));
    }
    EXPECT_FALSE(s.over());
    s.feed({});
    EXPECT_EQ(all(s), (strings{"pub open", "", "stop", "last"}));
    EXPECT_TRUE(s.over());
  }
}

TEST(typed_lines, end_with_the_input_once) {
  line_splitter s;
  s.feed("stop\n");
  s.feed({});
  s.feed({});
  EXPECT_FALSE(s.over()); // a line is still to be taken
  EXPECT_EQ(all(s), strings{"stop"});
  EXPECT_TRUE(s.over());
}

TEST(typed_lines, have_a_limit_beyond_which_they_are_thrown_away) {
  line_splitter s;
  s.feed(std::string(typed_line_max, 'x') + "\n");
  EXPECT_FALSE(s.overlong());
  EXPECT_EQ(all(s).size(), 1U);
  s.feed(std::string(typed_line_max, 'x'));
  s.feed("xxx");
  s.feed("yyy\nstop\n");
  EXPECT_TRUE(s.overlong());
  EXPECT_FALSE(s.overlong());
  EXPECT_EQ(all(s), strings{"stop"});
}

TEST(awaited_answers, are_known_by_topic_and_id) {
  answer_book book;
  ASSERT_TRUE(book.add(reply("/r", "\"1\"")));
  EXPECT_FALSE(book.take("/r", as_bytes(std::string_view{"{}"}), "", 200));
  EXPECT_FALSE(book.take("/r", {}, "1", 200)); // a number is another id
  EXPECT_FALSE(book.take("/x", {}, "\"1\"", 200));
  const auto got = book.take("/r", {}, "\"1\"", 460);
  ASSERT_TRUE(got);
  EXPECT_EQ(got->code, 460);
  EXPECT_EQ(book.size(), 0U);
}

TEST(awaited_answers, that_echo_are_known_by_the_whole_payload) {
  answer_book book;
  auto echo = reply("/data", "what was sent");
  echo.echo = true;
  ASSERT_TRUE(book.add(echo));
  EXPECT_FALSE(book.take("/data", as_bytes(std::string_view{"what was"}), "", 0));
  EXPECT_TRUE(book.take("/data", as_bytes(std::string_view{"what was sent"}), "", 0));
}

TEST(awaited_answers, are_overdue_one_by_one) {
  answer_book book;
  const time_point t{};
  ASSERT_TRUE(book.add(reply("/a", "1", t + 2s)));
  ASSERT_TRUE(book.add(reply("/b", "2", t + 1s)));
  EXPECT_EQ(book.next_timeout(), t + 1s);
  EXPECT_FALSE(book.take_overdue(t));
  EXPECT_EQ(book.take_overdue(t + 1s)->topic, "/b");
  EXPECT_FALSE(book.take_overdue(t + 1s));
  EXPECT_TRUE(book.waits_for(asked_by::user));
  EXPECT_FALSE(book.waits_for(asked_by::itself));
}

TEST(awaited_answers, have_a_limit) {
  answer_book book;
  for (std::size_t i = 0; i < answer_book::max; ++i) {
    EXPECT_TRUE(book.add(reply("/r", std::to_string(i))));
  }
  EXPECT_FALSE(book.add(reply("/r", "x")));
  EXPECT_TRUE(book.take("/r", {}, "7", 200));
  EXPECT_TRUE(book.add(reply("/r", "x")));
}

TEST(sample_lamp, reports_as_the_manual_shows) {
  sample_lamp lamp;
  random_stream colours{1, 0, "colours"};
  lamp.set("RGBColor", R"({"Red":247,"Green":60,"Blue":74})");
  lamp.light(true);
  EXPECT_EQ(sample_payload(1, lamp.params(colours)),
            R"({"id" : "1","version":"1.0","params" : {"RGBColor" : {"Red":247,"Green":60,"Blue":)"
            R"(74},"LightSwitch" : 1},"method":"thing.event.property.post"})");
  lamp.light(false);
  lamp.set("Temp", "21.5");
  EXPECT_EQ(lamp.params(colours), R"({"RGBColor" : {"Red":247,"Green":60,"Blue":74},)"
                                  R"("LightSwitch" : 0,"Temp" : 21.5})");
}

TEST(sample_lamp, has_random_colours_of_0_to_254) {
  const sample_lamp lamp;
  random_stream colours{1, 0, "colours"};
  EXPECT_NE(lamp.params(colours), lamp.params(colours));
  for (int i = 0; i < 2000; ++i) {
    EXPECT_EQ(lamp.params(colours).find("255"), std::string::npos);
  }
}

TEST(sample_lamp, has_room_for_as_many_properties_as_a_report) {
  sample_lamp lamp;
  for (std::size_t i = 0; i < sample_lamp::others_max; ++i) {
    ASSERT_TRUE(lamp.set("p" + std::to_string(i), "1"));
  }
  EXPECT_FALSE(lamp.set("another", "1"));
  EXPECT_TRUE(lamp.set("p7", "2"));
  EXPECT_EQ(lamp.value("p7"), "2");
  EXPECT_EQ(lamp.size(), 200U);
}

TEST(sample_topics, are_those_of_each_platform) {
  const sample_topics develop{{profile::linkdevelop, "PK", "DN", "", ""}};
  EXPECT_EQ(develop.filters(), (strings{"/sys/PK/DN/thing/service/property/set",
                                        "/sys/PK/DN/thing/event/property/post_reply"}));
  EXPECT_EQ(develop.reports(), strings{"/sys/PK/DN/thing/event/property/post"});
  const sample_topics platform{{profile::linkplatform, "PK", "DN", "", ""}};
  EXPECT_EQ(platform.filters(), strings{"/PK/DN/data"});
  EXPECT_EQ(platform.reports(), (strings{"/PK/DN/update", "/PK/DN/data"}));
  const sample_topics any{{profile::mqtt, "", "DN", "up", "down"}};
  EXPECT_EQ(any.filters(), strings{"down"});
  EXPECT_EQ(any.reports(), strings{"up"});
  EXPECT_EQ(any.report_answer(), "");
}

} // namespace fleet::program
