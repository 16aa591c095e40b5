// Loading: what a good model becomes, and where and why a bad one is refused.
#include "tests/unit/tsl/models.hpp"

#include <gmock/gmock.h>

#include "protocol/tsl/json_tree.hpp"
#include "protocol/tsl/nearest.hpp"

namespace fleet::tsl {
namespace {

using test::all_kinds;
using test::loaded;
using test::type_of;
using test::with_type;
using ::testing::HasSubstr;

/// The messages of all mistakes, a line each.
std::string mistakes(std::string_view text) {
  const auto got = load_model(text, "m.json");
  std::string all;
  if (!got) {
    for (const model_error& e : got.error()) {
      EXPECT_EQ(e.message.find("m.json:" + std::to_string(e.line) + ':' + std::to_string(e.column)
                               + ": "),
                0U);
      EXPECT_NE(e.message.find("expected"), std::string::npos) << e.message;
      all += e.message + '\n';
    }
  }
  return all;
}

std::string type_mistakes(std::string_view type) {
  return mistakes(with_type(type));
}

TEST(tsl_load, reads_every_data_type) {
  const model m = loaded(all_kinds);
  ASSERT_EQ(m.properties().size(), 10U);
  EXPECT_EQ(m.profile(), (model_profile{"PK", "DN"}));
  const property& i = *m.find_property("i");
  EXPECT_EQ(i.type.kind, data_kind::integer);
  EXPECT_TRUE(i.writable);
  EXPECT_TRUE(i.required);
  EXPECT_EQ(i.type.min, -10);
  EXPECT_EQ(i.type.step, 5);
  const property& f = *m.find_property("f");
  EXPECT_EQ(f.type.kind, data_kind::single);
  EXPECT_FALSE(f.writable);
  EXPECT_FALSE(f.required);
  EXPECT_EQ(f.type.max, 1.5);
  EXPECT_EQ(f.type.unit, "V");
  EXPECT_EQ(m.find_property("d")->type.max, 1e300);
  const auto& labels = m.find_property("e")->type.labels;
  ASSERT_EQ(labels.size(), 3U);
  EXPECT_EQ(labels[0], (value_label{-3, "y"}));
  EXPECT_EQ(labels[2], (value_label{7, "x"}));
  EXPECT_EQ(m.find_property("b")->type.labels[1].label, "on");
  EXPECT_EQ(m.find_property("t")->type.length, 8U);
  EXPECT_EQ(m.find_property("when")->type.kind, data_kind::date);
  const data_type& s = m.find_property("s")->type;
  ASSERT_EQ(s.members.size(), 3U);
  EXPECT_TRUE(s.members[0].required);
  EXPECT_FALSE(s.members[2].required);
  EXPECT_EQ(s.member_index("y"), 2U);
  EXPECT_EQ(s.member_index("z"), 3U);
  const data_type& list = m.find_property("list")->type;
  EXPECT_EQ(list.length, 3U);
  EXPECT_EQ(list.item.front().max, 2147483647.0);
  EXPECT_EQ(m.find_property("rows")->type.item.front().members.front().identifier, "k");
  EXPECT_EQ(m.find_event("alarm")->kind, event_kind::alert);
  EXPECT_EQ(m.find_service("turn")->call, call_kind::sync);
  EXPECT_EQ(m.find_service("turn")->input.front().type.max, 180);
  EXPECT_EQ(m.find_property("nothing"), nullptr);
}

TEST(tsl_load, finds_each_of_many_properties) {
  std::string text = R"({"properties":[)";
  for (std::size_t i = 0; i < max_features; ++i) {
    text += (i == 0 ? "" : ",") + std::string{R"({"identifier":"p)"}
            + std::to_string(i * 7919 % 997) + R"(","accessMode":"r","dataType":{"type":"date"}})";
  }
  const model m = loaded(text + "]}");
  for (std::size_t i = 0; i < max_features; ++i) {
    EXPECT_EQ(m.property_index("p" + std::to_string(i * 7919 % 997)), i);
  }
  EXPECT_EQ(m.property_index("p"), model::none);
  EXPECT_EQ(m.property_index("zzz"), model::none);
  text += R"(,{"identifier":"more","accessMode":"r","dataType":{"type":"date"}}]})";
  EXPECT_THAT(mistakes(text), HasSubstr("m.json:1:1: 301 properties, events and services; "
                                        "expected at most 300"));
}

