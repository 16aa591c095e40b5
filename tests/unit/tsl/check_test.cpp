// What travels against the model: each mistake with its place and its code, and no allocation.
#include "protocol/tsl/check.hpp"

#include <initializer_list>

#include "tests/unit/tsl/models.hpp"

namespace fleet::tsl {

namespace test {
extern std::size_t allocations;
} // namespace test

namespace {

using test::all_kinds;
using test::loaded;

constexpr check_policy ignoring{.unknown = unknown_rule::ignore};

/// `path code what`, or `ok`.
std::string shown(const finding& f) {
  if (f.ok()) {
    EXPECT_EQ(f.code, 200);
    return "ok";
  }
  byte_buffer path;
  append_path(path, f);
  return std::string{as_text(path.view())} + ' ' + std::to_string(f.code) + ' '
         + std::string{word_of(f.what)};
}

class tsl_check : public ::testing::Test {
protected:
  std::span<const json_member> members(std::string_view json) {
    text_ = json;
    EXPECT_EQ(reader_.read(as_bytes(text_)), json_error::none) << json;
    return reader_.top();
  }
  std::string report(std::string_view json, const check_policy& policy = {}) {
    return shown(check_properties(thing_, members(json), access_right::report, policy));
  }
  std::string write(std::string_view json, const check_policy& policy = {}) {
    return shown(check_properties(thing_, members(json), access_right::write, policy));
  }
  std::string one(std::string_view identifier, std::string_view raw) {
    return shown(check_property(thing_, identifier, raw, access_right::report));
  }

