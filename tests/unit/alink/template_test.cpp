// Templates: every placeholder, every mistake, the same text for the same seed.
#include <set>

#include <gtest/gtest.h>

#include "protocol/alink/template.hpp"

namespace fleet::alink {
namespace {

struct fixed_tag final : tag_writer {
  std::size_t append(byte_buffer& out) override {
    out.append(std::string_view{"~TAG~"});
    return out.size() - 2;
  }
};

constexpr template_values values{"dev_000007", "cid-7", 7, 41, 1'700'000'000'123};

payload_template compiled(std::string_view text) {
  auto got = payload_template::compile(text);
  EXPECT_TRUE(got) << (got ? "" : got.error().message);
  return got ? std::move(got).value() : payload_template{};
}

std::string rendered(std::string_view text, std::uint64_t seed = 1) {
  random_stream random{seed, 0, "payload"};
  byte_buffer out;
  compiled(text).render(out, values, random);
  return std::string{as_text(out.view())};
}

TEST(payload_template, fills_in_every_placeholder) {
  EXPECT_EQ(rendered("{device}|{client}|{index}|{seq}|{timestamp}"),
            "dev_000007|cid-7|7|41|1700000000123");
}

TEST(payload_template, doubled_braces_are_braces) {
  EXPECT_EQ(rendered(R"({{"n":{index},"o":{{"s":"{seq}"}}}})"), R"({"n":7,"o":{"s":"41"}})");
  EXPECT_EQ(rendered("{{}}{{device}}{{{device}}}"), "{}{device}{dev_000007}");
}

TEST(payload_template, plain_text_and_nothing_stay_what_they_are) {
  EXPECT_EQ(rendered("hello"), "hello");
  EXPECT_EQ(rendered(""), "");
  EXPECT_EQ(rendered(std::string_view{"a\0b\xff", 4}), (std::string{"a\0b\xff", 4}));
  EXPECT_TRUE(compiled("a{{b").is_constant());
  EXPECT_FALSE(compiled("a{seq}").is_constant());
}

TEST(payload_template, blanks_around_words_do_not_matter) {
  EXPECT_EQ(rendered("{ index }"), "7");
  EXPECT_EQ(rendered("{ random   5 .. 5 }"), "5");
}

TEST(payload_template, random_numbers_stay_in_their_range_and_reach_both_ends) {
  random_stream random{3, 0, "payload"};
  const payload_template t = compiled("{random -2..1}");
  bool seen[4] = {};
  for (int i = 0; i < 200; ++i) {
    byte_buffer out;
    t.render(out, values, random);
    const int n = std::stoi(std::string{as_text(out.view())});
    ASSERT_GE(n, -2);
    ASSERT_LE(n, 1);
    seen[n + 2] = true;
  }
  EXPECT_TRUE(seen[0] && seen[1] && seen[2] && seen[3]);
  EXPECT_EQ(rendered("{random -9223372036854775808..-9223372036854775808}"),
            "-9223372036854775808");
}

TEST(payload_template, random_hex_has_as_many_digits_as_asked) {
  for (const std::size_t digits : {1, 8, 16, 17, 1'024}) {
    const std::string text = rendered("{random hex " + std::to_string(digits) + "}");
    EXPECT_EQ(text.size(), digits);
    EXPECT_EQ(text.find_first_not_of("0123456789abcdef"), std::string::npos);
  }
}

TEST(payload_template, numbers_have_the_decimals_of_their_range) {
  EXPECT_EQ(rendered("{random 18.25..18.25}"), "18.25");
  EXPECT_EQ(rendered("{random -0.5..-0.5}|{random 0.0..0.0}|{random 7..7.000}"), "-0.5|0.0|7.000");
  EXPECT_EQ(rendered("{random -1.000000001..-1.000000001}"), "-1.000000001");
  random_stream random{3, 0, "payload"};
  const payload_template t = compiled("{random -0.2..0.1}");
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    byte_buffer out;
    t.render(out, values, random);
    seen.insert(std::string{as_text(out.view())});
  }
  EXPECT_EQ(seen, (std::set<std::string>{"-0.2", "-0.1", "0.0", "0.1"}));
}

TEST(payload_template, a_choice_takes_each_of_its_texts) {
  random_stream random{3, 0, "payload"};
  const payload_template t = compiled("<{choice on|off| half way |}>");
  std::set<std::string> seen;
  for (int i = 0; i < 200; ++i) {
    byte_buffer out;
    t.render(out, values, random);
    seen.insert(std::string{as_text(out.view())});
  }
  EXPECT_EQ(seen, (std::set<std::string>{"<on>", "<off>", "< half way >", "<>"}));
  EXPECT_FALSE(t.is_constant());
}

TEST(payload_template, a_sine_rises_from_its_middle_once_a_period) {
  const payload_template t = compiled("{sine 10..20.0 60s}");
  const auto at = [&t](std::int64_t ms) {
    random_stream random{1, 0, "payload"};
    template_values when;
    when.timestamp_ms = ms;
    byte_buffer out;
    t.render(out, when, random);
    return std::string{as_text(out.view())};
  };
  EXPECT_EQ(at(0), "15.0");
  EXPECT_EQ(at(5'000), "17.5");
  EXPECT_EQ(at(15'000), "20.0");
  EXPECT_EQ(at(45'000), "10.0");
  EXPECT_EQ(at(-15'000), "10.0") << "before 1970, by a clock that jumped";
  EXPECT_EQ(at(1'700'000'055'000), at(1'700'000'115'000));
  EXPECT_EQ(rendered("{sine 0..0 1ms}{sine -9223372036854775808..-9223372036854775808 365d}"),
            "0-9223372036854775808");
}

TEST(payload_template, columns_are_cells_of_the_row_once_it_is_bound) {
  payload_template t = compiled("{{\"t\":{column temp},\"s\":\"{column the sky}\"}}");
  EXPECT_TRUE(t.has_columns());
  const std::vector<std::string> columns{"time", "the sky", "temp"};
  const std::vector<std::string_view> cells{"7:00", "grey", "12.5"};
  random_stream random{1, 0, "payload"};
  template_values row = values;
  row.cells = cells;
  byte_buffer out;
  t.render(out, row, random);
  EXPECT_EQ(as_text(out.view()), R"({"t":,"s":""})") << "not yet";
  EXPECT_EQ(t.bind(columns), std::nullopt);
  out.clear();
  t.render(out, row, random);
  EXPECT_EQ(as_text(out.view()), R"({"t":12.5,"s":"grey"})");
  EXPECT_EQ(t.bind(std::vector<std::string>{"temp"}), "the sky");
  EXPECT_EQ(compiled("{seq}").bind({}), std::nullopt);
}

TEST(payload_template, the_product_is_what_the_caller_says) {
  template_values of = values;
  of.product = "a1Key";
  random_stream random{1, 0, "payload"};
  byte_buffer out;
  compiled("{product}/{device}").render(out, of, random);
  EXPECT_EQ(as_text(out.view()), "a1Key/dev_000007");
}

TEST(payload_template, the_same_seed_gives_the_same_text) {
  constexpr std::string_view text = "{random hex 16}{random 0..1000000}";
  EXPECT_EQ(rendered(text, 5), rendered(text, 5));
  EXPECT_NE(rendered(text, 5), rendered(text, 6));
}

TEST(payload_template, ledger_is_written_by_the_caller_who_learns_where_its_checksum_is) {
  random_stream random{1, 0, "payload"};
  const payload_template t = compiled("<{ledger}>{seq}");
  EXPECT_TRUE(t.has_ledger());
  byte_buffer out;
  fixed_tag tag;
  EXPECT_EQ(t.render(out, values, random, &tag), 4U);
  EXPECT_EQ(as_text(out.view()), "<~TAG~>41");
  byte_buffer without;
  EXPECT_EQ(t.render(without, values, random), std::nullopt);
  EXPECT_EQ(as_text(without.view()), "<>41");
  EXPECT_FALSE(compiled("{seq}").has_ledger());
}

TEST(payload_template, appends_behind_what_is_there) {
  random_stream random{1, 0, "payload"};
  byte_buffer out;
  out.append(std::string_view{"topic "});
  compiled("{index}").render(out, values, random);
  EXPECT_EQ(as_text(out.view()), "topic 7");
}

TEST(payload_template, tells_each_mistake_by_column_and_sentence) {
  struct mistake {
    std::string_view text;
    std::uint32_t column;
    std::string_view message;
  };
  for (const mistake& m : {
           mistake{"ab{devise}", 3,
                   "unknown placeholder {devise}, the nearest is {device}; write {{ for a brace"},
           mistake{"{sequence}", 1,
                   "unknown placeholder {sequence}, the nearest is {seq}; write {{ for a brace"},
           mistake{
               "{timestmap}", 1,
               "unknown placeholder {timestmap}, the nearest is {timestamp}; write {{ for a brace"},
           mistake{"{Index}", 1,
                   "unknown placeholder {Index}, the nearest is {index}; write {{ for a brace"},
           mistake{"{time}", 1,
                   "unknown placeholder {time}, the nearest is {timestamp}; write {{ for a brace"},
           mistake{"{\"a\":1}", 1, "a single '{' opens a placeholder; write {{ for a brace"},
           mistake{"{}", 1, "a single '{' opens a placeholder; write {{ for a brace"},
           mistake{"x{device", 2, "this placeholder is not closed; write {{ for a brace"},
           mistake{"x{device{seq}", 2, "this placeholder is not closed; write {{ for a brace"},
           mistake{"x{", 2, "this placeholder is not closed; write {{ for a brace"},
           mistake{"abc}", 4, "a single '}' closes nothing; write }} for a brace"},
           mistake{"{seq 5}", 1, "{seq} takes no argument"},
           mistake{"{random}", 1, "{random} needs a range like {random 0..100} or {random hex 8}"},
           mistake{"{random 5}", 1,
                   "{random} needs a range like {random 0..100} or {random hex 8}"},
           mistake{"{random 0..x}", 1,
                   "{random} needs a range like {random 0..100} or {random hex 8}"},
           mistake{"{random 0..99999999999999999999}", 1,
                   "{random} needs a range like {random 0..100} or {random hex 8}"},
           mistake{"{random 2..1}", 1,
                   "the range of {random 2..1} is empty: its low end is higher"},
           mistake{"{random hex 0}", 1, "{random hex N} takes 1 to 1024 digits"},
           mistake{"{random hex 1025}", 1, "{random hex N} takes 1 to 1024 digits"},
           mistake{"{random hex x}", 1, "{random hex N} takes 1 to 1024 digits"},
           mistake{"{random 1.5..x}", 1,
                   "{random} needs a range like {random 0..100} or {random hex 8}"},
           mistake{"{random 0..1.0123456789}", 1,
                   "{random} needs a range like {random 0..100} or {random hex 8}"},
           mistake{"{random .5..1}", 1,
                   "{random} needs a range like {random 0..100} or {random hex 8}"},
           mistake{"{random 9223372036854775807..1.5}", 1,
                   "{random} needs a range like {random 0..100} or {random hex 8}"},
           mistake{"a{choice}", 2, "{choice} needs texts to choose from, as {choice on|off}"},
           mistake{"{choice on}", 1, "{choice} needs texts to choose from, as {choice on|off}"},
           mistake{"{sine 0..1}", 1,
                   "{sine} needs a range and a period of 1ms to 365d, as {sine 18.0..26.0 24h}"},
           mistake{"{sine 0..1 24}", 1,
                   "{sine} needs a range and a period of 1ms to 365d, as {sine 18.0..26.0 24h}"},
           mistake{"{sine 0..1 366d}", 1,
                   "{sine} needs a range and a period of 1ms to 365d, as {sine 18.0..26.0 24h}"},
           mistake{"{sine 0..1 0s}", 1,
                   "{sine} needs a range and a period of 1ms to 365d, as {sine 18.0..26.0 24h}"},
           mistake{"{sine 2..1 1h}", 1,
                   "the range of {sine 2..1 1h} is empty: its low end is higher"},
           mistake{"{column}", 1, "{column} needs the name of a column, as {column temperature}"},
           mistake{"{colum x}", 1,
                   "unknown placeholder {colum x}, the nearest is {column}; write {{ for a brace"},
           mistake{"{product 1}", 1, "{product} takes no argument"},
           mistake{"{ledger}{ledger}", 9, "{ledger} stands twice; a payload has one checksum"},
       }) {
    const auto got = payload_template::compile(m.text);
    ASSERT_FALSE(got) << m.text;
    EXPECT_EQ(got.error().column, m.column) << m.text;
    EXPECT_EQ(got.error().message, m.message) << m.text;
  }
}

TEST(payload_template, has_room_for_a_thousand_placeholders_and_no_more) {
  std::string text;
  for (std::size_t i = 0; i < payload_template::max_placeholders; ++i) {
    text += "{seq}";
  }
  EXPECT_TRUE(payload_template::compile(text));
  const auto got = payload_template::compile(text + "{seq}");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().column, text.size() + 1);
  EXPECT_EQ(got.error().message, "more than 1000 placeholders");
}

TEST(payload_template, has_room_for_256_kib_and_no_more) {
  const std::string text(payload_template::max_text, 'x');
  EXPECT_EQ(rendered(text), text);
  const auto got = payload_template::compile(text + "x");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().message, "the template is longer than 262,144 octets");
}

} // namespace
} // namespace fleet::alink
