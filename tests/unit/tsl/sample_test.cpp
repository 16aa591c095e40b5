// Values made up: always valid, on the step, over the whole range, the same for the same stream.
#include "protocol/tsl/sample.hpp"

#include <cmath>
#include <limits>
#include <set>

#include "protocol/tsl/check.hpp"
#include "tests/unit/tsl/models.hpp"

namespace fleet::tsl {
namespace {

using test::loaded;
using test::type_of;

std::string fraction(const data_type& type, double at) {
  byte_buffer out;
  EXPECT_TRUE(append_fraction(out, type, at));
  return std::string{as_text(out.view())};
}

std::string measured(const data_type& type, double reading) {
  byte_buffer out;
  EXPECT_TRUE(append_measured(out, type, reading));
  return std::string{as_text(out.view())};
}

std::string sampled(const data_type& type, random_stream& random) {
  byte_buffer out;
  append_sample(out, type, random);
  return std::string{as_text(out.view())};
}

std::string by_default(const data_type& type) {
  byte_buffer out;
  append_default(out, type);
  return std::string{as_text(out.view())};
}

TEST(tsl_sample, stands_on_the_step_without_the_noise_of_binary_fractions) {
  const data_type t = type_of(R"({"type":"float","specs":{"min":"-40","max":"85","step":"0.1"}})");
  EXPECT_EQ(measured(t, 21.3499), "21.3");
  EXPECT_EQ(measured(t, 0.30000000000000004), "0.3");
  EXPECT_EQ(measured(t, -1000), "-40");
  EXPECT_EQ(measured(t, 1000), "85");
  EXPECT_EQ(measured(t, std::numeric_limits<double>::infinity()), "85");
  EXPECT_EQ(measured(t, std::numeric_limits<double>::quiet_NaN()), "0");
  EXPECT_EQ(fraction(t, 0), "-40");
  EXPECT_EQ(fraction(t, 0.9999999), "85");
  EXPECT_EQ(fraction(t, 7), "85");
  EXPECT_EQ(fraction(t, -7), "-40");
  EXPECT_EQ(fraction(t, std::numeric_limits<double>::quiet_NaN()), "-40");
  EXPECT_EQ(fraction(t, 0.5), "22.5");
}

TEST(tsl_sample, never_leaves_the_range_for_the_step) {
  const data_type t = type_of(R"({"type":"int","specs":{"min":"1","max":"10","step":"4"}})");
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    seen.insert(fraction(t, i / 100.0));
  }
  EXPECT_EQ(seen, (std::set<std::string>{"1", "5", "9"}));
  EXPECT_EQ(measured(t, 10), "9");
  EXPECT_EQ(measured(t, 6.9), "5");
}

TEST(tsl_sample, reads_sensors_as_enums_bools_and_dates) {
  const data_type e = type_of(R"({"type":"enum","specs":{"-3":"a","1":"b","7":"c"}})");
  EXPECT_EQ(measured(e, -100), "-3");
  EXPECT_EQ(measured(e, 3.9), "1");
  EXPECT_EQ(measured(e, 4.1), "7");
  EXPECT_EQ(fraction(e, 0.99), "7");
  const data_type b = type_of(R"({"type":"bool","specs":{"0":"a","1":"b"}})");
  EXPECT_EQ(measured(b, 0.4), "0");
  EXPECT_EQ(measured(b, 0.5), "1");
  EXPECT_EQ(fraction(b, 0.49), "0");
  EXPECT_EQ(fraction(b, 0.51), "1");
  const data_type d = type_of(R"({"type":"date"})");
  EXPECT_EQ(measured(d, 1524448722000.7), "\"1524448722000\"");
  EXPECT_EQ(measured(d, -5), "\"0\"");
}

TEST(tsl_sample, makes_nothing_of_one_number_for_text_struct_and_array) {
  byte_buffer out;
  for (const char* type :
       {R"({"type":"text","specs":{"length":"5"}})",
        R"({"type":"array","specs":{"size":"5","item":{"type":"int"}}})",
        R"({"type":"struct","specs":[{"identifier":"a","dataType":{"type":"date"}}]})"}) {
    EXPECT_FALSE(append_fraction(out, type_of(type), 0.5));
    EXPECT_FALSE(append_measured(out, type_of(type), 0.5));
  }
  EXPECT_TRUE(out.empty());
}

TEST(tsl_sample, has_a_default_that_is_nearest_to_zero) {
  EXPECT_EQ(by_default(type_of(R"({"type":"int","specs":{"min":"-5","max":"5"}})")), "0");
  EXPECT_EQ(by_default(type_of(R"({"type":"int","specs":{"min":"3","max":"5"}})")), "3");
  EXPECT_EQ(by_default(type_of(R"({"type":"float","specs":{"min":"-5","max":"-0.5"}})")), "-0.5");
  EXPECT_EQ(by_default(type_of(R"({"type":"enum","specs":{"-2":"","1":""}})")), "1");
  EXPECT_EQ(by_default(type_of(R"({"type":"text","specs":{"length":"5"}})")), "\"\"");
  EXPECT_EQ(by_default(type_of(R"({"type":"date"})")), "\"0\"");
  EXPECT_EQ(by_default(type_of(R"({"type":"struct","specs":[
    {"identifier":"a","dataType":{"type":"date"}},
    {"identifier":"b","dataType":{"type":"text","specs":{"length":"5"}}}]})")),
            R"({"a":"0","b":""})");
}

