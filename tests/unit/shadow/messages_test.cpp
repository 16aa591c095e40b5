// Messages of the shadow as the field sends them and as we write them, good and malformed.
#include <gtest/gtest.h>

#include "protocol/shadow/commas.hpp"
#include "protocol/shadow/messages.hpp"

namespace fleet::shadow {
namespace {

/// A request with what it was taken from, which its views point into.
struct opened {
  std::string text;
  json_reader reader;
  std::string repaired;
  request found;

  explicit opened(std::string_view from, requester who = requester::device)
      : text(from), found(parse_request(reader, as_bytes(text), who, repaired)) {}
};

template <class Write>
std::string written(Write write) {
  byte_buffer out;
  write(out);
  return std::string{as_text(out.view())};
}

cloud_message parse_cloud(json_reader& reader, std::string_view text) {
  return parse_cloud_message(reader, as_bytes(text));
}

TEST(shadow_messages, requests_are_written_as_the_platform_documents_them) {
  EXPECT_EQ(written([](byte_buffer& out) { append_get(out); }), R"({"method":"get"})");
  EXPECT_EQ(written([](byte_buffer& out) { append_get(out, "PK.DN-1", 1); }),
            R"({"method":"get","clientToken":"PK.DN-1","version":1})");
  EXPECT_EQ(written([](byte_buffer& out) {
              append_update(out, {.reported = R"({"temp":21})", .version = 5, .token = "PK.DN-5"});
            }),
            R"({"method":"update","state":{"reported":{"temp":21}},"clientToken":"PK.DN-5",)"
            R"("version":5})");
  EXPECT_EQ(
      written([](byte_buffer& out) {
        append_update(out, {.clear_desired = true, .version = 3, .token = "PK.DN-3"});
      }),
      R"({"method":"update","state":{"desired":"null"},"clientToken":"PK.DN-3","version":3})");
  EXPECT_EQ(written([](byte_buffer& out) {
              append_update(out, {.desired = R"({"color":"green"})", .version = 2});
            }),
            R"({"method":"update","state":{"desired":{"color":"green"}},"version":2})");
  EXPECT_EQ(written([](byte_buffer& out) { append_delete(out, {.version = 1}); }),
            R"({"method":"delete","state":{"reported":"null"},"version":1})");
}

TEST(shadow_messages, the_sdks_delete_has_its_doubled_comma) {
  EXPECT_EQ(written([](byte_buffer& out) {
              append_delete(out, {.reported = R"({"switch":"null"})",
                                  .version = 9,
                                  .token = "PK.DN-9",
                                  .doubled_comma = true});
            }),
            R"({"method":"delete",,"state":{"reported":{"switch":"null"}},)"
            R"("clientToken":"PK.DN-9","version":9})");
}

TEST(shadow_messages, answers_are_written_as_the_platform_documents_them) {
  EXPECT_EQ(
      written([](byte_buffer& out) { append_success(out, 1, 1700000009, R"("PK.DN-1")"); }),
      R"({"method":"reply","payload":{"status":"success","version":1},"timestamp":1700000009,)"
      R"("clientToken":"PK.DN-1"})");
  EXPECT_EQ(written([](byte_buffer& out) {
              append_error(out, error_code::version_conflict, {}, 1700000012, {});
            }),
            R"({"method":"reply","payload":{"status":"error","content":{"errorcode":"409",)"
            R"("errormessage":"shadow version conflict"}},"timestamp":1700000012})");
  EXPECT_EQ(written([](byte_buffer& out) {
              append_state(out, {.control = true,
                                 .state = R"({"reported":{}})",
                                 .metadata = R"({"reported":{}})",
                                 .version = 6,
                                 .timestamp_s = 1700000009});
            }),
            R"({"method":"control","payload":{"status":"success","state":{"reported":{}},)"
            R"("metadata":{"reported":{}}},"version":6,"timestamp":1700000009})");
}

TEST(shadow_messages, requests_read_back_what_was_written) {
  const opened get{written([](byte_buffer& out) { append_get(out, "PK.DN-1", 7); })};
  EXPECT_EQ(get.found.error, error_code::none);
  EXPECT_EQ(get.found.what, method::get);
  EXPECT_EQ(get.found.version, 7);
  EXPECT_EQ(get.found.token, R"("PK.DN-1")");
  const opened update{written([](byte_buffer& out) {
    append_update(out, {.reported = R"({"a":{"b":[1]}})",
                        .desired = R"({"c":2})",
                        .version = 8,
                        .token = "quote\"d"});
  })};
  EXPECT_EQ(update.found.error, error_code::none);
  EXPECT_EQ(update.found.what, method::update);
  EXPECT_EQ(update.found.reported.raw, R"({"a":{"b":[1]}})");
  EXPECT_EQ(update.found.desired.raw, R"({"c":2})");
  EXPECT_EQ(update.found.token, R"("quote\"d")");
  for (const bool doubled : {false, true}) {
    const opened gone{written([&](byte_buffer& out) {
      append_delete(out, {.version = 9, .token = "t", .doubled_comma = doubled});
    })};
    EXPECT_EQ(gone.found.error, error_code::none);
    EXPECT_EQ(gone.found.what, method::remove);
    EXPECT_EQ(gone.found.reported.what, part::kind::cleared);
    EXPECT_EQ(gone.found.version, 9);
    EXPECT_EQ(gone.found.token, R"("t")");
  }
}

TEST(shadow_messages, null_and_the_text_null_both_clear) {
  for (const std::string_view null : {"null", R"("null")"}) {
    const opened o{R"({"method":"update","state":{"desired":)" + std::string{null}
                   + R"(,"reported":{"a":1}},"version":3})"};
    EXPECT_EQ(o.found.error, error_code::none) << null;
    EXPECT_EQ(o.found.desired.what, part::kind::cleared) << null;
  }
}

TEST(shadow_messages, a_clearing_version_needs_no_state) {
  const opened o{R"({"method":"update","version":-1})"};
  EXPECT_EQ(o.found.error, error_code::none);
  EXPECT_TRUE(o.found.clears_all());
}

struct bad_request {
  error_code code;
  std::string_view text;
};

TEST(shadow_messages, each_malformed_request_gets_its_code) {
  using enum error_code;
  const bad_request table[] = {
      {bad_json, ""},
      {bad_json, "7"},
      {bad_json, "[]"},
      {bad_json, R"(["method","get"])"},
      {bad_json, R"({"method":"get")"},
      {bad_json, R"({"method":"get"}})"},
      {bad_json, R"({"method":"get",})"},
      {bad_json, R"({"method":"get",,})"},
      {bad_json, R"({,"method":"get" "state":1})"},
      {bad_json, R"({"method":"update","state":{"reported":{"a":1,}},"version":1})"},
      {bad_json, R"({"method":"update","state":{"reported":{"a":[1,]}},"version":1})"},
      {bad_json, R"({"method":"get","method":"get"})"},
      {bad_json, R"({"method":"update","state":{},"state":{},"version":1})"},
      {bad_json, R"({"method":"update","state":{"reported":{"a":1}},"version":1,"version":2})"},
      {bad_json, R"({"method":"get","clientToken":"a","clientToken":"b"})"},
      {bad_json, R"({"method":"update","state":{"reported":{"a":1},"reported":{}},"version":1})"},
      {bad_json, R"({"method":"update","state":{"desired":"null","desired":{}},"version":1})"},
      {bad_json, R"({"method":"update","state":{"desired":7},"version":1})"},
      {bad_json, "{\"method\":\"get\xff\"}"},
      {method_missing, "{}"},
      {method_missing, R"({"state":{"reported":{"a":1}},"version":1})"},
      {bad_method, R"({"method":null})"},
      {bad_method, R"({"method":5})"},
      {bad_method, R"({"method":""})"},
      {bad_method, R"({"method":"GET"})"},
      {bad_method, R"({"method":"control"})"},
      {bad_method, R"({"method":"reply"})"},
      {state_missing, R"({"method":"update"})"},
      {state_missing, R"({"method":"update","version":1})"},
      {state_missing, R"({"method":"delete","version":1})"},
      {state_missing, R"({"method":"update","state":null,"version":1})"},
      {state_missing, R"({"method":"update","state":"null","version":1})"},
      {state_missing, R"({"method":"update","state":[],"version":1})"},
      {version_not_a_number, R"({"method":"update","state":{"reported":{"a":1}}})"},
      {version_not_a_number, R"({"method":"update","state":{"reported":{"a":1}},"version":"1"})"},
      {version_not_a_number, R"({"method":"update","state":{"reported":{"a":1}},"version":"-1"})"},
      {version_not_a_number, R"({"method":"update","state":{"reported":{"a":1}},"version":null})"},
      {version_not_a_number, R"({"method":"update","state":{"reported":{"a":1}},"version":1.5})"},
      {version_not_a_number, R"({"method":"update","state":{"reported":{"a":1}},"version":1e3})"},
      {version_not_a_number, R"({"method":"update","state":{"reported":{"a":1}},)"
                             R"("version":9223372036854775808})"},
      {version_not_a_number, R"({"method":"delete","state":{"reported":{"a":1}},"version":{}})"},
      {reported_missing, R"({"method":"update","state":{},"version":1})"},
      {reported_missing, R"({"method":"update","state":{"desired":{}},"version":1})"},
      {reported_missing, R"({"method":"update","state":{"reported":5},"version":1})"},
      {reported_missing, R"({"method":"update","state":{"reported":"x"},"version":1})"},
      {reported_missing, R"({"method":"update","state":{"reported":[]},"version":1})"},
      {reported_missing, R"({"method":"delete","state":{"other":1},"version":1})"},
      {reported_empty, R"({"method":"update","state":{"reported":{}},"version":1})"},
      {reported_empty, R"({"method":"update","state":{"reported":{ }},"version":1})"},
      {reported_empty, R"({"method":"delete","state":{"reported":{}},"version":1})"},
      {reported_empty,
       R"({"method":"update","state":{"reported":{},"desired":"null"},"version":1})"},
  };
  for (const bad_request& bad : table) {
    EXPECT_EQ(opened{bad.text}.found.error, bad.code) << bad.text;
  }
}

TEST(shadow_messages, every_beginning_of_a_request_is_bad_json) {
  const std::string whole = R"({"method":"delete",,"state":{"reported":{"a":"null"}},"version":1})";
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_EQ(opened{whole.substr(0, i)}.found.error, error_code::bad_json) << i;
  }
  EXPECT_EQ(opened{whole}.found.error, error_code::none);
  EXPECT_EQ(opened{whole + "x"}.found.error, error_code::bad_json);
  EXPECT_EQ(opened{whole + " \r\n"}.found.error, error_code::none);
}

TEST(shadow_messages, an_application_may_leave_the_version_out_but_not_misspell_it) {
  const std::string state = R"({"method":"update","state":{"desired":{"a":1}})";
  EXPECT_EQ((opened{state + "}", requester::application}.found.error), error_code::none);
  EXPECT_EQ((opened{state + R"(,"version":"1"})", requester::application}.found.error),
            error_code::version_not_a_number);
}

TEST(shadow_messages, a_token_is_found_in_what_is_refused) {
  EXPECT_EQ(opened{R"({"method":"no","clientToken":"t"})"}.found.token, R"("t")");
  EXPECT_EQ(opened{R"({"clientToken":"t","method":tru})"}.found.token, R"("t")");
  EXPECT_EQ(opened{R"({"clientToken":17,"state":{}})"}.found.token, "17");
  EXPECT_EQ(opened{R"({"clientToken":{"a":1}})"}.found.token, "");
}

TEST(shadow_messages, a_token_that_is_too_long_to_echo_is_none) {
  const std::string longest(max_raw_token - 2, 't');
  EXPECT_EQ(opened{R"({"method":"get","clientToken":")" + longest + "\"}"}.found.token,
            "\"" + longest + "\"");
  EXPECT_EQ(opened{R"({"method":"get","clientToken":"t)" + longest + "\"}"}.found.token, "");
}