TEST(tsl_load, takes_numbers_of_specs_as_strings_or_numbers) {
  EXPECT_EQ(type_of(R"({"type":"int","specs":{"min":"-1","max":"8","step":"2"}})"),
            type_of(R"({"type":"int","specs":{"min":-1,"max":8,"step":2}})"));
  EXPECT_EQ(type_of(R"({"type":"text","specs":{"length":9}})").length, 9U);
}

TEST(tsl_load, takes_the_built_ins_and_holds_them_against_the_properties) {
  const std::string property =
      R"({"identifier":"a","accessMode":"r","dataType":{"type":"date","specs":{}}})";
  const std::string front = R"({"properties":[)" + property
                            + R"(],"events":[{"identifier":"post",)"
                              R"("type":"info","method":"thing.event.property.post","outputData":[)"
                            + property + "]}],";
  const model m =
      loaded(front + R"("services":[{"identifier":"set","callType":"sync","inputData":[]},)"
             + R"({"identifier":"get","callType":"sync","inputData":["a"]}]})");
  EXPECT_TRUE(m.events().empty());
  EXPECT_TRUE(m.services().empty());
  EXPECT_THAT(mistakes(front
                       + R"("services":[{"identifier":"get","callType":"sync",)"
                         R"("inputData":["b"]}]})"),
              HasSubstr("a built-in names \"b\""));
  EXPECT_THAT(mistakes(front
                       + R"("services":[{"identifier":"set","callType":"sync",)"
                         R"("inputData":["a"]}]})"),
              HasSubstr("set names \"a\", which is read-only"));
  EXPECT_THAT(mistakes(front
                       + R"("services":[{"identifier":"get","callType":"sync","outputData":[)"
                         R"({"identifier":"a","dataType":{"type":"text","specs":)"
                         R"({"length":"1"}}}]}]})"),
              HasSubstr("another dataType than the property \"a\" has"));
  EXPECT_THAT(mistakes(front
                       + R"("services":[{"identifier":"set","callType":"sync",)"
                         R"("method":"thing.service.set"}]})"),
              HasSubstr("expected thing.service.property.set"));
}

TEST(tsl_load, says_where_and_names_the_nearest_word) {
  EXPECT_EQ(mistakes("{\n  \"properties\": [\n    {\"identifier\": \"a\", \"acessMode\": \"rw\",\n"
                     "     \"accessMode\": \"r\", \"dataType\": {\"type\": \"doubel\"}}]}"),
            "m.json:3:25: unknown key \"acessMode\" in a property; expected identifier, name, "
            "accessMode, required, desc or dataType; the nearest is accessMode\n"
            "m.json:4:46: unknown type \"doubel\"; expected int, float, double, enum, bool, text, "
            "date, struct or array; the nearest is double\n");
  EXPECT_THAT(mistakes(R"({"properties":[],"event":[]})"),
              HasSubstr("m.json:1:18: unknown key \"event\""));
}

TEST(tsl_load, counts_columns_in_octets_behind_a_byte_order_mark_and_escapes) {
  EXPECT_THAT(mistakes("\xef\xbb\xbf{\"schema\":\"\\\"\xc3\xa4\\\\\",\"x\":1,\"properties\":[]}"),
              HasSubstr("m.json:1:23: unknown key \"x\""));
  EXPECT_THAT(mistakes("{\"properties\" : -1.5e3 ,\r\n\"y\":[{},[],null,true]}"),
              HasSubstr("m.json:2:1: unknown key \"y\""));
}

TEST(tsl_load, refuses_what_is_no_json) {
  EXPECT_THAT(mistakes(""), HasSubstr("m.json:1:1: syntax error"));
  EXPECT_THAT(mistakes("{\n\"properties\":[,]}"), HasSubstr("m.json:2:15: syntax error"));
  EXPECT_THAT(mistakes("{} {}"), HasSubstr("m.json:1:4: syntax error"));
  EXPECT_THAT(mistakes("{\"a\":\"\xff\"}"), HasSubstr("syntax error"));
  EXPECT_THAT(mistakes("{\"a\":1e999}"), HasSubstr("number overflow"));
  EXPECT_THAT(mistakes("{\"a\":\"\\ud800\"}"), HasSubstr("syntax error"));
  EXPECT_THAT(mistakes("[1]"), HasSubstr("the thing model is an array; expected an object"));
  EXPECT_THAT(mistakes("{}"), HasSubstr("\"properties\" is missing"));
}