std::string walked(const data_type& type, double from, random_stream& random) {
  byte_buffer out;
  EXPECT_TRUE(append_walked(out, type, from, random));
  return std::string{as_text(out.view())};
}

TEST(tsl_sample, walks_by_small_steps_from_what_it_was) {
  random_stream random{7, 0, "walk"};
  const data_type t = type_of(R"({"type":"float","specs":{"min":"-40","max":"60","step":"0.1"}})");
  ASSERT_FALSE(counts_up(t));
  double at = 59.9;
  std::set<double> seen;
  for (int i = 0; i < 1000; ++i) {
    const double next = std::stod(walked(t, at, random));
    EXPECT_LE(std::abs(next - at), 1.001);
    EXPECT_TRUE(next >= -40 && next <= 60);
    seen.insert(next);
    at = next;
  }
  EXPECT_GT(seen.size(), 20U);
  const data_type e = type_of(R"({"type":"enum","specs":{"-3":"a","1":"b","7":"c"}})");
  int others = 0;
  for (int i = 0; i < 300; ++i) {
    others += walked(e, 1, random) == "1" ? 0 : 1;
  }
  EXPECT_GT(others, 0);
  EXPECT_LT(others, 60);
}

TEST(tsl_sample, counts_up_and_over_the_end_where_the_type_is_a_counters) {
  random_stream random{7, 0, "walk"};
  const data_type t = type_of(R"({"type":"int","specs":{"min":"0","max":"1000000","step":"1"}})");
  ASSERT_TRUE(counts_up(t));
  EXPECT_FALSE(counts_up(type_of(R"({"type":"int","specs":{"min":"-1","max":"1000000"}})")));
  EXPECT_FALSE(counts_up(type_of(R"({"type":"int","specs":{"min":"0","max":"999999"}})")));
  double at = 500;
  for (int i = 0; i < 1000; ++i) {
    const double next = std::stod(walked(t, at, random));
    EXPECT_TRUE(next > at && next <= at + 10) << next << " after " << at;
    at = next;
  }
  EXPECT_LT(std::stod(walked(t, 1'000'000, random)), 10);
}

/// Types whose numbers are hard to hit.
constexpr const char* hard[] = {
    R"({"type":"double","specs":{"min":"-1.7e308","max":"1.7e308"}})",
    R"({"type":"double","specs":{"min":"-1.7e308","max":"1.7e308","step":"1e-300"}})",
    R"({"type":"double","specs":{"min":"1e-12","max":"2e-12"}})",
    R"({"type":"double","specs":{"min":"0.1234567891","max":"0.9"}})",
    R"({"type":"double","specs":{"min":"0.1","max":"0.1"}})",
    R"({"type":"double","specs":{"min":"1e15","max":"1.0000001e15","step":"0.3"}})",
    R"({"type":"double","specs":{"min":"0","max":"0.3","step":"0.1"}})",
    R"({"type":"float","specs":{"min":"-0.07","max":"1.13","step":"0.007"}})",
    R"({"type":"int","specs":{"min":"-2147483648","max":"2147483647"}})",
    R"({"type":"int","specs":{"min":"7","max":"7"}})",
};