  model thing_ = loaded(all_kinds);
  json_reader reader_;
  std::string text_;
};

TEST_F(tsl_check, takes_a_value_of_every_kind) {
  EXPECT_EQ(report(R"({"i":-10,"f":1.5,"d":1e300,"e":7,"b":1,"t":"12345678","when":"1524448722000",
    "s":{"x":255,"label":""},"list":[1,2,3],"rows":[{"k":0},{"k":1}]})"),
            "ok");
  EXPECT_EQ(report("{}"), "ok");
  EXPECT_EQ(one("f", "1"), "ok");
  EXPECT_EQ(one("f", "-1.5e0"), "ok");
  EXPECT_EQ(one("i", "3"), "ok") << "steps are advice to devices, not a rule for messages";
}

struct bad_value {
  const char* identifier;
  const char* raw;
  const char* finding;
};

TEST_F(tsl_check, names_what_is_wrong_with_a_value_and_the_platforms_code) {
  static constexpr bad_value bad[] = {
      {"i", "11", "i 6306 out of range"},
      {"i", "-11", "i 6306 out of range"},
      {"i", "99999999999999999999", "i 6306 out of range"},
      {"i", "1.5", "i 6305 wrong type"},
      {"i", "1e0", "i 6305 wrong type"},
      {"i", "\"1\"", "i 6305 wrong type"},
      {"i", "null", "i 6305 wrong type"},
      {"i", "", "i 6305 wrong type"},
      {"f", "1.6", "f 6307 out of range"},
      {"f", "\"1\"", "f 6305 wrong type"},
      {"f", "nan", "f 6305 wrong type"},
      {"d", "-1", "d 6322 out of range"},
      {"d", "1e301", "d 6322 out of range"},
      {"e", "2", "e 6309 out of range"},
      {"e", "\"x\"", "e 6305 wrong type"},
      {"b", "2", "b 6308 out of range"},
      {"b", "true", "b 6305 wrong type"},
      {"t", "\"123456789\"", "t 6310 too long"},
      {"t", R"("\u20ac\u20ac\u20ac")", "t 6310 too long"},
      {"t", "5", "t 6305 wrong type"},
      {"when", "1524448722000", "when 6305 wrong type"},
      {"when", "\"yesterday\"", "when 6311 out of range"},
      {"when", "\"-1\"", "when 6311 out of range"},
      {"when", "\"253402300800000\"", "when 6311 out of range"},
      {"s", "1", "s 6305 wrong type"},
      {"s", "[]", "s 6305 wrong type"},
      {"s", R"({"x":1})", "s.label 6312 missing"},
      {"s", R"({"x":1,"label":"","z":1})", "s.z 6312 unknown identifier"},
      {"s", R"({"x":256,"label":""})", "s.x 6306 out of range"},
      {"s", R"({"x":1,"label":"","x":2})", "s.x 6315 stands twice"},
      {"s.x", "256", "s.x 6306 out of range"},
      {"s.z", "1", "s.z 6320 unknown identifier"},
      {"s.", "1", "s. 6320 unknown identifier"},
      {"s.x.y", "1", "s.x.y 6320 unknown identifier"},
      {"i.x", "1", "i.x 6320 unknown identifier"},
      {".x", "1", ".x 6320 unknown identifier"},
      {"list", "[1,2,3,4]", "list 6315 too long"},
      {"list", "[1,true]", "list[1] 6305 wrong type"},
      {"list", "[2147483648]", "list[0] 6306 out of range"},
      {"list", "{}", "list 6305 wrong type"},
      {"rows", R"([{"k":0},{"k":3}])", "rows[1].k 6308 out of range"},
      {"rows", R"([{}])", "rows[0].k 6312 missing"},
      {"rows", R"([3])", "rows[0] 6305 wrong type"},
      {"nothing", "1", "nothing 6320 unknown identifier"},
      {"", "1", " 6320 unknown identifier"},
      {"list", "[1,", "list 6305 wrong type"},
      {"s", R"({"x":1,"label":"")", "s 6305 wrong type"},
  };
  for (const bad_value& b : bad) {
    EXPECT_EQ(one(b.identifier, b.raw), b.finding) << b.identifier << ' ' << b.raw;
  }
}

TEST_F(tsl_check, finds_the_first_offender_of_a_message) {
  EXPECT_EQ(report(R"({"b":1,"s":{"x":1,"label":7},"i":99})"), "s.label 6305 wrong type");
  EXPECT_EQ(report(R"({"b":1,"who":1})"), "who 6320 unknown identifier");
  EXPECT_EQ(report("[1,2]"), " 6320 unknown identifier");
}

TEST_F(tsl_check, lets_the_cloud_set_only_what_is_writable) {
  EXPECT_EQ(write(R"({"i":0,"s.x":1})"), "ok");
  EXPECT_EQ(write(R"({"i":0,"f":1})"), "f 6315 not writable");
  EXPECT_EQ(write(R"({"rows":[]})"), "rows 6315 not writable");
}

TEST_F(tsl_check, ignores_unknown_identifiers_where_told_to) {
  EXPECT_EQ(report(R"({"who":1,"s":{"x":1,"label":"","z":[]},"s.q":1,"b":0})", ignoring), "ok");
  EXPECT_EQ(report(R"({"who":1,"b":7})", ignoring), "b 6308 out of range");
  EXPECT_EQ(write(R"({"who":1,"f":1})", ignoring), "f 6315 not writable");
  EXPECT_EQ(shown(check_property_names(thing_, members(R"(["who"])"), ignoring)), "ok");
}

TEST_F(tsl_check, asks_for_required_properties_and_members_only_where_told_to) {
  constexpr check_policy whole{.whole_properties = true};
  EXPECT_EQ(report(R"({"i":1})", whole), "d 6304 missing");
  EXPECT_EQ(report(R"({"i":1,"d":1})", whole), "ok");
  EXPECT_EQ(write(R"({"i":1})", whole), "ok") << "d cannot be written";
  EXPECT_EQ(write(R"({"b":1})", whole), "i 6304 missing");
  EXPECT_EQ(report(R"({"s":{"x":1}})", {.whole_structs = false}), "ok");
}

TEST_F(tsl_check, refuses_what_stands_twice_whole_or_in_part) {
  EXPECT_EQ(report(R"({"b":1,"i":1,"b":0})"), "b 6315 stands twice");
  EXPECT_EQ(report(R"({"s.x":1,"s.y":2,"s.label":"a"})"), "ok");
  EXPECT_EQ(report(R"({"s.x":1,"s.y":2,"s.x":1})"), "s.x 6315 stands twice");
  EXPECT_EQ(report(R"({"s":{"x":1,"label":""},"s.y":2})"), "s.y 6315 stands twice");
  EXPECT_EQ(report(R"({"s.y":2,"s":{"x":1,"label":""}})"), "s 6315 stands twice");
}

TEST_F(tsl_check, takes_timed_values_from_devices_only) {
  EXPECT_EQ(report(R"({"i":{"value":3,"time":1524448722000},"b":{"value":1}})"), "ok");
  EXPECT_EQ(report(R"({"s":{"value":{"x":1,"label":"a"},"time":1}})"), "ok");
  EXPECT_EQ(report(R"({"i":{"value":99,"time":1}})"), "i 6306 out of range");
  EXPECT_EQ(report(R"({"i":{"value":3,"time":"1"}})"), "i 6305 wrong type");
  EXPECT_EQ(report(R"({"i":{"value":3,"time":-1}})"), "i 6305 wrong type");
  EXPECT_EQ(report(R"({"i":{"value":3,"tiem":1}})"), "i 6305 wrong type");
  EXPECT_EQ(report(R"({"i":{"value":3,"value":4}})"), "i 6305 wrong type");
  EXPECT_EQ(report(R"({"i":{"time":3}})"), "i 6305 wrong type");
  EXPECT_EQ(write(R"({"i":{"value":3}})"), "i 6305 wrong type");
}

TEST_F(tsl_check, takes_a_struct_with_a_member_called_value_as_it_stands) {
  const data_type own = test::type_of(R"({"type":"struct","specs":[
    {"identifier":"value","dataType":{"type":"int","specs":{"min":"0","max":"9"}}}]})");
  EXPECT_EQ(take_timed(own, R"({"value":3})").value, R"({"value":3})");
  const timed_value timed =
      take_timed(thing_.find_property("i")->type, R"({ "time" : 5, "value" : 3 })");
  EXPECT_EQ(timed.value, "3");
  EXPECT_EQ(timed.time, "5");
}

