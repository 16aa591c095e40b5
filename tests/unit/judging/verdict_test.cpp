// Expectations decided from facts, at the end and before.
#include "fleet/judging/verdict.hpp"

#include <gtest/gtest.h>

#include "fleet/judging/amount.hpp"
#include "tests/unit/judging/rig.hpp"

namespace fleet::judging {

namespace {

expectation read(std::string_view text) {
  return read_expectation(text, few_words()).value();
}

} // namespace

TEST(verdicts, say_what_was_expected_and_what_was) {
  told_facts facts;
  facts.told = {{"p99(publish_ack)", 0.031}, {"lost", 2}, {"sent", 1000}};
  const auto good = decide(read("p99(publish_ack) < 250ms"), facts, 60);
  EXPECT_TRUE(good.ok);
  EXPECT_EQ(good.line, "expected p99(publish_ack) < 250ms: was 31ms");
  EXPECT_EQ(good.actual, 0.031);
  EXPECT_EQ(good.decided_at_s, 60);
  const auto bad = decide(read("lost == 0"), facts, 60);
  EXPECT_FALSE(bad.ok);
  EXPECT_EQ(bad.line, "expected lost == 0: was 2");
  EXPECT_EQ(decide(read("lost / sent < 1%"), facts, 60).line,
            "expected lost / sent < 1%: was 0.2%");
}

TEST(verdicts, keep_each_comparison_at_its_border) {
  told_facts facts;
  facts.told = {{"sent", 5}};
  for (const auto& [text, ok] :
       {std::pair{"sent < 5", false}, std::pair{"sent <= 5", true}, std::pair{"sent > 5", false},
        std::pair{"sent >= 5", true}, std::pair{"sent == 5", true}, std::pair{"sent != 5", false},
        std::pair{"sent < 6", true}, std::pair{"sent > 4", true}, std::pair{"5 < sent", false},
        std::pair{"4 < sent", true}}) {
    EXPECT_EQ(decide(read(text), facts, 1).ok, ok) << text;
  }
}

TEST(verdicts, are_not_as_expected_where_nobody_can_tell) {
  told_facts facts;
  facts.told = {{"sent", 0}, {"restarts", 0}};
  const auto unknown = decide(read("lost == 0"), facts, 1);
  EXPECT_FALSE(unknown.ok);
  EXPECT_EQ(unknown.line, "expected lost == 0: was not known");
  EXPECT_FALSE(unknown.actual);
  EXPECT_EQ(decide(read("restarts / sent < 1%"), facts, 1).line,
            "expected restarts / sent < 1%: was divided by none");
}

TEST(verdicts, hold_figures_against_each_other) {
  told_facts facts;
  facts.told = {{"p99(connect)", 2}, {"p99(publish_ack)", 0.5}};
  const auto got = decide(read("p99(connect) < p99(publish_ack)"), facts, 1);
  EXPECT_FALSE(got.ok);
  EXPECT_EQ(got.line, "expected p99(connect) < p99(publish_ack): was 2s against 500ms");
}

TEST(verdicts, are_hopeless_once_what_only_rises_is_too_high) {
  told_facts facts;
  const auto at = [&facts](std::string_view text, double restarts) {
    facts.told["restarts"] = restarts;
    return hopeless(read(text), few_words(), facts);
  };
  EXPECT_FALSE(at("restarts <= 3", 3));
  EXPECT_TRUE(at("restarts <= 3", 4));
  EXPECT_TRUE(at("restarts < 3", 3));
  EXPECT_FALSE(at("restarts == 0", 0));
  EXPECT_TRUE(at("restarts == 0", 1));
  EXPECT_TRUE(at("3 >= restarts", 4)) << "the other way round";
}

TEST(verdicts, are_not_hopeless_where_things_may_get_better) {
  told_facts facts;
  facts.told = {{"restarts", 9}, {"online", 9}, {"lost", 9}, {"sent", 9}, {"p99(connect)", 9}};
  for (const auto text : {"online < 3", "restarts > 20", "restarts / sent < 1%", "lost == 0",
                          "restarts != 9", "restarts < sent", "p99(connect) < 1s"}) {
    EXPECT_FALSE(hopeless(read(text), few_words(), facts)) << text;
    EXPECT_FALSE(can_be_hopeless(read(text), few_words())) << text;
  }
  EXPECT_FALSE(hopeless(read("max(connect) < 1s"), few_words(), facts)) << "not known yet";
  EXPECT_TRUE(can_be_hopeless(read("max(connect) < 1s"), few_words()));
}

TEST(amounts, are_said_as_people_write_them) {
  EXPECT_EQ(said(0.0000123, unit::duration), "12us");
  EXPECT_EQ(said(0.0312, unit::duration), "31.2ms");
  EXPECT_EQ(said(1.5, unit::duration), "1.5s");
  EXPECT_EQ(said(190, unit::duration), "3m10s");
  EXPECT_EQ(said(100, unit::size), "100B");
  EXPECT_EQ(said(12595, unit::size), "12.3KiB");
  EXPECT_EQ(said(3.5 * 1048576, unit::size), "3.5MiB");
  EXPECT_EQ(said(0.0123, unit::share, true), "1.23%");
  EXPECT_EQ(said(0.0123, unit::share), "0.0123");
  EXPECT_EQ(said(200, unit::rate), "200/s");
  EXPECT_EQ(said(12345, unit::count), "12345");
}

} // namespace fleet::judging