TEST(shadow_messages, a_request_over_the_limit_is_not_even_read) {
  std::string text = R"({"method":"get"})";
  text.append(max_request - text.size(), ' ');
  EXPECT_EQ(opened{text}.found.error, error_code::none);
  EXPECT_EQ(opened{text + " "}.found.error, error_code::bad_json);
}

TEST(shadow_messages, nesting_of_20000_levels_is_bad_json) {
  const opened o{R"({"method":"update","state":{"reported":{"a":)" + std::string(20000, '[')
                 + std::string(10000, ']') + "}},\"version\":1}"};
  EXPECT_EQ(o.found.error, error_code::bad_json);
}

TEST(shadow_messages, commas_inside_of_texts_are_left_alone) {
  const std::string_view text = R"({"a":",,","b\",,":[1 , ,2,,,3],,"c":"\\",,"d":",}"})";
  std::string mended;
  append_without_doubled_commas(mended, text);
  EXPECT_EQ(mended, R"({"a":",,","b\",,":[1 , 2,3],"c":"\\","d":",}"})");
  EXPECT_TRUE(find_comma_faults(text).doubled);
  EXPECT_FALSE(find_comma_faults(mended).doubled);
  EXPECT_FALSE(find_comma_faults(mended).trailing);
  EXPECT_TRUE(find_comma_faults("[1 , \n]").trailing);
  EXPECT_EQ(count_keys(R"({"a:":1,"b":{"c":":"}})"), 3U);
}