TEST(tsl_load, refuses_a_key_or_identifier_that_stands_twice) {
  EXPECT_THAT(mistakes("{\"properties\":[],\n \"properties\":[]}"),
              HasSubstr("m.json:2:2: the key \"properties\" stands twice"));
  EXPECT_THAT(mistakes(R"({"properties":[],"propert\u0069es":[]})"), HasSubstr("stands twice"));
  const std::string one = R"({"identifier":"a","accessMode":"r","dataType":{"type":"date"}})";
  EXPECT_THAT(mistakes(R"({"properties":[)" + one + "," + one + "]}"),
              HasSubstr("m.json:1:93: the identifier \"a\" stands twice"));
  EXPECT_THAT(type_mistakes(R"({"type":"struct","specs":[
    {"identifier":"a","dataType":{"type":"date"}},
    {"identifier":"a","dataType":{"type":"date"}}]})"),
              HasSubstr("the identifier \"a\" stands twice"));
  EXPECT_THAT(type_mistakes(R"({"type":"enum","specs":{"1":"a","01":"b"}})"),
              HasSubstr("the value 1 stands twice"));
  // An event and a property may share theirs.
  EXPECT_EQ(
      mistakes(R"({"properties":[)" + one + R"(],"events":[{"identifier":"a","type":"info"}]})"),
      "");
}

TEST(tsl_load, refuses_identifiers_that_could_not_be_addressed) {
  for (const std::string_view bad : {"", "a.b", "a b", "\xc3\xa4", "a/b", "+", "#"}) {
    EXPECT_THAT(mistakes(R"({"properties":[{"identifier":")" + std::string{bad}
                         + R"(","accessMode":"r","dataType":{"type":"date"}}]})"),
                HasSubstr("will not do"))
        << bad;
  }
  const auto of_size = [](std::size_t size) {
    return R"({"properties":[{"identifier":")" + std::string(size, 'a')
           + R"(","accessMode":"r","dataType":{"type":"date"}}]})";
  };
  EXPECT_EQ(mistakes(of_size(max_identifier)), "");
  EXPECT_THAT(mistakes(of_size(max_identifier + 1)), HasSubstr("will not do"));
}

struct bad_type {
  const char* type;
  const char* message;
};

