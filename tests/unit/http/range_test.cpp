// Ranges as clients ask for them, as servers judge them, and what is not believed.
#include "protocol/http/range.hpp"

#include <gtest/gtest.h>

namespace fleet::http {
namespace {

constexpr std::uint64_t most = UINT64_MAX;

TEST(http_range, of_a_response_reads_back_as_it_was_written) {
  for (const content_range& range :
       {content_range{byte_range{0, 0}, 1}, content_range{byte_range{5, 9}, 10},
        content_range{byte_range{5, 9}, std::nullopt}, content_range{std::nullopt, 10},
        content_range{std::nullopt, 0}, content_range{byte_range{0, most - 2}, most - 1}}) {
    EXPECT_EQ(parse_content_range(to_string(range)), range) << to_string(range);
  }
  EXPECT_EQ(to_string(content_range{byte_range{5, 9}, 10}), "bytes 5-9/10");
  EXPECT_EQ(to_string(content_range{std::nullopt, 10}), "bytes */10");
  EXPECT_EQ(parse_content_range("BYTES 1-2/*"), (content_range{byte_range{1, 2}, std::nullopt}));
}

TEST(http_range, of_a_response_that_cannot_be_is_none) {
  const std::string long_number(31, '9');
  for (const std::string& bad : {std::string{},
                                 std::string{"bytes"},
                                 std::string{"bytes "},
                                 std::string{"bytes 5-9"},
                                 std::string{"bytes=5-9/10"},
                                 std::string{"octets 5-9/10"},
                                 std::string{"bytes 9-5/10"},
                                 std::string{"bytes 5-10/10"},
                                 std::string{"bytes -9/10"},
                                 std::string{"bytes 5-/10"},
                                 std::string{"bytes */*"},
                                 std::string{"bytes 5-9/"},
                                 std::string{"bytes 5-9/-1"},
                                 std::string{"bytes +5-9/10"},
                                 std::string{"bytes 5 - 9/10"},
                                 std::string{"bytes  5-9/10"},
                                 std::string{"bytes 0x5-9/10"},
                                 std::string{"bytes 5-9/10,11-12/20"},
                                 "bytes 0-" + long_number + "/*",
                                 "bytes 0-1/" + long_number}) {
    EXPECT_EQ(parse_content_range(bad), std::nullopt) << bad;
  }
}

TEST(http_range, asked_for_from_an_octet_on_is_what_a_server_understands) {
  EXPECT_EQ(range_from(0), "bytes=0-");
  EXPECT_EQ(judge_range(range_from(0), 10), (range_verdict{range_answer::part, {0, 9}}));
  EXPECT_EQ(judge_range(range_from(9), 10), (range_verdict{range_answer::part, {9, 9}}));
  EXPECT_EQ(judge_range(range_from(10), 10).answer, range_answer::unsatisfiable);
}

TEST(http_range, is_judged_as_the_standard_says) {
  const auto part = [](std::uint64_t first, std::uint64_t last) {
    return range_verdict{range_answer::part, {first, last}};
  };
  const range_verdict whole{range_answer::whole, {0, 9}};
  const range_verdict none{range_answer::unsatisfiable, {}};
  const std::pair<std::string, range_verdict> rows[] = {
      {"", whole},
      {"bytes=0-9", part(0, 9)},
      {"bytes=2-4", part(2, 4)},
      {"Bytes=2-4", part(2, 4)},
      {"bytes=2-400", part(2, 9)},
      {"bytes=2-" + std::string(31, '9'), part(2, 9)},
      {"bytes=" + std::string(31, '9') + "-", none},
      {"bytes=-3", part(7, 9)},
      {"bytes=-10", part(0, 9)},
      {"bytes=-11", part(0, 9)},
      {"bytes=-0", none},
      {"bytes=10-", none},
      {"bytes=10-12", none},
      {"bytes=4-2", whole},
      {"bytes=-", whole},
      {"bytes=", whole},
      {"bytes=a-b", whole},
      {"bytes=1-2,4-5", whole},
      {"bytes= 1-2", whole},
      {"bytes=1--2", whole},
      {"lines=1-2", whole},
      {"bytes 1-2", whole},
  };
  for (const auto& [value, verdict] : rows) {
    EXPECT_EQ(judge_range(value, 10), verdict) << value;
  }
  EXPECT_EQ(judge_range("", 0).answer, range_answer::whole);
  EXPECT_EQ(judge_range("bytes=0-", 0), none);
  EXPECT_EQ(judge_range("bytes=-1", 0), none);
  EXPECT_EQ(part(2, 4).octets.length(), 3U);
}

} // namespace
} // namespace fleet::http
