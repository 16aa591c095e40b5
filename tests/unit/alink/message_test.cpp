// Envelopes as the field sends them, good and bad, and as we write them.
#include <gtest/gtest.h>

#include "protocol/alink/message.hpp"

namespace fleet::alink {
namespace {

message parse(json_reader& reader, std::string_view text) {
  return parse_message(reader, as_bytes(text));
}

template <class Write>
std::string written(Write write) {
  byte_buffer out;
  write(out);
  return std::string{as_text(out.view())};
}

TEST(alink_message, the_seeds_property_post_is_understood_with_its_odd_blanks) {
  json_reader reader;
  const message m =
      parse(reader, R"({"id" : "1","version":"1.0","params" : {"RGBColor" : {"Red":247,)"
                    R"("Green":60,"Blue":74},"LightSwitch" : 1},)"
                    R"("method":"thing.event.property.post"})");
  EXPECT_EQ(m.state, message_state::good);
  EXPECT_EQ(m.id, "\"1\"");
  EXPECT_EQ(m.version, "1.0");
  EXPECT_EQ(m.method, "thing.event.property.post");
  EXPECT_EQ(m.code, std::nullopt);
  EXPECT_TRUE(m.wants_reply);
  ASSERT_EQ(m.params_members.size(), 2U);
  EXPECT_EQ(m.params_members[0].key, "RGBColor");
  EXPECT_EQ(m.params_members[0].value, R"({"Red":247,"Green":60,"Blue":74})");
  EXPECT_EQ(m.params_members[1].key, "LightSwitch");
  EXPECT_EQ(m.params_members[1].value, "1");
}

TEST(alink_message, the_seed_logs_property_set_is_understood) {
  json_reader reader;
  const message m = parse(reader, R"({"method":"thing.service.property.set","id":"36195462",)"
                                  R"("params":{"LightSwitch":1},"version":"1.0.0"})");
  EXPECT_EQ(m.method, "thing.service.property.set");
  EXPECT_EQ(m.id, "\"36195462\"");
  EXPECT_EQ(m.version, "1.0.0");
}

TEST(alink_message, ids_keep_their_json_type) {
  json_reader reader;
  EXPECT_EQ(parse(reader, R"({"id":2,"params":{}})").id, "2");
  EXPECT_EQ(parse(reader, R"({"id":"2","params":{}})").id, "\"2\"");
  EXPECT_EQ(parse(reader, R"({"id":"1|exp-topic|/sys/a/b"})").id, R"("1|exp-topic|/sys/a/b")");
  EXPECT_EQ(parse(reader, R"({"id":0})").id, "0");
  for (const std::string_view text : {R"({"id":null})", R"({"id":{}})", R"({"id":true})", "{}"}) {
    EXPECT_EQ(parse(reader, text).id, "") << text;
    EXPECT_EQ(parse(reader, text).state, message_state::good) << text;
  }
}

TEST(alink_message, an_id_that_is_too_long_to_echo_is_none) {
  json_reader reader;
  const std::string longest(max_raw_id - 2, '7');
  EXPECT_EQ(parse(reader, R"({"id":")" + longest + "\"}").id, "\"" + longest + "\"");
  EXPECT_EQ(parse(reader, R"({"id":"7)" + longest + "\"}").id, "");
  EXPECT_EQ(recover_id(R"({"id":"7)" + longest + "\",,}"), "");
}

TEST(alink_message, replies_are_told_by_their_code_as_number_or_string) {
  json_reader reader;
  const message m = parse(reader, R"({"id":"9","code":200,"data":{"a":1},"message":"success"})");
  EXPECT_EQ(m.code, 200);
  EXPECT_EQ(m.data, R"({"a":1})");
  ASSERT_EQ(m.data_members.size(), 1U);
  EXPECT_EQ(m.data_members[0].key, "a");
  EXPECT_EQ(parse(reader, R"({"id":"9","code":"1000","data":""})").code, 1000);
  EXPECT_EQ(parse(reader, R"({"id":"9","code":"x","data":""})").code, std::nullopt);
  EXPECT_EQ(parse(reader, R"({"id":"9","code":-6204,"data":""})").data, "\"\"");
}

TEST(alink_message, params_may_be_a_list) {
  json_reader reader;
  const message m = parse(reader, R"({"id":"1","params":["power","temp"],"method":"m"})");
  ASSERT_EQ(m.params_members.size(), 2U);
  EXPECT_EQ(json_plain_text(m.params_members[1].value), "temp");
  EXPECT_EQ(m.params, R"(["power","temp"])");
}

TEST(alink_message, a_reply_is_declined_by_sys_ack_0_alone) {
  json_reader reader;
  EXPECT_FALSE(parse(reader, R"({"id":"1","sys":{"ack":0}})").wants_reply);
  EXPECT_TRUE(parse(reader, R"({"id":"1","sys":{"ack":1}})").wants_reply);
  EXPECT_TRUE(parse(reader, R"({"id":"1","sys":{}})").wants_reply);
  EXPECT_TRUE(parse(reader, R"({"id":"1","sys":0})").wants_reply);
}

TEST(alink_message, unknown_fields_are_ignored_and_missing_ones_empty) {
  json_reader reader;
  const message m = parse(reader, R"({"deviceSendTime":"100","x":[{}]})");
  EXPECT_EQ(m.state, message_state::good);
  EXPECT_EQ(m.id, "");
  EXPECT_EQ(m.params, "");
}

