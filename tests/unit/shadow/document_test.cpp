// The document: what each request does to it, what is answered, what it may grow to.
#include <limits>

#include <gtest/gtest.h>

#include "protocol/shadow/document.hpp"

namespace fleet::shadow {
namespace {

constexpr std::int64_t start_s = 1700000000;

/// A document with its editor, and what was answered last.
struct bench {
  editor works;
  document doc;
  std::int64_t now_s = start_s;
  std::string reply;
  outcome last;

  explicit bench(document_limits limits = {}) : works(limits) {}

  error_code send(std::string_view text, requester who = requester::device) {
    byte_buffer out;
    last = works.handle(doc, as_bytes(text), who, now_s, out);
    reply = as_text(out.view());
    return last.error;
  }
  error_code update(std::string_view state, std::int64_t version) {
    return send(R"({"method":"update","state":)" + std::string{state} + R"(,"version":)"
                + std::to_string(version) + "}");
  }
  error_code remove(std::string_view state, std::int64_t version) {
    return send(R"({"method":"delete","state":)" + std::string{state} + R"(,"version":)"
                + std::to_string(version) + "}");
  }
  error_code set(std::string_view desired) {
    return send(R"({"method":"update","state":{"desired":)" + std::string{desired} + "}}",
                requester::application);
  }
  std::string shown() {
    byte_buffer out;
    EXPECT_TRUE(works.append_document(doc, out));
    return std::string{as_text(out.view())};
  }
  /// The state alone, as a get answers it.
  std::string state() {
    const std::string all = shown();
    constexpr std::size_t from = sizeof(R"({"state":)") - 1;
    return all.substr(from, all.find(R"(,"metadata":)") - from);
  }
  void expect_reply(std::string_view status_and_more) const {
    EXPECT_EQ(reply, R"({"method":"reply","payload":{"status":)" + std::string{status_and_more});
  }
};

std::string many_attributes(std::size_t count, std::size_t first = 0) {
  std::string out = "{";
  for (std::size_t i = first; i < first + count; ++i) {
    out += (i == first ? "\"a" : ",\"a") + std::to_string(i) + "\":1";
  }
  return out + "}";
}

TEST(shadow_document, is_shown_as_the_platform_documents_it) {
  bench b;
  b.now_s = 1700000001;
  EXPECT_EQ(b.update(R"({"reported":{"color":"red"}})", 1), error_code::none);
  b.now_s = 1700000009;
  EXPECT_EQ(b.set(R"({"color":"green"})"), error_code::none);
  EXPECT_EQ(b.shown(), R"({"state":{"reported":{"color":"red"},"desired":{"color":"green"}},)"
                       R"("metadata":{"reported":{"color":{"timestamp":1700000001}},)"
                       R"("desired":{"color":{"timestamp":1700000009}}},)"
                       R"("timestamp":1700000009,"version":2})");
}

TEST(shadow_document, plays_the_references_example_session_to_the_letter) {
  bench b;
  b.send(R"({"method":"get","clientToken":"PK.DN-1","version":1})");
  b.expect_reply(R"("success","state":{"reported":{}},"metadata":{"reported":{}}},"version":0,)"
                 R"("timestamp":1700000000,"clientToken":"PK.DN-1"})");
  b.now_s = 1700000001;
  b.send(R"({"method":"update","state":{"desired":"null"},"clientToken":"PK.DN-3","version":3})");
  b.expect_reply(R"("success","version":3},"timestamp":1700000001,"clientToken":"PK.DN-3"})");
  b.now_s = 1700000002;
  b.send(R"({"method":"update","state":{"reported":{"temp":21}},"clientToken":"PK.DN-5",)"
         R"("version":5})");
  b.expect_reply(R"("success","version":5},"timestamp":1700000002,"clientToken":"PK.DN-5"})");
  b.now_s = 1700000009;
  b.set(R"({"temp":25})");
  EXPECT_TRUE(b.last.wants_push);
  byte_buffer push;
  ASSERT_TRUE(b.works.append_control(b.doc, b.now_s, push));
  EXPECT_EQ(as_text(push.view()),
            R"({"method":"control","payload":{"status":"success","state":{"reported":{"temp":21},)"
            R"("desired":{"temp":25}},"metadata":{"reported":{"temp":{"timestamp":1700000002}},)"
            R"("desired":{"temp":{"timestamp":1700000009}}}},"version":6,"timestamp":1700000009})");
  b.now_s = 1700000010;
  b.send(R"({"method":"update","state":{"desired":"null"},"clientToken":"PK.DN-7","version":7})");
  b.expect_reply(R"("success","version":7},"timestamp":1700000010,"clientToken":"PK.DN-7"})");
  EXPECT_FALSE(b.doc.has_desired());
  b.now_s = 1700000011;
  b.send(R"({"method":"delete",,"state":{"reported":{"temp":"null"}},"clientToken":"PK.DN-9",)"
         R"("version":9})");
  b.expect_reply(R"("success","version":9},"timestamp":1700000011,"clientToken":"PK.DN-9"})");
  EXPECT_TRUE(b.doc.empty());
  b.now_s = 1700000012;
  b.send(
      R"({"method":"update","state":{"reported":{"temp":1}},"clientToken":"PK.DN-8","version":8})");
  b.expect_reply(
      R"("error","content":{"errorcode":"409","errormessage":"shadow version conflict"}},)"
      R"("timestamp":1700000012,"clientToken":"PK.DN-8"})");
}

TEST(shadow_document, answers_every_code_of_the_table) {
  struct row {
    error_code code;
    std::string_view number;
    std::string text;
  };
  const std::string many =
      R"({"method":"update","state":{"reported":)" + many_attributes(129) + R"(},"version":1})";
  const row table[] = {
      {error_code::bad_json, "400", "{"},
      {error_code::method_missing, "401", "{}"},
      {error_code::state_missing, "402", R"({"method":"update","version":1})"},
      {error_code::version_not_a_number, "403",
       R"({"method":"update","state":{"reported":{"a":1}},"version":"x"})"},
      {error_code::reported_missing, "404", R"({"method":"update","state":{},"version":1})"},
      {error_code::reported_empty, "405",
       R"({"method":"update","state":{"reported":{}},"version":1})"},
      {error_code::bad_method, "406", R"({"method":"put"})"},
      {error_code::document_empty, "407",
       R"({"method":"delete","state":{"reported":"null"},"version":1})"},
      {error_code::too_many_attributes, "408", many},
      {error_code::version_conflict, "409",
       R"({"method":"update","state":{"reported":{"a":1}},"version":0})"},
  };
  for (const row& r : table) {
    bench b;
    EXPECT_EQ(b.send(r.text), r.code) << r.text;
    EXPECT_NE(b.reply.find(R"("errorcode":")" + std::string{r.number} + '"'), std::string::npos)
        << b.reply;
    EXPECT_FALSE(b.last.changed);
    EXPECT_TRUE(b.doc.empty());
    EXPECT_EQ(b.doc.version(), 0);
    EXPECT_EQ(b.doc.timestamp_s(), 0);
  }
}

TEST(shadow_document, that_is_broken_in_the_store_answers_500_until_it_is_cleared) {
  json_reader reader;
  for (const std::string_view text : {
           R"({"version":4,"timestamp":1,"reported":{"a":7}})",
           R"({"version":4,"timestamp":1,"reported":{"a":{}}})",
           R"({"version":4,"timestamp":1,"reported":{"a":[1]}})",
           R"({"version":4,"timestamp":1,"reported":{"a":[1,"x"]}})",
           R"({"version":4,"timestamp":1,"reported":[]})",
           R"({"version":4,"timestamp":1,"reported":{"a":[1,2]},"desired":{"x":{"y":0}}})",
       }) {
    bench b;
    auto loaded = document::load(reader, text);
    ASSERT_TRUE(loaded) << text;
    b.doc = *loaded;
    EXPECT_EQ(b.send(R"({"method":"get"})"), error_code::server_error) << text;
    EXPECT_NE(b.reply.find(R"("errorcode":"500")"), std::string::npos);
    EXPECT_EQ(b.update(R"({"reported":{"a":1}})", 5), error_code::server_error);
    byte_buffer out;
    EXPECT_FALSE(b.works.append_control(b.doc, 1, out));
    EXPECT_FALSE(b.works.append_document(b.doc, out));
    EXPECT_TRUE(out.empty());
    EXPECT_EQ(b.send(R"({"method":"update","version":-1})"), error_code::none);
    EXPECT_EQ(b.update(R"({"reported":{"a":1}})", 1), error_code::none);
  }
}

TEST(shadow_document, does_not_load_what_is_no_document) {
  json_reader reader;
  for (const std::string_view text :
       {"", "[]", "{}", R"({"version":1})", R"({"timestamp":1})",
        R"({"version":"1","timestamp":1})", R"({"version":-1,"timestamp":1})",
        R"({"version":1,"timestamp":1)", R"({"version":1,"timestamp":1.5})"}) {
    EXPECT_FALSE(document::load(reader, text)) << text;
  }
}

TEST(shadow_document, takes_a_version_only_if_it_is_greater) {
  bench b;
  EXPECT_EQ(b.update(R"({"reported":{"a":1}})", 5), error_code::none);
  for (const std::int64_t stale : {5, 4, 0, -2}) {
    EXPECT_EQ(b.update(R"({"reported":{"a":2}})", stale), error_code::version_conflict) << stale;
    EXPECT_EQ(b.remove(R"({"reported":{"a":"null"}})", stale), error_code::version_conflict);
  }
  EXPECT_EQ(b.state(), R"({"reported":{"a":1}})");
  EXPECT_EQ(b.update(R"({"reported":{"a":2}})", 1700000000123), error_code::none);
  EXPECT_EQ(b.doc.version(), 1700000000123);
}

TEST(shadow_document, with_the_last_version_of_all_conflicts_with_everything_but_clearing) {
  bench b;
  EXPECT_EQ(b.update(R"({"reported":{"a":1}})", std::numeric_limits<std::int64_t>::max()),
            error_code::none);
  EXPECT_EQ(b.set(R"({"a":2})"), error_code::version_conflict);
  EXPECT_EQ(b.update(R"({"reported":{"a":1}})", std::numeric_limits<std::int64_t>::max()),
            error_code::version_conflict);
  EXPECT_EQ(b.update("{}", -1), error_code::none);
  EXPECT_EQ(b.doc.version(), 0);
}

TEST(shadow_document, is_cleared_by_version_minus_one) {
  bench b;
  b.update(R"({"reported":{"a":1}})", 5);
  b.set(R"({"a":2})");
  EXPECT_EQ(b.update(R"({"reported":{"b":1}})", -1), error_code::none);
  EXPECT_TRUE(b.last.changed);
  b.expect_reply(R"("success","version":0},"timestamp":1700000000})");
  EXPECT_EQ(b.state(), R"({"reported":{}})");
  EXPECT_TRUE(b.doc.empty());
  EXPECT_EQ(b.doc.version(), 0);
  EXPECT_EQ(b.update(R"({"reported":{"a":1}})", 1), error_code::none);
}

TEST(shadow_document, an_application_skips_the_version_check_with_0_or_none) {
  bench b;
  b.update(R"({"reported":{"a":1}})", 5);
  EXPECT_EQ(b.set(R"({"a":2})"), error_code::none);
  EXPECT_EQ(b.doc.version(), 6);
  const auto with_version = [&](int version) {
    return b.send(R"({"method":"update","state":{"desired":{"a":3}},"version":)"
                      + std::to_string(version) + "}",
                  requester::application);
  };
  EXPECT_EQ(with_version(0), error_code::none);
  EXPECT_EQ(b.doc.version(), 7);
  EXPECT_EQ(with_version(7), error_code::version_conflict);
  EXPECT_EQ(with_version(20), error_code::none);
  EXPECT_EQ(b.doc.version(), 20);
}

TEST(shadow_document, merges_object_into_object_and_replaces_the_rest) {
  bench b;
  b.update(R"({"reported":{"pos":{"x":1,"y":2},"list":[1,{"a":null}],"t":1.5}})", 1);
  b.now_s += 5;
  b.update(R"({"reported":{"pos":{"y":3},"list":[],"t":"null","e":{}}})", 2);
  EXPECT_EQ(b.state(), R"({"reported":{"e":{},"list":[],"pos":{"x":1,"y":3},"t":"null"}})");
  EXPECT_NE(b.shown().find(R"("pos":{"x":{"timestamp":1700000000},"y":{"timestamp":1700000005}})"),
            std::string::npos);
  b.update(R"({"reported":{"pos":7,"t":{"deep":{"er":true}},"e":{"x":1}}})", 3);
  EXPECT_EQ(b.state(), R"({"reported":{"e":{"x":1},"list":[],"pos":7,"t":{"deep":{"er":true}}}})");
}

TEST(shadow_document, loses_attributes_that_are_reported_null) {
  bench b;
  b.update(R"({"reported":{"a":1,"b":{"c":1,"d":2},"e":5}})", 1);
  EXPECT_EQ(b.update(R"({"reported":{"a":null,"b":{"c":null},"e":{"f":null},"x":null}})", 2),
            error_code::none);
  EXPECT_EQ(b.state(), R"({"reported":{"b":{"d":2},"e":5}})");
  b.update(R"({"reported":{"b":{"d":null}}})", 3);
  EXPECT_EQ(b.state(), R"({"reported":{"e":5}})");
  b.update(R"({"reported":{"e":null}})", 4);
  EXPECT_TRUE(b.doc.empty());
}

TEST(shadow_document, loses_reported_or_desired_as_a_whole_by_null) {
  for (const std::string null : {"null", R"("null")"}) {
    bench b;
    b.update(R"({"reported":{"a":1}})", 1);
    b.set(R"({"a":2})");
    EXPECT_EQ(b.update(R"({"reported":)" + null + "}", 3), error_code::none);
    EXPECT_EQ(b.state(), R"({"reported":{},"desired":{"a":2}})");
    EXPECT_FALSE(b.last.wants_push);
    EXPECT_EQ(b.update(R"({"reported":{"a":2},"desired":)" + null + "}", 4), error_code::none);
    EXPECT_EQ(b.state(), R"({"reported":{"a":2}})");
    EXPECT_FALSE(b.last.wants_push);
  }
}

TEST(shadow_document, is_deleted_by_attribute_and_as_a_whole) {
  bench b;
  b.update(R"({"reported":{"color":"red","temp":1,"pos":{"x":1,"y":2},"keep":0}})", 1);
  EXPECT_EQ(
      b.remove(R"({"reported":{"color":"null","temp":null,"pos":{"x":"null"},"no":"null"}})", 2),
      error_code::none);
  EXPECT_EQ(b.state(), R"({"reported":{"keep":0,"pos":{"y":2}}})");
  EXPECT_EQ(b.shown().find("color"), std::string::npos) << "metadata goes with the attribute";
  EXPECT_EQ(b.remove(R"({"reported":{"pos":{"y":"null"},"keep":{"x":"null"}}})", 3),
            error_code::none);
  EXPECT_EQ(b.state(), R"({"reported":{"keep":0}})");
  EXPECT_EQ(b.remove(R"({"reported":"null"})", 4), error_code::none);
  EXPECT_TRUE(b.doc.empty());
  EXPECT_EQ(b.remove(R"({"reported":"null"})", 5), error_code::document_empty);
  EXPECT_EQ(b.doc.version(), 4);
}

TEST(shadow_document, a_push_is_wanted_when_desired_is_set_and_only_then) {
  bench b;
  b.update(R"({"reported":{"a":1}})", 1);
  EXPECT_FALSE(b.last.wants_push);
  b.update(R"({"desired":{"a":1}})", 2); // an application on the update topic
  EXPECT_TRUE(b.last.wants_push);
  b.update(R"({"desired":{"a":null}})", 3);
  EXPECT_FALSE(b.last.wants_push);
  b.set(R"({"b":1})");
  EXPECT_TRUE(b.last.wants_push);
  EXPECT_EQ(b.send(R"({"method":"delete","state":{"desired":{"b":"null"}},"version":9})"),
            error_code::none);
  EXPECT_FALSE(b.last.wants_push);
  EXPECT_FALSE(b.doc.has_desired());
}

TEST(shadow_document, refuses_a_repeated_name_on_any_level) {
  bench b;
  for (const std::string_view reported : {R"({"a":1,"a":1})", R"({"a":{"b":{"c":1,"c":2}}})",
                                          R"({"a":[{"b":1,"b":1}]})", R"({"a":1,"\u0061":2})"}) {
    EXPECT_EQ(b.update(R"({"reported":)" + std::string{reported} + "}", 1), error_code::bad_json)
        << reported;
  }
  EXPECT_EQ(b.update(R"({"reported":{"a":{"a":{"a":":"}}}})", 1), error_code::none);
}

TEST(shadow_document, holds_128_attributes_nested_ones_counted_and_no_more) {
  bench b;
  EXPECT_EQ(b.update(R"({"reported":)" + many_attributes(127) + "}", 1), error_code::none);
  EXPECT_EQ(b.update(R"({"reported":{"n":{"x":1,"y":2}}})", 2), error_code::too_many_attributes);
  EXPECT_EQ(b.update(R"({"reported":{"n":{"x":1}}})", 2), error_code::none);
  EXPECT_EQ(b.update(R"({"reported":{"m":1}})", 3), error_code::too_many_attributes);
  EXPECT_EQ(b.update(R"({"reported":{"m":1,"a0":null}})", 3), error_code::none);
  EXPECT_EQ(b.set(many_attributes(128)), error_code::none);
  EXPECT_EQ(b.set(R"({"one_more":1})"), error_code::too_many_attributes);
}

TEST(shadow_document, holds_values_five_levels_deep_and_no_deeper) {
  bench b;
  EXPECT_EQ(b.update(R"({"reported":{"a":{"b":{"c":{"d":{"e":1}}}}}})", 1), error_code::none);
  EXPECT_EQ(b.update(R"({"reported":{"a":{"b":{"c":{"d":{"e":{}}}}}}})", 2), error_code::none);
  EXPECT_EQ(b.update(R"({"reported":{"a":{"b":{"c":{"d":{"e":{"f":1}}}}}}})", 3),
            error_code::bad_json);
  EXPECT_EQ(b.update(R"({"reported":{"a":[[[[1]]]]}})", 3), error_code::none);
  EXPECT_EQ(b.update(R"({"reported":{"a":[[[[[1]]]]]}})", 4), error_code::bad_json);
}

TEST(shadow_document, at_the_deepest_setting_still_loads_and_still_answers_readably) {
  document_limits limits;
  limits.max_depth = 24;
  bench b{limits};
  std::string deep = "1";
  for (int i = 1; i < 24; ++i) {
    deep = R"({"k":)" + deep + "}";
  }
  ASSERT_EQ(b.update(R"({"reported":{"a":)" + deep + "}}", 1), error_code::none);
  json_reader reader;
  EXPECT_TRUE(document::load(reader, b.doc.text()));
  b.send(R"({"method":"get"})");
  EXPECT_EQ(parse_cloud_message(reader, as_bytes(b.reply)).what, cloud_message::kind::reply);
}

TEST(shadow_document, grows_to_16_kib_in_its_documented_form_and_not_beyond) {
  bench b;
  const auto with_text = [&](std::size_t length, std::int64_t version) {
    return b.update(R"({"reported":{"a":")" + std::string(length, 'x') + "\"}}", version);
  };
  ASSERT_EQ(with_text(1, 1), error_code::none);
  const std::size_t around = b.shown().size() - 1;
  // The limit counts versions at their longest, so that it does not depend on them.
  const std::size_t longest = 16 * 1024 - around - 18;
  EXPECT_EQ(with_text(longest, 2), error_code::none);
  EXPECT_LE(b.shown().size(), 16U * 1024U);
  EXPECT_EQ(with_text(longest + 1, 3), error_code::bad_json);
  EXPECT_NE(b.reply.find("too large"), std::string::npos);
  EXPECT_EQ(b.doc.version(), 2);
  EXPECT_EQ(b.set(R"({"b":1})"), error_code::bad_json);
  EXPECT_EQ(with_text(1, 3), error_code::none);
}

TEST(shadow_document, counts_names_as_often_as_its_documented_form_has_them) {
  bench b;
  std::string reported = "{";
  for (int i = 0; i < 100; ++i) {
    reported += (i == 0 ? "\"" : ",\"") + std::string(70, 'n') + std::to_string(i) + "\":1";
  }
  ASSERT_LT(reported.size() + 1200, 10'000U) << "as it is stored, far from the limit";
  EXPECT_EQ(b.update(R"({"reported":)" + reported + "}}", 1), error_code::bad_json);
  EXPECT_NE(b.reply.find("too large"), std::string::npos);
  EXPECT_TRUE(b.doc.empty());
}

TEST(shadow_document, survives_the_store_as_it_is) {
  bench b;
  b.update(
      R"({"reported":{"a":[1,"\u00e9\n",null,1e-7,-3],"b":{"c":true},"":18446744073709551615}})",
      3);
  b.now_s += 9;
  b.set(R"({"a":false})");
  json_reader reader;
  const auto again = document::load(reader, b.doc.text());
  ASSERT_TRUE(again);
  EXPECT_EQ(again->text(), b.doc.text());
  EXPECT_EQ(again->version(), 4);
  EXPECT_EQ(again->timestamp_s(), 1700000009);
  EXPECT_TRUE(again->has_desired());
  EXPECT_FALSE(again->empty());
  const std::string before = b.shown();
  b.doc = *again;
  EXPECT_EQ(b.shown(), before);
}

TEST(shadow_document, that_nobody_wrote_survives_the_store_too) {
  json_reader reader;
  const document fresh;
  EXPECT_EQ(fresh.memory_bytes(), 0U);
  const auto again = document::load(reader, fresh.text());
  ASSERT_TRUE(again);
  EXPECT_TRUE(again->empty());
  EXPECT_EQ(again->version(), 0);
}

TEST(shadow_document, at_rest_is_one_string_without_slack) {
  bench b;
  b.update(R"({"reported":{"color":"red","temp":21.5,"pos":{"x":1,"y":2}}})", 1);
  EXPECT_LE(b.doc.memory_bytes(), b.doc.text().size() + 1);
  EXPECT_LE(sizeof(document), 64U);
}

TEST(shadow_document, echoes_a_token_as_it_came) {
  bench b;
  b.send(R"({"method":"get","clientToken":"a\"b"})");
  EXPECT_NE(b.reply.find(R"("clientToken":"a\"b"})"), std::string::npos);
  b.send(R"({"method":"nope","clientToken":12})");
  EXPECT_NE(b.reply.find(R"("clientToken":12})"), std::string::npos);
  b.send(R"({"method":"get"})");
  EXPECT_EQ(b.reply.find("clientToken"), std::string::npos);
}

} // namespace
} // namespace fleet::shadow
