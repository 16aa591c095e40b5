// Topics of synchronous calls in both forms.
#include <gtest/gtest.h>

#include "protocol/alink/rrpc.hpp"
#include "protocol/alink/thing_command.hpp"
#include "tests/support/alink_text.hpp"

namespace fleet::alink {
namespace {

TEST(alink_rrpc, a_system_call_is_answered_at_its_response_topic) {
  const auto call = parse_rrpc_request("/sys/PK/DN/rrpc/request/900000000000000001");
  ASSERT_TRUE(call);
  EXPECT_EQ(call->form, rrpc_form::system);
  EXPECT_EQ(call->message_id, "900000000000000001");
  EXPECT_EQ(rrpc_number(call->message_id), 900000000000000001ULL);
  EXPECT_EQ(call->product_key, "PK");
  EXPECT_EQ(call->device_name, "DN");
  EXPECT_EQ(rrpc_service(*call), "");
  const std::string answer =
      written([&](byte_buffer& out) { append_rrpc_response_topic(out, *call); });
  EXPECT_EQ(answer, "/sys/PK/DN/rrpc/response/900000000000000001");
  ASSERT_TRUE(parse_rrpc_response(answer));
  EXPECT_EQ(parse_rrpc_response(answer)->message_id, call->message_id);
  EXPECT_FALSE(parse_rrpc_request(answer));
  EXPECT_EQ(written([&](byte_buffer& out) { append_rrpc_request_topic(out, *call); }),
            "/sys/PK/DN/rrpc/request/900000000000000001");
  EXPECT_EQ(written([&](byte_buffer& out) { append_rrpc_filter(out, *call); }),
            "/sys/PK/DN/rrpc/request/+");
}

TEST(alink_rrpc, a_custom_call_is_answered_where_it_came) {
  const std::string_view topic = "/ext/rrpc/900000000000000002/PK/DN/user/get";
  const auto call = parse_rrpc_request(topic);
  ASSERT_TRUE(call);
  EXPECT_EQ(call->form, rrpc_form::custom);
  EXPECT_EQ(call->topic, "/PK/DN/user/get");
  EXPECT_EQ(call->device_name, "DN");
  EXPECT_EQ(rrpc_service(*call), "");
  for (const auto append : {&append_rrpc_request_topic, &append_rrpc_response_topic}) {
    EXPECT_EQ(written([&](byte_buffer& out) { append(out, *call); }), topic);
  }
  EXPECT_EQ(written([&](byte_buffer& out) { append_rrpc_filter(out, *call); }),
            "/ext/rrpc/+/PK/DN/user/get");
  EXPECT_TRUE(parse_rrpc_response(topic));
}

TEST(alink_rrpc, a_synchronous_service_is_told_by_its_inner_topic) {
  struct row {
    std::string_view topic;
    std::string_view service;
  };
  for (const row& r : {row{"/ext/rrpc/1/sys/PK/DN/thing/service/blink", "blink"},
                       row{"/ext/rrpc/1/sys/PK/DN/thing/service/property/set", "property.set"},
                       row{"/ext/rrpc/1/sys/PK/DN/thing/service/property/get", "property.get"},
                       row{"/ext/rrpc/1/sys/PK/DN/thing/service/blink_reply", ""},
                       row{"/ext/rrpc/1/sys/PK/DN/thing/event/x/post", ""}}) {
    const auto call = parse_rrpc_request(r.topic);
    ASSERT_TRUE(call) << r.topic;
    EXPECT_EQ(rrpc_service(*call), r.service) << r.topic;
  }
}

TEST(alink_rrpc, ids_have_1_to_19_digits_and_nothing_else) {
  EXPECT_TRUE(parse_rrpc_request("/sys/PK/DN/rrpc/request/9999999999999999999"));
  EXPECT_EQ(rrpc_number("9999999999999999999"), 9999999999999999999ULL);
  for (const std::string_view id :
       {"", "x", "1x", "-1", "10000000000000000000", "+", "1/2", " 1"}) {
    EXPECT_FALSE(parse_rrpc_request("/sys/PK/DN/rrpc/request/" + std::string{id})) << id;
    if (id != "1/2") {
      EXPECT_FALSE(parse_rrpc_request("/ext/rrpc/" + std::string{id} + "/PK/DN/get")) << id;
    }
  }
}

TEST(alink_rrpc, other_topics_are_no_calls) {
  for (const std::string_view topic :
       {"", "/", "/sys/PK/DN/rrpc/request", "/sys/PK/DN/rrpc/request/", "/sys/PK//rrpc/request/1",
        "/sys/PK/DN/rrpc/other/1", "/ext/rrpc/1", "/ext/rrpc/1/", "/ext/rrpc/1/PK/DN",
        "/ext/rrpc//PK/DN/get", "/PK/DN/get"}) {
    EXPECT_FALSE(parse_rrpc_request(topic)) << topic;
    EXPECT_FALSE(parse_rrpc_response(topic)) << topic;
  }
  const std::string slashes(60'000, '/');
  EXPECT_FALSE(parse_rrpc_request("/ext/rrpc/1" + slashes));
  EXPECT_FALSE(parse_rrpc_request("/sys/PK/DN/rrpc/request/1" + slashes));
}

TEST(alink_rrpc, waits_stay_within_the_platforms_bounds) {
  using std::chrono::milliseconds;
  EXPECT_EQ(rrpc_wait(milliseconds{0}), milliseconds{1000});
  EXPECT_EQ(rrpc_wait(milliseconds{5000}), milliseconds{5000});
  EXPECT_EQ(rrpc_wait(milliseconds{60'000}), milliseconds{8000});
}

TEST(alink_rrpc, outcomes_are_spelt_as_the_platform_spells_them) {
  EXPECT_EQ(rrpc_outcome_name(rrpc_outcome::success), "SUCCESS");
  EXPECT_EQ(rrpc_outcome_name(rrpc_outcome::timeout), "TIMEOUT");
  EXPECT_EQ(rrpc_outcome_name(rrpc_outcome::offline), "OFFLINE");
  EXPECT_EQ(rrpc_outcome_name(rrpc_outcome::half_connection), "HALFCONN");
  EXPECT_EQ(rrpc_outcome_name(rrpc_outcome::unknown), "UNKNOW");
}

} // namespace
} // namespace fleet::alink
