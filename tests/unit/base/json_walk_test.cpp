// Steps through containers, whole ones and, without leaving them, broken ones.
#include <gtest/gtest.h>

#include "protocol/base/json_walk.hpp"

namespace fleet {
namespace {

std::string walked(std::string_view raw) {
  json_walk walk{raw};
  std::string out;
  for (json_member m; walk.next(m);) {
    out.append(m.key).append("=").append(m.value).append(";");
  }
  return out;
}

TEST(json_walk, yields_members_with_their_raw_values) {
  EXPECT_EQ(walked(R"({"a":1,"b":"x","c":{"d":[1,2]},"e":[{}],"f":true,"g":null})"),
            R"(a=1;b="x";c={"d":[1,2]};e=[{}];f=true;g=null;)");
  EXPECT_EQ(walked(" \n{}"), "");
  EXPECT_EQ(walked("{}"), "");
  EXPECT_EQ(walked("[]"), "");
  EXPECT_EQ(walked("[1, \"a\" ,[2],{} ]"), "=1;=\"a\";=[2];={};");
  EXPECT_EQ(walked("{ \"a\" : 1 ,\r\n\t\"b\":-1.5e3 }"), "a=1;b=-1.5e3;");
}

TEST(json_walk, is_not_fooled_by_brackets_and_quotes_in_strings) {
  EXPECT_EQ(walked(R"({"a}":"]}\"","b\"":{"c":"}\\"},"d":["]\"]"]})"),
            R"(a}="]}\"";b\"={"c":"}\\"};d=["]\"]"];)");
}

TEST(json_walk, scalars_have_no_members) {
  for (const std::string_view raw : {"", "1", "\"{\"", "true", "null"}) {
    EXPECT_EQ(walked(raw), "") << raw;
  }
}

TEST(json_walk, knows_the_type_of_a_value_by_its_first_character) {
  EXPECT_EQ(json_type_of("{}"), json_type::object);
  EXPECT_EQ(json_type_of("[]"), json_type::array);
  EXPECT_EQ(json_type_of("\"\""), json_type::string);
  EXPECT_EQ(json_type_of("true"), json_type::boolean);
  EXPECT_EQ(json_type_of("false"), json_type::boolean);
  EXPECT_EQ(json_type_of("null"), json_type::null);
  EXPECT_EQ(json_type_of("-1"), json_type::number);
  EXPECT_EQ(json_type_of(""), json_type::null);
}

TEST(json_walk, agrees_with_the_reader_on_the_second_level) {
  const std::string text = R"({"p":{"a":1,"b":{"c":[1,{"d":"}"}]},"e":"\"","f":[]}})";
  json_reader reader;
  ASSERT_EQ(reader.read(as_bytes(text)), json_error::none);
  const auto* const p = reader.find("p");
  ASSERT_NE(p, nullptr);
  json_walk walk{p->value};
  for (const json_member& expected : reader.children(*p)) {
    json_member m;
    ASSERT_TRUE(walk.next(m));
    EXPECT_EQ(m.key, expected.key);
    EXPECT_EQ(m.value, expected.value);
    EXPECT_EQ(m.type, expected.type);
  }
  json_member m;
  EXPECT_FALSE(walk.next(m));
}

TEST(json_walk, stays_inside_a_text_that_is_cut_anywhere) {
  const std::string whole = R"({"a":1,"b\"":"x\\","c":{"d":[1,"]"]},"e":[{}],"f":true})";
  for (std::size_t length = 0; length <= whole.size(); ++length) {
    // A copy of just that size, so that a sanitizer sees a step too far.
    const std::vector<char> cut(whole.begin(), whole.begin() + static_cast<long>(length));
    json_walk walk{{cut.data(), cut.size()}};
    int count = 0;
    for (json_member m; walk.next(m) && count < 100; ++count) {
      EXPECT_LE(m.value.size(), length);
    }
    EXPECT_LT(count, 10);
  }
}

} // namespace
} // namespace fleet
