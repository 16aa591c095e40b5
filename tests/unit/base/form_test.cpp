// Forms both ways, escapes and limits.
#include <gtest/gtest.h>

#include "protocol/base/form.hpp"

namespace fleet {
namespace {

using fields = std::vector<form_field>;

TEST(form, is_taken_apart) {
  EXPECT_EQ(parse_form("").value(), fields{});
  EXPECT_EQ(parse_form("a=b").value(), (fields{{"a", "b"}}));
  EXPECT_EQ(parse_form("a=b&c=&d&=e&&f=g=h&").value(),
            (fields{{"a", "b"}, {"c", ""}, {"d", ""}, {"", "e"}, {"f", "g=h"}}));
  EXPECT_EQ(parse_form("a+b=c%20d%2B%26%3d%c3%BC").value(), (fields{{"a b", "c d+&=\xc3\xbc"}}));
  EXPECT_EQ(parse_form("a=%00").value(), (fields{{"a", std::string(1, '\0')}}));
}

TEST(form, with_broken_escapes_is_refused) {
  for (const std::string_view bad :
       {"%", "a=%", "a=%4", "a=%4&b=c", "a=%g0", "a=%0g", "a=% 1", "%%=a"}) {
    ASSERT_FALSE(parse_form(bad)) << bad;
    EXPECT_EQ(parse_form(bad).error(), form_error::bad_escape) << bad;
  }
}

TEST(form, has_limits_that_are_reached) {
  EXPECT_TRUE(parse_form("a=" + std::string(max_form - 2, 'x')));
  EXPECT_EQ(parse_form("a=" + std::string(max_form - 1, 'x')).error(), form_error::too_long);
  std::string many = "a=b";
  for (std::size_t i = 1; i < max_form_fields; ++i) {
    many += "&a=b";
  }
  EXPECT_EQ(parse_form(many).value().size(), max_form_fields);
  EXPECT_EQ(parse_form(many + "&a=b").error(), form_error::too_many);
  EXPECT_EQ(parse_form(std::string(max_form, '&')).value(), fields{});
}

TEST(form, read_back_is_what_was_written_for_every_octet) {
  std::string all;
  for (int c = 0; c < 256; ++c) {
    all.push_back(static_cast<char>(c));
  }
  std::string text;
  append_form_field(text, all, all);
  append_form_field(text, "plain", "aZ09*-._ +");
  EXPECT_EQ(parse_form(text).value(), (fields{{all, all}, {"plain", "aZ09*-._ +"}}));
  EXPECT_TRUE(text.ends_with("&plain=aZ09*-._+%2B"));
  std::string path;
  append_path(path, "/a b/" + all);
  EXPECT_TRUE(path.starts_with("/a%20b/"));
  EXPECT_EQ(path_text(path), "/a b/" + all);
}

TEST(form, path_keeps_its_plus_and_refuses_broken_escapes) {
  EXPECT_EQ(path_text("/a+b%2Fc"), "/a+b/c");
  EXPECT_EQ(path_text("/a%"), std::nullopt);
  EXPECT_EQ(path_text("/a%2"), std::nullopt);
}

TEST(form, repeated_name_has_no_value_of_its_own) {
  const fields f = parse_form("a=1&b=2&a=3").value();
  EXPECT_EQ(find_only(f, "b"), "2");
  EXPECT_EQ(find_only(f, "a"), std::nullopt);
  EXPECT_EQ(find_only(f, "c"), std::nullopt);
}

} // namespace
} // namespace fleet