TEST(shadow_messages, answers_read_back_what_was_written) {
  json_reader reader;
  const std::string good =
      written([](byte_buffer& out) { append_success(out, 5, 1700000009, R"("PK.DN-1")"); });
  const cloud_message ok = parse_cloud(reader, good);
  EXPECT_EQ(ok.what, cloud_message::kind::reply);
  EXPECT_TRUE(ok.success);
  EXPECT_FALSE(ok.has_state);
  EXPECT_EQ(ok.payload_version, 5);
  EXPECT_EQ(ok.version, std::nullopt);
  EXPECT_EQ(ok.timestamp_s, 1700000009);
  EXPECT_EQ(ok.token, R"("PK.DN-1")");
  for (const error_code code :
       {error_code::bad_json, error_code::method_missing, error_code::state_missing,
        error_code::version_not_a_number, error_code::reported_missing, error_code::reported_empty,
        error_code::bad_method, error_code::document_empty, error_code::too_many_attributes,
        error_code::version_conflict, error_code::server_error}) {
    const std::string bad =
        written([&](byte_buffer& out) { append_error(out, code, {}, 1, R"("t")"); });
    const cloud_message no = parse_cloud(reader, bad);
    EXPECT_EQ(no.what, cloud_message::kind::reply);
    EXPECT_FALSE(no.success);
    EXPECT_EQ(no.code, static_cast<std::int64_t>(code));
    EXPECT_EQ(no.error_message, "\"" + std::string{error_text(code)} + "\"");
    EXPECT_FALSE(error_text(code).empty());
  }
  for (const bool control : {false, true}) {
    const std::string push = written([&](byte_buffer& out) {
      append_state(out, {.control = control,
                         .state = R"({"reported":{"a":1},"desired":{"b":2}})",
                         .metadata = R"({"reported":{"a":{"timestamp":3}},"desired":{}})",
                         .version = 6,
                         .timestamp_s = 7,
                         .raw_token = R"("t")"});
    });
    const cloud_message m = parse_cloud(reader, push);
    EXPECT_EQ(m.what, control ? cloud_message::kind::control : cloud_message::kind::reply);
    EXPECT_TRUE(m.success);
    EXPECT_TRUE(m.has_state);
    EXPECT_EQ(m.reported, R"({"a":1})");
    EXPECT_EQ(m.desired, R"({"b":2})");
    EXPECT_EQ(m.reported_metadata, R"({"a":{"timestamp":3}})");
    EXPECT_EQ(m.desired_metadata, "{}");
    EXPECT_EQ(m.version, 6);
  }
}

