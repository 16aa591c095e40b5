// Amounts as people write them: what is read, and what is said about the rest.
#include "fleet/text/quantities.hpp"

#include <gtest/gtest.h>

namespace fleet::text {

using namespace std::chrono_literals;

TEST(duration_text, reads_units_alone_and_together) {
  EXPECT_EQ(parse_duration("90s").value(), 90s);
  EXPECT_EQ(parse_duration("1h30m").value(), 90min);
  EXPECT_EQ(parse_duration("500ms").value(), 500ms);
  EXPECT_EQ(parse_duration("1d2h3m4s5ms6us7ns").value(), 24h + 2h + 3min + 4s + 5ms + 6us + 7ns);
  EXPECT_EQ(parse_duration("1.5s").value(), 1500ms);
  EXPECT_EQ(parse_duration("0.000000001s").value(), 1ns);
  EXPECT_EQ(parse_duration("0.1d").value(), 144min);
}

TEST(duration_text, takes_a_bare_zero_and_no_other_bare_number) {
  EXPECT_EQ(parse_duration("0").value(), 0s);
  EXPECT_EQ(parse_duration("0s").value(), 0s);
  EXPECT_EQ(parse_duration("90").error(), "has no unit; write 90s, 500ms, 2m or 1h30m");
  EXPECT_EQ(parse_duration("1h30").error(), "has no unit; write 90s, 500ms, 2m or 1h30m");
}

TEST(duration_text, names_what_is_wrong) {
  EXPECT_EQ(parse_duration("").error(), "is not a duration; write 90s, 500ms, 2m or 1h30m");
  EXPECT_EQ(parse_duration("soon").error(), "is not a duration; write 90s, 500ms, 2m or 1h30m");
  EXPECT_EQ(parse_duration("-5s").error(), "is negative");
  EXPECT_EQ(parse_duration("5sec").error(),
            "has the unknown unit sec; the units are d, h, m, s, ms, us");
  EXPECT_EQ(parse_duration("5 s").error(), "has a blank in it; write 90s, 500ms, 2m or 1h30m");
  EXPECT_EQ(parse_duration("30m1h").error(),
            "is not a duration; its units go from large to small, as in 1h30m");
  EXPECT_EQ(parse_duration("1s1s").error(),
            "is not a duration; its units go from large to small, as in 1h30m");
}

TEST(duration_text, holds_292_years_and_not_a_day_more) {
  EXPECT_EQ(parse_duration("106751d").value(), 24h * 106751);
  EXPECT_EQ(parse_duration("106752d").error(), "is too long");
  EXPECT_EQ(parse_duration("106751d24h").error(), "is too long");
  EXPECT_EQ(parse_duration("99999999999999999999s").error(), "is too long");
}

TEST(duration_text, writes_what_it_reads) {
  for (const auto d :
       {0ns, 1ns, 999us + 0ns, 90s + 0ns, 90min + 0ns, 25h + 1ms + 0ns, duration::max()}) {
    EXPECT_EQ(parse_duration(format_duration(d)).value(), d) << format_duration(d);
  }
  EXPECT_EQ(format_duration(90min), "1h30m");
  EXPECT_EQ(format_duration(0s), "0s");
  EXPECT_EQ(format_duration(-5s), "-5s");
  EXPECT_EQ(format_duration(duration::min()).front(), '-');
}

TEST(count_text, reads_thousands_and_millions) {
  EXPECT_EQ(parse_count("5000").value(), 5000U);
  EXPECT_EQ(parse_count("5k").value(), 5000U);
  EXPECT_EQ(parse_count("1.5k").value(), 1500U);
  EXPECT_EQ(parse_count("2M").value(), 2'000'000U);
  EXPECT_EQ(parse_count("18446744073709551615").value(), UINT64_MAX);
}

TEST(count_text, names_what_is_wrong) {
  EXPECT_EQ(parse_count("").error(), "is not a number; write 5000 or 5k");
  EXPECT_EQ(parse_count("many").error(), "is not a number; write 5000 or 5k");
  EXPECT_EQ(parse_count("5x").error(), "is not a number; write 5000 or 5k");
  EXPECT_EQ(parse_count("5.").error(), "is not a number; write 5000 or 5k");
  EXPECT_EQ(parse_count("-5").error(), "is negative");
  EXPECT_EQ(parse_count("1.5").error(), "is not a whole number");
  EXPECT_EQ(parse_count("1.0005k").error(), "is not a whole number");
  EXPECT_EQ(parse_count("18446744073709551616").error(), "is too large");
  EXPECT_EQ(parse_count("18446744073709551615k").error(), "is too large");
}

TEST(size_text, tells_binary_from_decimal_units) {
  EXPECT_EQ(parse_size("1024").value(), 1024U);
  EXPECT_EQ(parse_size("4KiB").value(), 4096U);
  EXPECT_EQ(parse_size("4kB").value(), 4000U);
  EXPECT_EQ(parse_size("1.5MiB").value(), 1'572'864U);
  EXPECT_EQ(parse_size("12B").value(), 12U);
  EXPECT_EQ(parse_size("1K").error(),
            "has the unknown unit K; the units are B, kB, MB, GB, KiB, MiB, GiB");
  EXPECT_EQ(parse_size("big").error(), "is not a size; write 1024, 4KiB or 1MB");
  EXPECT_EQ(parse_size("-1").error(), "is negative");
  EXPECT_EQ(parse_size("99999999999GiB").error(), "is too large");
}

TEST(rate_text, reads_events_a_second_minute_and_hour) {
  EXPECT_DOUBLE_EQ(parse_rate("200").value(), 200);
  EXPECT_DOUBLE_EQ(parse_rate("200/s").value(), 200);
  EXPECT_DOUBLE_EQ(parse_rate("2k/s").value(), 2000);
  EXPECT_DOUBLE_EQ(parse_rate("90/min").value(), 1.5);
  EXPECT_DOUBLE_EQ(parse_rate("0.5/s").value(), 0.5);
  EXPECT_DOUBLE_EQ(parse_rate("7200/h").value(), 2);
  for (const auto wrong : {"", "fast", "200/", "200/d", "200s", "/s"}) {
    EXPECT_EQ(parse_rate(wrong).error(), "is not a rate; write 200/s or 90/min") << wrong;
  }
}

TEST(number_text, reads_decimal_and_hexadecimal_up_to_64_bits) {
  EXPECT_EQ(parse_number("7").value(), 7U);
  EXPECT_EQ(parse_number("0x2A").value(), 42U);
  EXPECT_EQ(parse_number("18446744073709551615").value(), UINT64_MAX);
  EXPECT_EQ(parse_number("18446744073709551616").error(),
            "is too large; the largest is 18446744073709551615");
  EXPECT_EQ(parse_number("-1").error(), "is negative");
  for (const auto wrong : {"", "7x", "1.5", "0x", "seven"}) {
    EXPECT_EQ(parse_number(wrong).error(), "is not a whole number") << wrong;
  }
}

TEST(count_text, is_written_with_thousands_apart) {
  EXPECT_EQ(format_count(0), "0");
  EXPECT_EQ(format_count(999), "999");
  EXPECT_EQ(format_count(1000), "1,000");
  EXPECT_EQ(format_count(1234567), "1,234,567");
}

TEST(size_text, is_written_in_the_largest_whole_unit) {
  EXPECT_EQ(format_size(4096), "4KiB");
  EXPECT_EQ(format_size(1000), "1000B");
  EXPECT_EQ(format_size(0), "0B");
  EXPECT_EQ(format_size(1'073'741'824), "1GiB");
}

} // namespace fleet::text
