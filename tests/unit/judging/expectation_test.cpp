// Expectations from text: forms, units, and the place of every mistake.
#include "fleet/judging/expectation.hpp"

#include <gtest/gtest.h>

#include "tests/unit/judging/rig.hpp"

namespace fleet::judging {

namespace {

expectation read(std::string_view text) {
  auto got = read_expectation(text, few_words());
  if (!got) {
    ADD_FAILURE() << text << ": " << got.error().column << ": " << got.error().message;
    return {};
  }
  return std::move(got).value();
}

/// `column: sentence`.
std::string wrong(std::string_view text) {
  const auto got = read_expectation(text, few_words());
  return got ? "nothing" : std::to_string(got.error().column) + ": " + got.error().message;
}

} // namespace

TEST(expectations, are_a_figure_a_comparison_and_an_amount) {
  const auto e = read("  p99( publish_ack )<250ms ");
  EXPECT_EQ(e.text, "p99( publish_ack )<250ms");
  EXPECT_EQ(name_of(e.left.what, few_words()), "p99(publish_ack)");
  EXPECT_EQ(e.how, comparison::less);
  EXPECT_EQ(e.right.what.value, 0.25);
  EXPECT_EQ(e.right.unit, unit::duration);
}

TEST(expectations, take_every_comparison) {
  for (const auto& [word, how] :
       {std::pair{"<", comparison::less}, std::pair{"<=", comparison::at_most},
        std::pair{">", comparison::more}, std::pair{">=", comparison::at_least},
        std::pair{"==", comparison::equal}, std::pair{"!=", comparison::unequal}}) {
    const auto e = read("lost " + std::string{word} + " 0");
    EXPECT_EQ(e.how, how);
    EXPECT_EQ(to_string(e.how), word);
  }
}

TEST(expectations, take_amounts_in_the_unit_of_the_figure) {
  EXPECT_EQ(read("sent > 5k").right.what.value, 5000);
  EXPECT_EQ(read("sent > 12").right.unit, unit::count);
  EXPECT_EQ(read("rss_max < 1.5MiB").right.what.value, 1.5 * 1024 * 1024);
  EXPECT_EQ(read("max(connect) < 1m30s").right.what.value, 90);
  EXPECT_EQ(read("lost / sent < 0.5%").right.what.value, 0.005);
  EXPECT_EQ(read("lost / sent < 0.005").right.unit, unit::share);
  EXPECT_EQ(read("p99(connect) > 0").right.unit, unit::duration) << "nothing needs no unit";
  EXPECT_EQ(read("cpu_s < 60").right.unit, unit::duration) << "its name says the unit";
}

TEST(expectations, divide_what_can_be_divided) {
  EXPECT_EQ(read("lost / sent < 1%").left.unit, unit::share);
  EXPECT_EQ(read("p99(connect) / max(connect) > 0.1").left.unit, unit::share);
  EXPECT_EQ(read("rss_max / sent < 4KiB").left.unit, unit::size);
  EXPECT_EQ(read("rss_max / 2 < 4KiB").left.unit, unit::size);
  EXPECT_EQ(wrong("lost / rss_max < 1"),
            "8: lost is a count and rss_max a size: no ratio of those");
}

TEST(expectations, are_turned_round_when_the_amount_comes_first) {
  const auto e = read("3 >= restarts");
  EXPECT_EQ(e.text, "3 >= restarts");
  EXPECT_EQ(name_of(e.left.what, few_words()), "restarts");
  EXPECT_EQ(e.how, comparison::at_most);
  EXPECT_EQ(e.right.what.value, 3);
}

TEST(expectations, may_hold_figures_against_each_other) {
  const auto e = read("p99(connect) < p99(publish_ack)");
  EXPECT_FALSE(e.right.amount());
  EXPECT_EQ(wrong("lost < rss_max"), "8: lost is a count, and rss_max is a size; write a count");
}

TEST(expectations, name_the_place_and_the_nearest_word_of_a_mistake) {
  EXPECT_EQ(wrong("lsot == 0"), "1: unknown figure lsot; the nearest is lost");
  EXPECT_EQ(wrong("zzzzzz == 0"),
            "1: unknown figure zzzzzz; docs/expectations.md has all that there are");
  EXPECT_EQ(wrong("0 == lsot"), "6: unknown figure lsot; the nearest is lost");
  EXPECT_EQ(wrong("p99(publish_akc) < 1s"),
            "5: p99 takes a latency in parentheses, and publish_akc is none; the nearest is "
            "publish_ack");
  EXPECT_EQ(wrong("p99 < 1s"), "1: p99 takes a latency in parentheses: connect or publish_ack");
  EXPECT_EQ(wrong("p99() < 1s"),
            "5: p99 takes a latency in parentheses, and there is nothing: connect or publish_ack");
  EXPECT_EQ(wrong("sent(uplink) > 1"), "5: sent takes nothing in parentheses");
  EXPECT_EQ(wrong("p99(connect < 1s"),
            "4: has a parenthesis that does not close; write ) behind its argument");
}

TEST(expectations, name_the_place_of_what_is_no_comparison) {
  EXPECT_EQ(wrong("lost = 0"), "6: = is no comparison; write ==");
  EXPECT_EQ(wrong("lost is 0"), "6: has is where one of < <= > >= == != should be");
  EXPECT_EQ(wrong("lost"), "5: compares with nothing; it takes one of < <= > >= == !=, as in "
                           "lost == 0");
  EXPECT_EQ(wrong("lost =="), "8: ends where a figure or an amount should be, as in lost == 0");
  EXPECT_EQ(wrong(""), "1: ends where a figure or an amount should be, as in lost == 0");
  EXPECT_EQ(wrong("-1 < lost"), "1: has - where a figure or an amount should be, as in lost == 0");
  EXPECT_EQ(wrong("lost == 0 1"),
            "11: there is more behind the comparison: 1; write it as an item of its own");
  EXPECT_EQ(wrong("1 == 1"), "1: compares two amounts; one side names a figure, as in lost == 0");
}

TEST(expectations, name_the_place_of_an_amount_in_another_unit) {
  EXPECT_EQ(wrong("p99(connect) < 250"), "16: p99(connect) is a duration, and 250 has no unit; "
                                         "write it as 250ms or 90s");
  EXPECT_EQ(wrong("lost < 250ms"), "8: lost is a count, and 250ms is a duration; write a count");
  EXPECT_EQ(wrong("lost < 1%"), "8: lost is a count, and 1% is a share; write a count");
  EXPECT_EQ(wrong("p99(connect) < 2x"),
            "16: 2x has the unknown unit x; the units are d, h, m, s, ms, us");
  EXPECT_EQ(wrong("rss_max < 2XiB"),
            "11: 2XiB has the unknown unit XiB; the units are B, kB, MB, GB, KiB, MiB, GiB");
}

TEST(expectations, have_a_longest_text) {
  const std::string longest = "lost == 0" + std::string(expectation_octets_most - 9, ' ');
  EXPECT_EQ(read(longest).text, "lost == 0");
  EXPECT_EQ(wrong(longest + " "), "1: is longer than an expectation may be, 200 octets");
}

TEST(expectations, name_faults_that_there_are) {
  const std::vector<std::string_view> faults{"cloud_restart", "flaky_wifi.loss"};
  const auto check = [&faults](std::string_view text) {
    const auto got = unknown_fault(read(text), few_words(), faults);
    return got ? std::to_string(got->column) + ": " + got->message : std::string{};
  };
  EXPECT_EQ(check("recovered_within(cloud_restart) < 90s"), "");
  EXPECT_EQ(check("recovered_within(flaky_wifi) < 90s"), "") << "all parts of the preset";
  EXPECT_EQ(check("90s > recovered_within(cloud_restrat)"),
            "7: there is no fault cloud_restrat; the nearest is cloud_restart");
  EXPECT_EQ(check("sent > 1"), "");
  EXPECT_FALSE(means_fault("flaky", "flaky_wifi.loss"));
  EXPECT_TRUE(means_fault("kick", "kick_2")) << "what has no name of its own is numbered";
  EXPECT_TRUE(means_fault("flaky_wifi", "flaky_wifi_12.loss"));
  EXPECT_FALSE(means_fault("kick", "kick_"));
  EXPECT_FALSE(means_fault("kick", "kick_2b"));
}

} // namespace fleet::judging