TEST(tsl_load, refuses_specs_that_are_missing_or_make_no_sense) {
  static constexpr bad_type bad[] = {
      {R"({"specs":{}})", "\"type\" is missing"},
      {R"({"type":"int"})", "\"specs\" is missing"},
      {R"({"type":"enum"})", "\"specs\" is missing"},
      {R"({"type":"int","specs":{"max":"1"}})", "\"min\" is missing"},
      {R"({"type":"int","specs":{"min":"1"}})", "\"max\" is missing"},
      {R"({"type":"int","specs":{"min":"2","max":"1"}})", "min is above max"},
      {R"({"type":"int","specs":{"min":"0","max":"1.5"}})", "a 32-bit integer"},
      {R"({"type":"int","specs":{"min":"0","max":"2147483648"}})", "a 32-bit integer"},
      {R"({"type":"int","specs":{"min":"-2147483649","max":"0"}})", "a 32-bit integer"},
      {R"({"type":"int","specs":{"min":"x","max":"1"}})", "min is \"x\"; expected a number"},
      {R"({"type":"int","specs":{"min":true,"max":"1"}})", "min is true or false"},
      {R"({"type":"int","specs":{"min":"nan","max":"1"}})", "min is \"nan\""},
      {R"({"type":"int","specs":{"min":"0","max":"9","step":"0.5"}})", "step is 0.5"},
      {R"({"type":"int","specs":{"min":"0","max":"9","step":"10"}})", "step is 10"},
      {R"({"type":"float","specs":{"min":"0","max":"9","step":"0"}})", "step is 0"},
      {R"({"type":"float","specs":{"min":"0","max":"9","step":"-1"}})", "step is -1"},
      {R"({"type":"float","specs":{"min":"0","max":"1e39"}})", "what a float can hold"},
      {R"({"type":"double","specs":{"min":"0","max":"1e999"}})", "expected a number"},
      {R"({"type":"double","specs":{"min":"0","max":"1","stp":"1"}})", "the nearest is step"},
      {R"({"type":"bool","specs":{"0":"off"}})", "one for 0 and one for 1"},
      {R"({"type":"bool","specs":{"0":"off","2":"on"}})", "an integer from 0 to 1"},
      {R"({"type":"enum","specs":{}})", "have 0 labels"},
      {R"({"type":"enum","specs":{"a":"b"}})", "a label's value is \"a\""},
      {R"({"type":"enum","specs":{"1":2}})", "a label is a number"},
      {R"({"type":"enum","specs":["1"]})", "are an array"},
      {R"({"type":"text","specs":{}})", "\"length\" is missing"},
      {R"({"type":"text","specs":{"length":"0"}})", "an integer from 1 to 10240"},
      {R"({"type":"text","specs":{"length":"-1"}})", "an integer from 1 to 10240"},
      {R"({"type":"date","specs":{"a":1}})", "unknown key \"a\""},
      {R"({"type":"struct","specs":[]})", "a struct without members"},
      {R"({"type":"struct","specs":{}})", "expected an array"},
      {R"({"type":"array","specs":{"size":"1"}})", "\"item\" is missing"},
      {R"({"type":"array","specs":{"item":{"type":"int"}}})", "\"size\" is missing"},
      {R"({"type":"array","specs":{"size":"0","item":{"type":"int"}}})", "from 1 to 512"},
      {R"({"type":"array","specs":{"size":"2","item":{"type":"enum"}}})", "\"specs\" is missing"},
      {R"("int")", "dataType is a string; expected an object"},
  };
  for (const bad_type& b : bad) {
    EXPECT_THAT(type_mistakes(b.type), HasSubstr(b.message)) << b.type;
  }
}

TEST(tsl_load, refuses_types_nested_deeper_than_an_array_of_structs_of_scalars) {
  constexpr std::string_view member = R"([{"identifier":"a","dataType":)";
  EXPECT_EQ(type_mistakes(R"({"type":"array","specs":{"size":2,"item":{"type":"struct","specs":)"
                          + std::string{member} + R"({"type":"date"}}]}}})"),
            "");
  for (const std::string_view inner :
       {R"({"type":"struct","specs":[]})", R"({"type":"array","specs":{}})"}) {
    const std::string in_struct =
        R"({"type":"struct","specs":)" + std::string{member} + std::string{inner} + "}]}";
    EXPECT_THAT(type_mistakes(in_struct), HasSubstr("unknown type"));
    EXPECT_THAT(type_mistakes(R"({"type":"array","specs":{"size":2,"item":)" + in_struct + "}}"),
                HasSubstr("unknown type"));
  }
  EXPECT_THAT(type_mistakes(R"({"type":"array","specs":{"size":2,"item":{"type":"array"}}})"),
              HasSubstr("unknown type \"array\""));
}

/// `count` copies of `one` with its `#` replaced by their number.
std::string repeated(std::size_t count, std::string_view one) {
  std::string all;
  for (std::size_t i = 0; i < count; ++i) {
    std::string next{one};
    next.replace(next.find('#'), 1, std::to_string(i));
    all += (i == 0 ? "" : ",") + next;
  }
  return all;
}

