// Replies, codes, classes of payloads, raw octets and broadcasts.
#include <gtest/gtest.h>

#include <set>

#include "protocol/alink/thing_raw.hpp"
#include "protocol/alink/thing_reply.hpp"
#include "tests/support/alink_text.hpp"

namespace fleet::alink {
namespace {

TEST(alink_codes, each_has_one_name_and_a_text) {
  std::set<std::string_view> names;
  for (const code_entry& e : all_codes()) {
    EXPECT_TRUE(names.insert(e.name).second) << e.name;
    EXPECT_EQ(e.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"),
              std::string_view::npos);
    EXPECT_FALSE(e.text.empty()) << e.code;
    EXPECT_EQ(find_code(e.code), &e);
    EXPECT_EQ(code_text(e.code), e.text);
  }
  EXPECT_EQ(names.size(), all_codes().size());
}

TEST(alink_codes, all_that_the_reference_lists_are_there) {
  for (const int code :
       {200,  400,  401,  403,  404,  427,  428,  429,  460,  500,  503,  520,  521,
        522,  527,  5001, 5005, 5159, 5160, 5161, 5244, 6100, 6104, 6106, 6200, 6201,
        6203, 6204, 6207, 6250, 6251, 6280, 6287, 6288, 6289, 6292, 6356, 6357, 6400,
        6401, 6402, 6450, 6600, 6619, 6661, 6710, 6713, 6760, 9112}) {
    EXPECT_NE(find_code(code), nullptr) << code;
  }
  for (int code = 6300; code <= 6328; ++code) {
    EXPECT_NE(find_code(code), nullptr) << code;
  }
  for (int code = 26001; code <= 26010; ++code) {
    EXPECT_NE(find_code(code), nullptr) << code;
  }
  for (const std::int64_t code : {0LL, -200LL, 199LL, 6329LL, 26011LL, 4294967496LL}) {
    EXPECT_EQ(find_code(code), nullptr) << code;
    EXPECT_EQ(code_text(code), "");
  }
  EXPECT_EQ(code_text(100'000), "device defined");
  EXPECT_EQ(code_text(110'000), "device defined");
  EXPECT_EQ(code_text(110'001), "");
}

TEST(alink_codes, a_device_may_answer_with_its_own_and_four_others) {
  for (const int code : {200, 400, 429, 460, 100'000, 110'000}) {
    EXPECT_TRUE(device_may_answer(code)) << code;
  }
  for (const int code : {0, 401, 6207, 99'999, 110'001}) {
    EXPECT_FALSE(device_may_answer(code)) << code;
  }
}

TEST(alink_reply, ids_are_numbers_only_if_they_are_plain_decimals) {
  EXPECT_EQ(request_number("\"12\""), 12U);
  EXPECT_EQ(request_number("12"), 12U);
  EXPECT_EQ(request_number("0"), 0U);
  EXPECT_EQ(request_number("\"4294967295\""), 4294967295U);
  for (const std::string_view none : {"", "\"\"", "\"4294967296\"", "-1", "\"012\"", "1.5",
                                      "\"1 \"", "\"+1\"", "\"1|exp-topic\"", "\"\\u0031\""}) {
    EXPECT_EQ(request_number(none), std::nullopt) << none;
  }
}

TEST(alink_reply, reads_back_what_was_written) {
  const parsed m{written([](byte_buffer& out) { append_code_reply(out, "\"7\"", 6106); })};
  EXPECT_EQ(m.text(),
            R"({"id":"7","code":6106,"data":{},"message":"map size must be less than 200"})");
  const reply_view reply = read_reply(*m);
  EXPECT_TRUE(reply.good());
  EXPECT_FALSE(reply.succeeded());
  EXPECT_EQ(reply.code, 6106);
  EXPECT_EQ(reply.number, 7U);
  EXPECT_EQ(reply.raw_id, "\"7\"");
  EXPECT_EQ(reply.data, "{}");
}

TEST(alink_reply, each_fault_is_named) {
  struct row {
    std::string_view text;
    reply_fault fault;
  };
  for (const row& r : {
           row{R"({"id":"7","code":200})", reply_fault::none},
           row{R"({"id":"7","code":"200","data":""})", reply_fault::none},
           row{R"({"id":"x","code":200})", reply_fault::none},
           row{R"({"code":200,"data":{}})", reply_fault::no_id},
           row{R"({"id":null,"code":200})", reply_fault::no_id},
           row{R"({"id":"7","data":{}})", reply_fault::no_code},
           row{R"({"id":"7","code":null})", reply_fault::no_code},
           row{R"({"id":"7","code":2e2})", reply_fault::no_code},
           row{R"({"id":"7","code":99999999999999999999})", reply_fault::malformed},
           row{R"({"id":"7","code":200,"code":460})", reply_fault::malformed},
           row{R"({"id":"7","code":200)", reply_fault::malformed},
           row{"[]", reply_fault::malformed},
           row{"", reply_fault::malformed},
       }) {
    const parsed m{std::string{r.text}};
    const reply_fault fault = read_reply(*m).fault;
    // A number no machine holds may be refused by the parser or by us; it must not be a code.
    const bool huge = r.text.find("9999999") != std::string_view::npos;
    EXPECT_TRUE(fault == r.fault || (huge && fault == reply_fault::no_code)) << r.text;
  }
}

TEST(alink_classify, tells_requests_replies_and_raw_apart_as_cmp_does) {
  using enum payload_class;
  struct row {
    std::string_view text;
    payload_class is;
  };
  for (const row& r : {
           row{"\x01\x02", raw},
           row{"", raw},
           row{"{}", raw},
           row{R"({"method":"m","params":{}})", raw},
           row{R"({"id":"1","method":"m","params":{}})", request},
           row{R"({"id":"1","code":200,"data":{}})", reply},
           row{R"({"id":"1","code":200})", broken},
           row{R"({"id":"1","method":"m"})", broken},
           row{R"({"id":"1","params":{}})", broken},
           row{R"({"id":"1","params":{},,})", broken},
       }) {
    const parsed m{std::string{r.text}};
    EXPECT_EQ(classify(*m), r.is) << r.text;
  }
}

TEST(alink_raw, is_told_by_its_topic_and_never_looked_at) {
  using kind = raw_message::kind;
  const std::vector<std::uint8_t> octets{0, 0xff, '{', 0};
  struct row {
    std::string_view topic;
    kind what;
  };
  for (const row& r : {row{"/sys/P/D/thing/model/up_raw", kind::up},
                       row{"/sys/P/D/thing/model/up_raw_reply", kind::up_reply},
                       row{"/sys/P/D/thing/model/down_raw", kind::down},
                       row{"/sys/P/D/thing/model/down_raw_reply", kind::down_reply}}) {
    const auto raw = read_raw(parse_topic(r.topic), octets);
    ASSERT_TRUE(raw) << r.topic;
    EXPECT_EQ(raw->what, r.what) << r.topic;
    EXPECT_EQ(raw->octets.data(), octets.data());
    EXPECT_EQ(raw->octets.size(), 4U);
  }
  EXPECT_FALSE(read_raw(parse_topic("/sys/P/D/thing/model/up_raw/x"), octets));
  EXPECT_FALSE(read_raw(parse_topic("/sys/P/D/thing/event/property/post"), octets));
  const std::vector<std::uint8_t> full(max_payload);
  const std::vector<std::uint8_t> more(max_payload + 1);
  EXPECT_TRUE(read_raw(parse_topic("/sys/P/D/thing/model/up_raw"), full));
  EXPECT_FALSE(read_raw(parse_topic("/sys/P/D/thing/model/up_raw"), more));
}

TEST(alink_raw, the_platforms_own_reply_reads_back) {
  json_reader reader;
  EXPECT_EQ(written([](byte_buffer& out) { append_up_raw_reply(out, 18446744073709551615ULL); }),
            R"({"id":"18446744073709551615","code":200,"data":{}})");
  for (const int code : {200, 6200, 6201, 6450, 26001}) {
    const std::string text = written([&](byte_buffer& out) { append_up_raw_reply(out, 5, code); });
    EXPECT_EQ(up_raw_code(reader, as_bytes(text)), code) << text;
  }
  EXPECT_EQ(up_raw_code(reader, as_bytes("\x01{}")), std::nullopt);
}

TEST(alink_broadcast, is_for_its_product_alone_and_64_kib_at_most) {
  const std::vector<std::uint8_t> full(max_broadcast_octets);
  const std::vector<std::uint8_t> more(max_broadcast_octets + 1);
  const auto told = read_broadcast(parse_topic("/broadcast/PK/news/today"), full, "PK");
  ASSERT_TRUE(told);
  EXPECT_EQ(told->name, "news/today");
  EXPECT_EQ(told->octets.size(), max_broadcast_octets);
  EXPECT_FALSE(read_broadcast(parse_topic("/broadcast/PK/news/today"), more, "PK"));
  EXPECT_FALSE(read_broadcast(parse_topic("/broadcast/P2/news"), full, "PK"));
  EXPECT_FALSE(read_broadcast(parse_topic("/broadcast/PK/"), full, "PK"));
  EXPECT_FALSE(read_broadcast(parse_topic("/PK/DN/get"), full, "PK"));
}

} // namespace
} // namespace fleet::alink
