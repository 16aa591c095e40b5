// Every reader against every hostile payload: none of them is good, and each gets a code that the
// platform has.
#include <gtest/gtest.h>

#include "protocol/alink/thing_messages.hpp"
#include "tests/support/alink_text.hpp"

namespace fleet::alink {
namespace {

struct reader_entry {
  std::string_view name;
  int (*code)(const message&);
};

constexpr reader_entry readers[] = {
    {"property_post", [](const message& m) { return read_property_post(m).code; }},
    {"property_batch", [](const message& m) { return read_property_batch(m).code; }},
    {"property_history", [](const message& m) { return read_property_history(m).code; }},
    {"property_pack", [](const message& m) { return read_property_pack(m).code; }},
    {"event_post", [](const message& m) { return read_event_post(m).code; }},
    {"property_set", [](const message& m) { return read_property_set(m).code; }},
    {"property_get", [](const message& m) { return read_property_get(m).code; }},
    {"service_call", [](const message& m) { return read_service_call(m, "s").code; }},
    {"event_notify", [](const message& m) { return read_event_notify(m).code; }},
    {"order", [](const message& m) { return read_order(m); }},
    {"desired_get", [](const message& m) { return read_desired_get(m).code; }},
    {"desired_delete", [](const message& m) { return read_desired_delete(m).code; }},
    {"desired_reply", [](const message& m) { return read_desired_reply(m).code; }},
    {"tags_update", [](const message& m) { return read_tags(m, tag_use::update).code; }},
    {"tags_delete", [](const message& m) { return read_tags(m, tag_use::remove).code; }},
    {"reset", [](const message& m) { return read_reset(m); }},
    {"log_post", [](const message& m) { return read_log_post(m).code; }},
    {"log_config_get", [](const message& m) { return read_log_config_get(m); }},
    {"diag_post", [](const message& m) { return read_diag_post(m).code; }},
    {"model_get", [](const message& m) { return read_model_get(m); }},
    {"dynamic_model_get", [](const message& m) { return read_dynamic_model_get(m).code; }},
    {"config_get", [](const message& m) { return read_config_get(m); }},
    {"config_push", [](const message& m) { return read_config_push(m).code; }},
    {"config_reply", [](const message& m) { return read_config_reply(m).code; }},
};

TEST(alink_hostile, no_reader_calls_a_hostile_payload_good) {
  for (const std::string& payload : hostile_payloads()) {
    const parsed m{payload};
    for (const reader_entry& r : readers) {
      const int code = r.code(*m);
      EXPECT_NE(code, code_success) << r.name << ": " << payload.substr(0, 80);
      EXPECT_NE(find_code(code), nullptr) << r.name << ": " << payload.substr(0, 80);
    }
    EXPECT_FALSE(read_reply(*m).good()) << payload.substr(0, 80);
    EXPECT_FALSE(read_mid_report(*m)) << payload.substr(0, 80);
    json_reader reader;
    EXPECT_FALSE(read_ntp_answer(reader, as_bytes(payload))) << payload.substr(0, 80);
    EXPECT_FALSE(read_ntp_request(reader, as_bytes(payload))) << payload.substr(0, 80);
    EXPECT_NE(read_config_push_reply(reader, as_bytes(payload)).code, code_success);
  }
}

TEST(alink_hostile, broken_envelopes_get_460_and_their_id_is_echoed) {
  const parsed m{R"({"id":"31","params":{"a":1,,}})"};
  for (const reader_entry& r : readers) {
    EXPECT_EQ(r.code(*m), code_parameter_error) << r.name;
  }
  EXPECT_EQ(written([&](byte_buffer& out) {
              append_code_reply(out, m->id, read_property_post(*m).code);
            }),
            R"({"id":"31","code":460,"data":{},"message":"request parameter error"})");
}

TEST(alink_hostile, a_good_message_cut_anywhere_or_with_an_octet_more_is_not_good) {
  const sample samples[] = {{"Power", "\"on\"", 1}, {"T", "2", 2}};
  const std::string whole =
      written([&](byte_buffer& out) { append_property_batch(out, 1, samples, samples); });
  for (std::size_t length = 0; length < whole.size(); ++length) {
    const parsed m{whole.substr(0, length)};
    EXPECT_NE(read_property_batch(*m).code, code_success) << length;
  }
  for (const char more : {'x', '}', '{', '"', ',', '\0'}) {
    const parsed m{whole + more};
    EXPECT_NE(read_property_batch(*m).code, code_success) << more;
  }
  const parsed blank{whole + " \r\n"};
  EXPECT_EQ(read_property_batch(*blank).code, code_success);
}

TEST(alink_hostile, the_deepest_values_that_are_read_still_walk) {
  std::string value = "1";
  for (int depth = 2; depth <= json_reader::max_depth; ++depth) {
    value = R"({"value":)" + value + "}";
  }
  const parsed m{with_params(value)};
  EXPECT_EQ(m->state, message_state::good);
  for (const reader_entry& r : readers) {
    (void)r.code(*m); // answers, that is all: what it finds there is nobody's message
  }
  const parsed deeper{with_params(R"({"a":)" + value + "}")};
  EXPECT_EQ(read_property_post(*deeper).code, code_parameter_error);
}

} // namespace
} // namespace fleet::alink
