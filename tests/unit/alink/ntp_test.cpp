// Time questions and answers, and the arithmetic on them.
#include <gtest/gtest.h>

#include "protocol/alink/ntp.hpp"
#include "tests/support/alink_text.hpp"

namespace fleet::alink {
namespace {

milliseconds ms(std::int64_t value) {
  return milliseconds{value};
}

TEST(alink_ntp, question_and_answer_read_back) {
  json_reader reader;
  const std::string asked = written([](byte_buffer& out) { append_ntp_request(out, ms(100)); });
  EXPECT_EQ(asked, R"({"deviceSendTime":"100"})");
  EXPECT_EQ(read_ntp_request(reader, as_bytes(asked)), ms(100));
  EXPECT_EQ(read_ntp_request(reader, as_bytes(R"({"deviceSendTime":100})")), ms(100));
  EXPECT_EQ(read_ntp_request(reader, as_bytes(R"({"deviceSendTime":"-5"})")), ms(-5));
  const std::string answered = written([](byte_buffer& out) {
    append_ntp_answer(out, {ms(100), ms(1700000000123), ms(1700000000124)});
  });
  EXPECT_EQ(answered, R"({"deviceSendTime":"100","serverRecvTime":"1700000000123",)"
                      R"("serverSendTime":"1700000000124"})");
  const auto answer = read_ntp_answer(reader, as_bytes(answered));
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->device_send, ms(100));
  EXPECT_EQ(answer->server_receive, ms(1700000000123));
  EXPECT_EQ(answer->server_send, ms(1700000000124));
}

TEST(alink_ntp, what_is_incomplete_or_out_of_reason_is_none) {
  json_reader reader;
  for (const std::string_view text :
       {"{}", "[]", R"({"deviceSendTime":"x"})", R"({"deviceSendTime":1.5})",
        R"({"deviceSendTime":"1","deviceSendTime":"2"})", R"({"deviceSendTime":""})",
        R"({"deviceSendTime":"253402300800000"})", R"({"deviceSendTime":"-253402300800000"})",
        R"({"deviceSendTime":"99999999999999999999999999999999"})", R"(["deviceSendTime","1"])"}) {
    EXPECT_FALSE(read_ntp_request(reader, as_bytes(text))) << text;
    EXPECT_FALSE(read_ntp_answer(reader, as_bytes(text))) << text;
  }
  for (const std::string_view text :
       {R"({"deviceSendTime":"1","serverRecvTime":"2"})",
        R"({"deviceSendTime":"1","serverRecvTime":"3","serverSendTime":"2"})",
        R"({"deviceSendTime":"1","serverRecvTime":"2","serverSendTime":"3","serverSendTime":"3"})",
        R"({"deviceSendTime":"1","serverRecvTime":"2","serverSendTime":"253402300800000"})"}) {
    EXPECT_FALSE(read_ntp_answer(reader, as_bytes(text))) << text;
  }
}

TEST(alink_ntp, even_delays_give_the_exact_offset) {
  // Device 10 s behind, 40 ms each way, 5 ms at the server.
  const ntp_answer answer{ms(1'000), ms(11'040), ms(11'045)};
  const milliseconds received = ms(1'085);
  EXPECT_EQ(clock_offset(answer, received), ms(10'000));
  EXPECT_EQ(server_time(answer, received), ms(11'085));
  EXPECT_EQ(round_trip(answer, received), ms(80));
}

TEST(alink_ntp, uneven_delays_err_by_half_their_difference_and_no_more_than_half_the_round_trip) {
  for (const std::int64_t there : {0, 1, 30, 400}) {
    for (const std::int64_t back : {0, 1, 30, 400}) {
      for (const std::int64_t ahead : {-1'700'000'000'000LL, -1LL, 0LL, 77LL}) {
        const ntp_answer answer{ms(5'000), ms(5'000 + ahead + there),
                                ms(5'000 + ahead + there + 2)};
        const milliseconds received = ms(5'000 + there + 2 + back);
        const std::int64_t error = clock_offset(answer, received).count() - ahead;
        EXPECT_EQ(round_trip(answer, received), ms(there + back));
        EXPECT_LE(error, (there + back + 1) / 2);
        EXPECT_GE(error, -(there + back + 1) / 2);
        EXPECT_EQ(server_time(answer, received), received + clock_offset(answer, received));
      }
    }
  }
}

TEST(alink_ntp, a_clock_that_jumped_in_between_shows_as_a_negative_round_trip) {
  EXPECT_LT(round_trip({ms(5'000), ms(9'000), ms(9'001)}, ms(1'000)), ms(0));
}

TEST(alink_ntp, the_furthest_moments_do_not_overflow) {
  const ntp_answer far{ms(-253'402'300'799'999), ms(253'402'300'799'999), ms(253'402'300'799'999)};
  EXPECT_EQ(server_time(far, ms(253'402'300'799'999)), ms(506'804'601'599'998));
}

} // namespace
} // namespace fleet::alink
