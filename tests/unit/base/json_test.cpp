// JSON in and out: what is split, what is refused, what is written.
#include <gtest/gtest.h>

#include "protocol/base/json.hpp"
#include "protocol/base/json_write.hpp"

namespace fleet {
namespace {

json_error read(json_reader& reader, std::string_view text) {
  // An exact copy on the heap first: there the sanitizer sees every octet read beyond the end.
  const std::vector<std::uint8_t> exact{text.begin(), text.end()};
  (void)reader.read(exact);
  return reader.read(as_bytes(text));
}

TEST(json_reader, splits_an_object_into_raw_members_of_two_levels) {
  json_reader reader;
  constexpr std::string_view text = " { \"a\" : 1 , \"b\":\"x y\", \"c\": { \"d\" : [1, 2] "
                                    ",\"e\":null } , \"f\" :[ true ,false, -1.5e3 ]}\n";
  ASSERT_EQ(read(reader, text), json_error::none);
  EXPECT_FALSE(reader.is_array());
  ASSERT_EQ(reader.top().size(), 4U);
  EXPECT_EQ(reader.top()[0].value, "1");
  EXPECT_EQ(reader.top()[1].value, "\"x y\"");
  EXPECT_EQ(reader.top()[2].value, "{ \"d\" : [1, 2] ,\"e\":null }");
  EXPECT_EQ(reader.top()[3].value, "[ true ,false, -1.5e3 ]");
  EXPECT_EQ(reader.top()[3].type, json_type::array);
  const auto inner = reader.children(*reader.find("c"));
  ASSERT_EQ(inner.size(), 2U);
  EXPECT_EQ(inner[0].key, "d");
  EXPECT_EQ(inner[0].value, "[1, 2]");
  EXPECT_EQ(inner[1].type, json_type::null);
  const auto elements = reader.children(*reader.find("f"));
  ASSERT_EQ(elements.size(), 3U);
  EXPECT_EQ(elements[0].type, json_type::boolean);
  EXPECT_EQ(elements[2].value, "-1.5e3");
  EXPECT_EQ(reader.find("g"), nullptr);
  EXPECT_TRUE(reader.children(reader.top()[0]).empty());
}

TEST(json_reader, splits_an_array_into_elements) {
  json_reader reader;
  ASSERT_EQ(read(reader, R"([{"a":1},"b",[]])"), json_error::none);
  EXPECT_TRUE(reader.is_array());
  ASSERT_EQ(reader.top().size(), 3U);
  EXPECT_EQ(reader.top()[0].value, R"({"a":1})");
  EXPECT_EQ(reader.children(reader.top()[0])[0].key, "a");
  ASSERT_EQ(read(reader, "[]"), json_error::none);
  EXPECT_TRUE(reader.is_array());
  ASSERT_EQ(read(reader, "{}"), json_error::none);
  EXPECT_FALSE(reader.is_array());
  EXPECT_TRUE(reader.top().empty());
}

TEST(json_reader, views_point_into_the_text_that_was_read) {
  json_reader reader;
  const std::string text = R"({"a":"xyz"})";
  ASSERT_EQ(reader.read(as_bytes(text)), json_error::none);
  EXPECT_EQ(reader.top()[0].value.data(), text.data() + 5);
  EXPECT_EQ(reader.top()[0].key.data(), text.data() + 2);
}

TEST(json_reader, keeps_escapes_of_keys_and_values_as_written) {
  json_reader reader;
  ASSERT_EQ(read(reader, R"({"a\"b":"c\\","d\\":"é😀"})"), json_error::none);
  EXPECT_EQ(reader.top()[0].key, R"(a\"b)");
  EXPECT_EQ(reader.top()[0].value, R"("c\\")");
  EXPECT_EQ(reader.top()[1].key, R"(d\\)");
}

TEST(json_reader, refuses_whatever_is_not_json) {
  json_reader reader;
  for (const std::string_view text : {"{",
                                      "}",
                                      "[",
                                      "]",
                                      "{]",
                                      "[}",
                                      "{\"a\"}",
                                      "{\"a\":}",
                                      "{\"a\":1",
                                      "{\"a\":1,}",
                                      "{\"a\":1,,\"b\":2}",
                                      "{,}",
                                      "[1,]",
                                      "[,1]",
                                      "[1 2]",
                                      "{\"a\" 1}",
                                      "{a:1}",
                                      "{'a':1}",
                                      "{\"a\":tru}",
                                      "{\"a\":nul}",
                                      "{\"a\":nulll}",
                                      "{\"a\":truex}",
                                      "{\"a\":01}",
                                      "{\"a\":1.}",
                                      "{\"a\":.5}",
                                      "{\"a\":-}",
                                      "{\"a\":+1}",
                                      "{\"a\":1e}",
                                      "{\"a\":0x1}",
                                      "{\"a\":NaN}",
                                      "{\"a\":\"x}",
                                      "{\"a\":\"\\q\"}",
                                      "{\"a\":\"\\u12\"}",
                                      "{\"a\":\"\\ud800\"}",
                                      "{\"\\q\":1}",
                                      "{\"a\":\"\n\"}",
                                      "{\"a\":\"\xff\"}",
                                      "{\"a\":1}x",
                                      "{\"a\":1}{}",
                                      "{\"a\":1} ]",
                                      "{\"a\":1}}",
                                      "[[1]",
                                      "{\"a\":[1}",
                                      "{\"a\":{\"b\":1]}",
                                      "{1:2}",
                                      "{\"a\":1:2}",
                                      "\xef\xbb\xbf{}",
                                      "{\"a\":1e999}",
                                      "{\"a\":99999999999999999999999999}"}) {
    EXPECT_EQ(read(reader, text), json_error::malformed) << text;
  }
}

TEST(json_reader, refuses_scalars_and_emptiness_as_no_container) {
  json_reader reader;
  for (const std::string_view text : {"1", "\"x\"", "true", "null"}) {
    EXPECT_NE(read(reader, text), json_error::none) << text;
  }
  EXPECT_EQ(read(reader, ""), json_error::no_container);
  EXPECT_NE(read(reader, "  \n"), json_error::none);
}

TEST(json_reader, refuses_every_truncation) {
  json_reader reader;
  const std::string_view text =
      R"({"id":"12","version":"1.0","params":{"RGB":{"R":247,"G":[60]},"L":1},"method":"thing.x"})";
  for (std::size_t length = 0; length < text.size(); ++length) {
    EXPECT_NE(read(reader, text.substr(0, length)), json_error::none) << length;
  }
  EXPECT_EQ(read(reader, text), json_error::none);
}

TEST(json_reader, allows_the_greatest_depth_and_not_one_more) {
  json_reader reader;
  const auto nested = [](int depth) {
    return std::string(static_cast<std::size_t>(depth), '[')
           + std::string(static_cast<std::size_t>(depth), ']');
  };
  EXPECT_EQ(read(reader, nested(json_reader::max_depth)), json_error::none);
  EXPECT_EQ(read(reader, nested(json_reader::max_depth + 1)), json_error::too_deep);
}

TEST(json_reader, nesting_of_20000_levels_is_a_cheap_error) {
  json_reader reader;
  std::string objects;
  for (int i = 0; i < 20'000; ++i) {
    objects += "{\"a\":";
  }
  EXPECT_NE(read(reader, objects), json_error::none);
  EXPECT_NE(read(reader, std::string(20'000, '[')), json_error::none);
  EXPECT_NE(read(reader, R"({"id":"1","params":)" + std::string(20'000, '[')
                             + std::string(20'000, ']') + "}"),
            json_error::none);
}

TEST(json_reader, allows_the_greatest_number_of_members_and_not_one_more) {
  json_reader reader;
  const auto list = [](std::size_t members) {
    std::string text = "[0";
    for (std::size_t i = 1; i < members; ++i) {
      text += ",0";
    }
    return text + "]";
  };
  EXPECT_EQ(read(reader, list(json_reader::max_members)), json_error::none);
  EXPECT_EQ(read(reader, list(json_reader::max_members + 1)), json_error::too_many_members);
  EXPECT_EQ(read(reader, "[" + list(json_reader::max_members - 1) + "]"), json_error::none);
  EXPECT_EQ(read(reader, "[" + list(json_reader::max_members) + "]"), json_error::too_many_members);
  EXPECT_EQ(read(reader, "[[" + list(json_reader::max_members * 2) + "]]"), json_error::none);
}

TEST(json_reader, allows_the_largest_text_and_not_one_octet_more) {
  json_reader reader;
  std::string text = "[\"" + std::string(json_reader::max_text - 4, 'x') + "\"]";
  EXPECT_EQ(read(reader, text), json_error::none);
  EXPECT_EQ(reader.top()[0].value.size(), json_reader::max_text - 2);
  text.insert(2, "x");
  EXPECT_EQ(read(reader, text), json_error::too_large);
}

TEST(json_reader, keeps_what_was_whole_before_an_error) {
  json_reader reader;
  EXPECT_EQ(read(reader, R"({"id":7,"x":{"y":1},"z":oops})"), json_error::malformed);
  ASSERT_EQ(reader.top().size(), 2U);
  EXPECT_EQ(reader.top()[0].key, "id");
}

TEST(json_value, reads_integers_numbers_and_text) {
  EXPECT_EQ(json_integer("-12"), -12);
  EXPECT_EQ(json_integer("9223372036854775807"), INT64_MAX);
  for (const std::string_view raw :
       {"", "-", "1.0", "1e3", "\"1\"", "9223372036854775808", "1x", "+1"}) {
    EXPECT_EQ(json_integer(raw), std::nullopt) << raw;
  }
  EXPECT_EQ(json_number("-1.5e3"), -1500.0);
  EXPECT_EQ(json_number("12"), 12.0);
  for (const std::string_view raw : {"", "inf", "nan", "\"1\"", "true", "1 "}) {
    EXPECT_EQ(json_number(raw), std::nullopt) << raw;
  }
  EXPECT_EQ(json_plain_text("\"abc\""), "abc");
  EXPECT_EQ(json_plain_text("\"\""), "");
  for (const std::string_view raw : {"", "\"", "abc", "12", "\"a\\n\""}) {
    EXPECT_EQ(json_plain_text(raw), std::nullopt) << raw;
  }
}

TEST(json_value, resolves_escapes) {
  std::string out = ">";
  EXPECT_TRUE(append_json_string(out, R"("a\"\\\/\b\f\n\r\tz\u0041\u00e9\u20ac\ud83d\ude00")"));
  EXPECT_EQ(out, ">a\"\\/\b\f\n\r\tzA\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80");
  for (const std::string_view raw : {R"("\q")", R"("\u12")", R"("\ud800")", R"("\udc00")",
                                     R"("\ud800\u0041")", R"("\")", "x", "\""}) {
    EXPECT_FALSE(append_json_string(out, raw)) << raw;
  }
}

template <class Write>
std::string written(Write write) {
  byte_buffer out;
  write(out);
  return std::string{as_text(out.view())};
}

TEST(json_write, thousandths_are_decimals_with_three_places) {
  const auto text = [](std::int64_t n) {
    return written([n](byte_buffer& out) { append_thousandths(out, n); });
  };
  EXPECT_EQ(text(12'345), "12.345");
  EXPECT_EQ(text(12'000), "12.000");
  EXPECT_EQ(text(0), "0.000");
  EXPECT_EQ(text(7), "0.007");
  EXPECT_EQ(text(-5), "-0.005");
  EXPECT_EQ(text(-1'050), "-1.050");
  EXPECT_EQ(text(INT64_MAX), "9223372036854775.807");
  EXPECT_EQ(text(INT64_MIN), "-9223372036854775.808");
}

TEST(json_write, text_is_escaped_so_that_it_reads_back) {
  std::string all;
  for (int c = 0; c < 128; ++c) {
    all += static_cast<char>(c);
  }
  all += "é€😀";
  const std::string json = written([&](byte_buffer& out) { append_json_text(out, all); });
  std::string back;
  EXPECT_TRUE(append_json_string(back, json));
  EXPECT_EQ(back, all);
  json_reader reader;
  EXPECT_EQ(read(reader, "[" + json + "]"), json_error::none);
  EXPECT_EQ(written([](byte_buffer& out) { append_json_text(out, "a\"\\\n\x01\x1f"); }),
            R"("a\"\\\n\u0001\u001f")");
}

TEST(json_write, objects_grow_member_by_member) {
  EXPECT_EQ(written([](byte_buffer& out) {
              object_writer o{out};
              o.integer("n", -3);
              o.thousandths("t", 21'500);
              o.open("rgb");
              o.integer("r", 1);
              o.integer("g", 2);
              o.close();
              o.text("s", "x\"y");
              o.boolean("on", true);
              o.open("empty");
              o.close();
              o.raw("list", "[1]");
              o.end();
            }),
            R"({"n":-3,"t":21.500,"rgb":{"r":1,"g":2},"s":"x\"y","on":1,"empty":{},"list":[1]})");
  EXPECT_EQ(written([](byte_buffer& out) { object_writer{out}.end(); }), "{}");
}

} // namespace
} // namespace fleet