TEST(shadow_messages, an_errorcode_may_be_a_number) {
  json_reader reader;
  const cloud_message m =
      parse_cloud(reader, R"({"method":"reply","payload":{"status":"error",)"
                          R"("content":{"errorcode":409,"errormessage":"x"}},"timestamp":1})");
  EXPECT_EQ(m.code, 409);
}

TEST(shadow_messages, what_no_platform_sends_is_malformed) {
  json_reader reader;
  for (const std::string_view text : {
           "",
           "[]",
           "{}",
           "<html>",
           R"({"method":"reply"})",
           R"({"method":"reply","payload":{}})",
           R"({"method":"reply","payload":{"status":"maybe"}})",
           R"({"method":"reply","payload":"success"})",
           R"({"method":"update","payload":{"status":"success"}})",
           R"({"payload":{"status":"success"}})",
           R"({"method":"reply","method":"reply","payload":{"status":"success"}})",
           R"({"method":"reply","payload":{"status":"success","status":"error"}})",
           R"({"method":"reply","payload":{"status":"success"},"payload":{"status":"error"}})",
           R"({"method":"reply","payload":{"status":"success"},"version":1,"version":2})",
           R"({"method":"reply","payload":{"status":"success"},"clientToken":"","clientToken":""})",
           R"({"method":"reply","payload":{"status":"success"},"timestamp":1,"timestamp":1})",
           R"({"method":"control","payload":{"status":"success","state":{"desired":{},)"
           R"("desired":{}}}})",
           R"({"method":"control","payload":{"status":"success","metadata":{"reported":{},)"
           R"("reported":{}}}})",
           R"({"method":"control","payload":{"status":"success","state":{},"state":{}}})",
       }) {
    EXPECT_EQ(parse_cloud(reader, text).what, cloud_message::kind::malformed) << text;
  }
}

TEST(shadow_messages, fields_of_a_wrong_type_are_absent) {
  json_reader reader;
  const cloud_message m = parse_cloud(
      reader, R"({"method":"control","payload":{"status":"success","state":{"desired":"null",)"
              R"("reported":[]},"metadata":7,"version":"x"},"version":"6","timestamp":{}})");
  EXPECT_EQ(m.what, cloud_message::kind::control);
  EXPECT_EQ(m.version, std::nullopt);
  EXPECT_EQ(m.payload_version, std::nullopt);
  EXPECT_EQ(m.timestamp_s, std::nullopt);
  EXPECT_EQ(m.desired, "");
  EXPECT_EQ(m.reported, "");
}

} // namespace
} // namespace fleet::shadow
