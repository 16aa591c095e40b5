// Raw values: members without allocation, the size of texts, and numbers written back.
#include "protocol/tsl/raw_json.hpp"

#include <gtest/gtest.h>

#include <limits>

#include "protocol/base/bytes.hpp"
#include "protocol/tsl/number.hpp"

namespace fleet::tsl {
namespace {

/// `key=value;` for each member, and whether the walk came to the end.
std::string walked(std::string_view raw) {
  // An exact copy on the heap: there the sanitizer sees what is read beyond the end.
  const std::vector<char> exact{raw.begin(), raw.end()};
  raw_members members{{exact.data(), exact.size()}};
  json_member m;
  std::string all;
  while (members.next(m)) {
    all += std::string{m.key} + '=' + std::string{m.value} + ';';
    EXPECT_EQ(m.type, raw_type(m.value));
  }
  EXPECT_FALSE(members.next(m));
  return all + (members.whole() ? "." : "!");
}

TEST(tsl_raw_members, walks_objects_and_arrays) {
  EXPECT_EQ(walked("{}"), ".");
  EXPECT_EQ(walked("[ ]"), ".");
  EXPECT_EQ(walked("{ \"a\" : 1 ,\"b\":{\"c\":[1,{}]} , \"d\":\"x,]}\\\"\" }"),
            "a=1;b={\"c\":[1,{}]};d=\"x,]}\\\"\";.");
  EXPECT_EQ(walked("[1,-2.5e3,true,null,\"\",[[]],{\"]\":\"}\"}]"),
            "=1;=-2.5e3;=true;=null;=\"\";=[[]];={\"]\":\"}\"};.");
}

TEST(tsl_raw_members, stops_within_its_bounds_on_anything_else) {
  for (const std::string_view bad : {"",       "1",       "\"a\"",     "{",         "[",
                                     "{\"a\"", "{\"a\":", "{\"a\":1",  "{\"a\":\"", "{\"a\\",
                                     "[1",     "[1,",     "[[1]",      "[\"",       "[\"\\",
                                     "[1 2]",  "{1:2}",   "{\"a\" 1}", "[1}",       "{\"a\":1]",
                                     "[]x",    "[,1]",    "[1,,2]",    "{\"a\":}",  "[1]]"}) {
    EXPECT_EQ(walked(bad).back(), '!') << bad;
  }
  constexpr std::string_view good = "{\"a\":[1,{\"b\":\"\\\"x\"}],\"c\":\"\\u00e4\"}";
  for (std::size_t size = 0; size < good.size(); ++size) {
    EXPECT_EQ(walked(good.substr(0, size)).back(), '!') << size;
  }
  EXPECT_EQ(walked(std::string(20000, '[')), "!");
  EXPECT_EQ(walked(std::string(20000, '[') + std::string(20000, ']')).back(), '.');
}

TEST(tsl_raw_text, counts_what_a_string_says) {
  EXPECT_EQ(raw_text_size("\"\""), 0U);
  EXPECT_EQ(raw_text_size("\"abc\""), 3U);
  EXPECT_EQ(raw_text_size("\"\xc3\xa4\""), 2U);
  EXPECT_EQ(raw_text_size(R"("\n\"\\\/")"), 4U);
  EXPECT_EQ(raw_text_size(R"("\u0041\u00e4\u20ac\ud83d\ude00")"), 1U + 2 + 3 + 4);
  for (const std::string_view bad :
       {"", "\"", "abc", "1", "\"a", "a\"", R"("\")", R"("\x")", R"("\u12")", R"("\u12g4")",
        R"("\ud83d")", R"("\ud83d\u0041")", R"("\ude00")", R"("a"b")", "\"\\u", "\"\\ud800\\u"}) {
    EXPECT_FALSE(raw_text_size(bad)) << bad;
  }
}

std::string number(double value) {
  byte_buffer out;
  append_number(out, value);
  return std::string{as_text(out.view())};
}

std::string rounded(double value, int decimals) {
  byte_buffer out;
  append_rounded(out, value, decimals);
  return std::string{as_text(out.view())};
}

TEST(tsl_number, is_written_short_and_reads_back_the_same) {
  EXPECT_EQ(number(0), "0");
  EXPECT_EQ(number(-0.0), "0");
  EXPECT_EQ(number(100000), "100000");
  EXPECT_EQ(number(0.1), "0.1");
  EXPECT_EQ(number(-40.25), "-40.25");
  EXPECT_EQ(number(1e15), "1e+15");
  EXPECT_EQ(number(999999999999999), "999999999999999");
  for (const double v :
       {1e-6, 9.9e-7, 1.0 / 3, 1e300, -123456789.123456789, std::numeric_limits<double>::max(),
        std::numeric_limits<double>::min(), 999999999999999.9}) {
    EXPECT_EQ(json_number(number(v)), v);
    EXPECT_EQ(json_number(number(-v)), -v);
  }
}

TEST(tsl_number, is_rounded_without_zeros_at_its_end) {
  EXPECT_EQ(rounded(0.1 + 0.2, 1), "0.3");
  EXPECT_EQ(rounded(2.5000001, 3), "2.5");
  EXPECT_EQ(rounded(1200, 2), "1200");
  EXPECT_EQ(rounded(-0.001, 2), "0");
  EXPECT_EQ(rounded(1200, 0), "1200");
  EXPECT_EQ(rounded(1e300, 2), "1e+300");
}

} // namespace
} // namespace fleet::tsl