TEST(tsl_sample, is_valid_for_the_hardest_ranges) {
  random_stream random{1, 2, "hard"};
  for (const char* text : hard) {
    const data_type type = type_of(text);
    for (int i = 0; i < 2000; ++i) {
      const std::string value = sampled(type, random);
      ASSERT_TRUE(check_value(type, value).ok()) << text << ' ' << value;
    }
    for (const double at : {0.0, 0.25, 0.999999999999, 1.0}) {
      ASSERT_TRUE(check_value(type, fraction(type, at)).ok()) << text;
    }
    for (const double reading : {-1e308, -0.01, 0.0, 1e-12, 0.30000001, 1e308}) {
      ASSERT_TRUE(check_value(type, measured(type, reading)).ok()) << text << ' ' << reading;
    }
  }
}

TEST(tsl_sample, varies_even_without_a_step) {
  random_stream random{1, 2, "vary"};
  for (const char* text : {R"({"type":"double","specs":{"min":"0.1234567891","max":"0.9"}})",
                           R"({"type":"double","specs":{"min":"1e-12","max":"2e-12"}})",
                           R"({"type":"float","specs":{"min":"0","max":"1"}})"}) {
    std::set<std::string> seen;
    for (int i = 0; i < 200; ++i) {
      seen.insert(sampled(type_of(text), random));
    }
    EXPECT_GT(seen.size(), 150U) << text;
  }
  const data_type plain = type_of(R"({"type":"double","specs":{"min":"0","max":"1"}})");
  EXPECT_LE(sampled(plain, random).size(), 6U) << "0.1234";
}

TEST(tsl_sample, reaches_every_value_evenly) {
  random_stream random{1, 2, "even"};
  const data_type t = type_of(R"({"type":"int","specs":{"min":"0","max":"9"}})");
  std::vector<int> counts(10);
  for (int i = 0; i < 10000; ++i) {
    ++counts[static_cast<std::size_t>(std::stoi(sampled(t, random)))];
  }
  for (const int count : counts) {
    EXPECT_GT(count, 850);
    EXPECT_LT(count, 1150);
  }
}

TEST(tsl_sample, is_the_same_for_the_same_stream) {
  const model m = loaded(test::all_kinds);
  random_stream a{7, 3, "thing"};
  random_stream b{7, 3, "thing"};
  random_stream other{7, 4, "thing"};
  std::string first;
  std::string second;
  std::string third;
  for (const property& p : m.properties()) {
    first += sampled(p.type, a);
    second += sampled(p.type, b);
    third += sampled(p.type, other);
  }
  EXPECT_EQ(first, second);
  EXPECT_NE(first, third);
}

TEST(tsl_sample, is_valid_for_every_model_of_the_house) {
  const auto files = test::model_files();
  ASSERT_GE(files.size(), 4U);
  random_stream random{5, 0, "models"};
  json_reader reader;
  for (const auto& file : files) {
    const model m = loaded(file.text);
    for (int i = 0; i < 200; ++i) {
      byte_buffer post;
      post.push('{');
      for (const property& p : m.properties()) {
        post.append(std::string{post.size() > 1 ? "," : ""} + '"' + p.identifier + "\":");
        append_sample(post, p.type, random);
      }
      post.push('}');
      ASSERT_EQ(reader.read(post.view()), json_error::none) << as_text(post.view());
      const finding f =
          check_properties(m, reader.top(), access_right::report, {.whole_properties = true});
      ASSERT_TRUE(f.ok()) << file.name << ' ' << f.identifier << as_text(post.view());
    }
  }
}

} // namespace
} // namespace fleet::tsl