TEST(tsl_load, holds_its_limits) {
  const auto enum_of = [](std::size_t n) {
    return R"({"type":"enum","specs":{)" + repeated(n, R"("#":"")") + "}}";
  };
  EXPECT_EQ(type_mistakes(enum_of(max_enum_items)), "");
  EXPECT_THAT(type_mistakes(enum_of(max_enum_items + 1)), HasSubstr("have 101 labels"));
  const auto members = [](std::size_t n) {
    return "[" + repeated(n, R"({"identifier":"m#","dataType":{"type":"date"}})") + "]";
  };
  const auto struct_of = [&](std::size_t n) {
    return R"({"type":"struct","specs":)" + members(n) + "}";
  };
  EXPECT_EQ(type_mistakes(struct_of(max_struct_members)), "");
  EXPECT_THAT(type_mistakes(struct_of(max_struct_members + 1)), HasSubstr("51 elements"));
  const auto event_of = [&](std::size_t n) {
    return R"({"properties":[],"events":[{"identifier":"e","type":"info","outputData":)"
           + members(n) + "}]}";
  };
  EXPECT_EQ(mistakes(event_of(max_parameters)), "");
  EXPECT_THAT(mistakes(event_of(max_parameters + 1)), HasSubstr("101 elements"));
  for (const auto& [key, most] :
       {std::pair{R"({"type":"text","specs":{"length":)", max_text_length},
        {R"({"type":"array","specs":{"item":{"type":"int"},"size":)", max_array_size}}) {
    EXPECT_EQ(type_mistakes(key + std::to_string(most) + "}}"), "");
    EXPECT_THAT(type_mistakes(key + std::to_string(most + 1) + "}}"), HasSubstr("an integer from"));
  }
}

TEST(tsl_load, bounds_size_depth_values_and_mistakes_of_a_document) {
  std::string padded = R"({"properties":[]})";
  padded.resize(max_document, ' ');
  EXPECT_EQ(mistakes(padded), "");
  EXPECT_THAT(mistakes(padded + ' '), HasSubstr("larger than 1048576 octets"));
  const auto nested = [](std::size_t depth) {
    return std::string(depth, '[') + std::string(depth, ']');
  };
  EXPECT_THAT(mistakes(nested(json_tree::max_depth)), HasSubstr("expected an object"));
  EXPECT_THAT(mistakes(nested(json_tree::max_depth + 1)),
              HasSubstr("m.json:1:17: nested more than"));
  EXPECT_THAT(mistakes(nested(200000)), HasSubstr("nested more than"));
  EXPECT_THAT(mistakes("[" + std::string(2 * json_tree::max_nodes, '[')), HasSubstr("nested"));
  std::string many = "[0";
  for (std::size_t i = 2; i < json_tree::max_nodes; ++i) {
    many += ",0";
  }
  EXPECT_THAT(mistakes(many + "]"), HasSubstr("expected an object"));
  EXPECT_THAT(mistakes(many + ",0]"), HasSubstr("more than 65536 values"));
  const auto got = load_model(R"({"properties":[)" + repeated(100, R"({"x#":1})") + "]}", "m");
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().size(), max_model_errors);
}

TEST(tsl_load, refuses_names_that_are_too_long_and_values_of_other_types) {
  EXPECT_THAT(
      mistakes(R"({"properties":[],"profile":{"productKey":")" + std::string(65, 'k') + R"("}})"),
      HasSubstr("has 65 octets; expected at most 64"));
  EXPECT_THAT(mistakes(R"({"properties":{}})"), HasSubstr("properties is an object"));
  EXPECT_THAT(mistakes(R"({"properties":[1]})"), HasSubstr("a property is a number"));
  EXPECT_THAT(mistakes(R"({"properties":[{"identifier":"a","name":1,"required":"yes",)"
                       R"("accessMode":"w","dataType":{"type":"date"}}]})"),
              AllOf(HasSubstr("name is a number; expected a string"),
                    HasSubstr("required is a string; expected true or false"),
                    HasSubstr("unknown accessMode \"w\"; expected r or rw; the nearest is rw")));
  EXPECT_THAT(
      mistakes(R"({"properties":[],"events":[{"identifier":"e","type":"warn",)"
               R"("method":"thing.event.f.post"}]})"),
      AllOf(HasSubstr("expected info, alert or error"), HasSubstr("expected thing.event.e.post")));
  EXPECT_THAT(mistakes(R"({"properties":[],"services":[{"identifier":"e","callType":"asynch"}]})"),
              HasSubstr("the nearest is async"));
}

TEST(tsl_nearest, guesses_only_what_is_near) {
  static constexpr std::string_view words[] = {"identifier", "name", "accessMode"};
  EXPECT_EQ(nearest("AccesMode", words), "accessMode");
  EXPECT_EQ(nearest("nme", words), "name");
  EXPECT_EQ(nearest("zzzzzz", words), "");
  EXPECT_EQ(nearest(std::string(100000, 'a'), words), "");
  EXPECT_EQ(enumerate(words), "identifier, name or accessMode");
  EXPECT_EQ(enumerate(words, 2), "identifier, name, …");
}

} // namespace
} // namespace fleet::tsl