TEST_F(tsl_check, holds_the_limit_of_properties_in_a_message) {
  const auto of = [](std::size_t count) {
    std::string json = "{";
    for (std::size_t i = 0; i < count; ++i) {
      json += (i == 0 ? "\"n" : ",\"n") + std::to_string(i) + "\":1";
    }
    return json + "}";
  };
  EXPECT_EQ(report(of(max_posted), ignoring), "ok");
  EXPECT_EQ(report(of(max_posted + 1), ignoring), "n200 6106 too many properties");
}

TEST_F(tsl_check, reads_the_names_of_a_property_get) {
  EXPECT_EQ(shown(check_property_names(thing_, members(R"(["i","f"])"))), "ok");
  EXPECT_EQ(shown(check_property_names(thing_, members(R"(["i","who"])"))),
            "who 6320 unknown identifier");
  EXPECT_EQ(shown(check_property_names(thing_, members(R"([7])"))), "7 6305 wrong type");
  std::string many = "[\"i\"";
  for (std::size_t i = 0; i < max_posted; ++i) {
    many += ",\"i\"";
  }
  EXPECT_EQ(shown(check_property_names(thing_, members(many + "]"))),
            "\"i\" 6106 too many properties");
}

TEST_F(tsl_check, holds_events_against_their_outputs) {
  const auto alarm = [&](std::string_view json, const check_policy& policy = {}) {
    return shown(check_event(thing_, "alarm", members(json), policy));
  };
  EXPECT_EQ(alarm(R"({"code":1})"), "ok");
  EXPECT_EQ(alarm(R"({"code":1,"hint":"abc"})"), "ok");
  EXPECT_EQ(alarm(R"({"value":{"code":1},"time":1524448722000})"), "ok");
  EXPECT_EQ(alarm(R"({"hint":"abc"})"), "code 6304 missing");
  EXPECT_EQ(alarm(R"({"hint":"abc"})", {.whole_parameters = false}), "ok");
  EXPECT_EQ(alarm(R"({"code":10})"), "code 6306 out of range");
  EXPECT_EQ(alarm(R"({"code":1,"who":1})"), "who 6320 unknown identifier");
  EXPECT_EQ(alarm(R"({"code":1,"who":1})", ignoring), "ok");
  EXPECT_EQ(alarm(R"({"code":1,"code":1})"), "code 6315 stands twice");
  EXPECT_EQ(alarm(R"({"value":{"code":1,"hint":"abcdef"}})"), "hint 6310 too long");
  EXPECT_EQ(alarm(R"({"value":{"code":1},"time":"now"})"), "time 6305 wrong type");
  EXPECT_EQ(alarm(R"({"value":7})"), "value 6320 unknown identifier");
  EXPECT_EQ(shown(check_event(thing_, "who", {})), "who 6320 unknown identifier");
  // An output that is itself called value.
  EXPECT_EQ(shown(check_event(thing_, "reading", members(R"({"value":{"q":1}})"))), "ok");
  EXPECT_EQ(shown(check_event(thing_, "reading", members(R"({"value":{"q":10}})"))),
            "value.q 6306 out of range");
}