TEST(alink_message, broken_json_still_gives_its_id) {
  json_reader reader;
  struct broken {
    std::string_view text;
    std::string_view id;
  };
  for (const broken& b : {
           broken{R"({"id":"12","params":{"a":1,,}})", "\"12\""},
           broken{R"({"id":12,"params":{"a":)", "12"},
           broken{R"({"id" : "12" , "params":{"a":"unterminated)", "\"12\""},
           broken{R"({"params":{"id":"7"},"id":"12",oops)", "\"12\""},
           broken{R"({"params":{"a":oops,"id":"7"},"id":3})", "3"},
           broken{"{\"id\":\"12\",\"a\":\"\xff\"}", "\"12\""},
           broken{R"({"a":"\"id\":\"5\"","id":"12",})", "\"12\""},
           broken{R"({"id":"12"} trailing)", "\"12\""},
           broken{R"({"id":"12)", ""},
           broken{R"({"id":12)", ""},
           broken{R"({"id":)", ""},
           broken{R"({"id")", ""},
           broken{R"({"id":-,)", ""},
           broken{R"({"id":0,,)", "0"},
           broken{R"({"id":-0,,)", "-0"},
           broken{R"({"id":-10,,)", "-10"},
           broken{R"({"id":00,)", ""}, // RFC 8259 §6: no leading zeros, and it would be echoed
           broken{R"({"id":01,,)", ""},
           broken{R"({"id":-01,)", ""},
           broken{R"({"id":-00,)", ""},
           broken{R"({"id":007})", ""},
           broken{R"({"id":1.5e,)", ""},
           broken{R"({"id":"a\u0041",,})", "\"a\\u0041\""},
           broken{R"({"a":1,,"id":"a\n"})", ""},
           broken{R"({"a":,"id":{}})", ""},
           broken{R"([{"id":"12"},])", ""},
           broken{"hello \"id\":1,", ""},
           broken{"}}}}{\"id\":1,", "1"},
       }) {
    const message m = parse(reader, b.text);
    EXPECT_EQ(m.state, message_state::malformed) << b.text;
    EXPECT_EQ(m.id, b.id) << b.text;
    EXPECT_TRUE(m.method.empty() && m.params.empty()) << b.text;
  }
}

TEST(alink_message, a_repeated_field_of_the_envelope_makes_it_malformed) {
  json_reader reader;
  for (const std::string_view text :
       {R"({"id":"1","id":"2"})", R"({"id":"1","method":"a","params":{},"method":"b"})",
        R"({"id":"1","params":{},"params":[]})"}) {
    EXPECT_EQ(parse(reader, text).state, message_state::malformed) << text;
    EXPECT_EQ(parse(reader, text).id, "\"1\"") << text;
  }
  EXPECT_EQ(parse(reader, R"({"id":"1","x":1,"x":2})").state, message_state::good);
}

TEST(alink_message, what_is_no_object_is_no_envelope) {
  json_reader reader;
  for (const std::string_view text :
       {"", "not json at all", "[]", R"([{"id":"1"}])", R"(["id","1"])"}) {
    const message m = parse(reader, text);
    EXPECT_EQ(m.state, message_state::no_object) << text;
    EXPECT_EQ(m.id, "") << text;
  }
}

TEST(alink_message, nesting_of_20000_levels_is_malformed_and_its_id_known) {
  json_reader reader;
  const std::string text =
      R"({"id":"5","params":)" + std::string(20'000, '[') + std::string(20'000, ']') + "}";
  const message m = parse(reader, text);
  EXPECT_EQ(m.state, message_state::malformed);
  EXPECT_EQ(m.id, "\"5\"");
}

TEST(alink_writer, property_post_is_an_envelope_that_reads_back) {
  const std::string text = written(
      [](byte_buffer& out) { append_property_post(out, 4'294'967'295, R"("a":1,"b":"x")"); });
  EXPECT_EQ(text, R"({"id":"4294967295","version":"1.0","params":{"a":1,"b":"x"},)"
                  R"("method":"thing.event.property.post"})");
  json_reader reader;
  const message m = parse(reader, text);
  EXPECT_EQ(m.state, message_state::good);
  EXPECT_EQ(m.params_members.size(), 2U);
}

TEST(alink_writer, requests_can_be_written_around_their_params) {
  EXPECT_EQ(written([](byte_buffer& out) {
              begin_request(out, 7);
              out.append(std::string_view{"[]"});
              end_request(out, "thing.x");
            }),
            written([](byte_buffer& out) { append_request(out, 7, "thing.x", "[]"); }));
}

TEST(alink_writer, platform_requests_look_like_the_seed_log) {
  EXPECT_EQ(written([](byte_buffer& out) {
              append_property_set(out, 36'195'462, R"({"LightSwitch":1})");
            }),
            R"({"method":"thing.service.property.set","id":"36195462","params":{"LightSwitch":1},)"
            R"("version":"1.0.0"})");
  EXPECT_EQ(written([](byte_buffer& out) { append_service_call(out, 1, "blink", "{}"); }),
            R"({"method":"thing.service.blink","id":"1","params":{},"version":"1.0.0"})");
}

TEST(alink_writer, replies_echo_the_id_as_it_came_and_always_carry_data) {
  EXPECT_EQ(written([](byte_buffer& out) { append_reply(out, {.raw_id = "\"36195462\""}); }),
            R"({"id":"36195462","code":200,"data":{}})");
  EXPECT_EQ(written([](byte_buffer& out) {
              append_reply(out, {.raw_id = "2",
                                 .code = code_parameter_error,
                                 .data = "[]",
                                 .message = "request \"parameter\" error",
                                 .method = "thing.x"});
            }),
            R"({"id":2,"code":460,"data":[],"message":"request \"parameter\" error",)"
            R"("method":"thing.x"})");
  EXPECT_EQ(written([](byte_buffer& out) { append_reply(out, {}); }),
            R"({"id":"","code":200,"data":{}})");
}

} // namespace
} // namespace fleet::alink