TEST_F(tsl_check, holds_service_calls_and_replies_against_their_parameters) {
  EXPECT_EQ(shown(check_service_input(thing_, "turn", members(R"({"angle":-180})"))), "ok");
  EXPECT_EQ(shown(check_service_input(thing_, "turn", members(R"({"angle":181})"))),
            "angle 6306 out of range");
  EXPECT_EQ(shown(check_service_input(thing_, "turn", members("{}"))), "angle 6304 missing");
  EXPECT_EQ(shown(check_service_output(thing_, "turn", members(R"({"now":3})"))), "ok");
  EXPECT_EQ(shown(check_service_output(thing_, "turn", members(R"({"angle":3})"))),
            "angle 6320 unknown identifier");
  EXPECT_EQ(shown(check_service_input(thing_, "who", {})), "who 404 unknown identifier");
  EXPECT_EQ(shown(check_service_output(thing_, "who", {})), "who 404 unknown identifier");
}

TEST_F(tsl_check, allocates_nothing) {
  const auto all = members(R"({"i":-10,"f":1.5,"e":7,"b":1,"t":"12345678","when":"1524448722000",
    "s":{"x":255,"label":"\u20acuro and more"},"list":[1,2,3],"rows":[{"k":0},{"k":1}]})");
  const std::size_t before = test::allocations;
  EXPECT_TRUE(check_properties(thing_, all, access_right::report).ok());
  EXPECT_FALSE(check_properties(thing_, all, access_right::write).ok());
  EXPECT_FALSE(check_event(thing_, "alarm", all).ok());
  EXPECT_EQ(test::allocations, before);
}

TEST_F(tsl_check, is_not_slowed_by_hostile_values) {
  // Linear or these take minutes: deep nesting, many members, many escapes.
  const std::string deep = std::string(30, '[') + std::string(30, ']');
  EXPECT_EQ(one("list", deep), "list[0] 6305 wrong type");
  EXPECT_EQ(one("s", std::string(500000, '{')), "s 6305 wrong type");
  std::string wide = "{\"x\":1";
  for (int i = 0; i < 100000; ++i) {
    wide += ",\"z\":1";
  }
  EXPECT_EQ(shown(check_property(thing_, "s", wide + "}", access_right::report, ignoring)),
            "s.label 6312 missing");
  std::string escapes = "\"";
  for (int i = 0; i < 100000; ++i) {
    escapes += "\\u0041";
  }
  EXPECT_EQ(one("t", escapes + "\""), "t 6310 too long");
}

} // namespace
} // namespace fleet::tsl
