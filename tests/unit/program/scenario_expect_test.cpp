// The key `expect` and the flag --expect: lines with the place of what is wrong in them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/options/judging_flags.hpp"
#include "fleet/scenario/reader.hpp"

namespace fleet::program {

namespace {

using testing::ElementsAre;
using testing::HasSubstr;

const scenario_surroundings nowhere{"", [](const std::string&) { return false; }};

std::vector<std::string> texts_of(std::string_view yaml) {
  const auto got = read_scenario(yaml, nowhere);
  if (!got) {
    ADD_FAILURE() << got.error().front().message;
    return {};
  }
  const auto plan = resolve(got.value());
  EXPECT_TRUE(plan.ok());
  std::vector<std::string> out;
  for (const auto& line : plan.value().expect) {
    out.push_back(line.text);
  }
  return out;
}

placed_mistake mistake_in(std::string_view yaml) {
  const auto got = read_scenario(yaml, nowhere);
  return got ? placed_mistake{{0, 0}, "none"} : got.error().front();
}

} // namespace

TEST(scenario_expect, takes_lines_as_a_list_or_one_alone) {
  EXPECT_THAT(texts_of("expect:\n  - lost == 0\n  - p99(publish_ack) < 250ms\n"),
              ElementsAre("lost == 0", "p99(publish_ack) < 250ms"));
  EXPECT_THAT(texts_of("expect: [lost / sent < 1%, recovered_within(cloud_restart) < 90s]\n"
                       "faults: [{effect: cloud_restart, at: 10s}]"),
              ElementsAre("lost / sent < 1%", "recovered_within(cloud_restart) < 90s"));
  EXPECT_THAT(texts_of("expect: restarts <= 3"), ElementsAre("restarts <= 3"));
  EXPECT_TRUE(texts_of("devices: 5").empty());
}

TEST(scenario_expect, names_line_and_column_of_what_is_wrong) {
  const auto unknown = mistake_in("devices: 5\nexpect:\n  - lost == 0\n  - 0 == lsot\n");
  EXPECT_EQ(unknown.at, (text_place{4, 10}));
  EXPECT_EQ(unknown.message, "expectation \"0 == lsot\": unknown figure lsot; the nearest is lost");
  const auto unit = mistake_in("expect: [p99(connect) < 250]");
  EXPECT_EQ(unit.at, (text_place{1, 25}));
  EXPECT_THAT(unit.message, HasSubstr("250 has no unit"));
  EXPECT_THAT(mistake_in("expect: [{lost: 0}]").message,
              HasSubstr("an item of expect is a single line"));
}

TEST(scenario_expect, names_faults_that_the_scenario_has) {
  const std::string faults =
      "faults: [{effect: cloud_restart, at: 5s}, {effect: flaky_wifi, at: 9s, for: 9s}]\n";
  EXPECT_EQ(texts_of(faults + "expect: [hit(flaky_wifi) > 0, hit(flaky_wifi.jitter) > 0]").size(),
            2U);
  const auto near = mistake_in(faults + "expect:\n  - 90s > recovered_within(cloud_restat)\n");
  EXPECT_EQ(near.at, (text_place{3, 11}));
  EXPECT_EQ(near.message, "expectation \"90s > recovered_within(cloud_restat)\": there is no fault "
                          "cloud_restat; the nearest is cloud_restart");
  EXPECT_THAT(mistake_in(faults + "expect: delayed(flaky_wify) < 3").message,
              HasSubstr("there is no fault flaky_wify; the nearest is flaky_wifi"));
  EXPECT_THAT(mistake_in("expect: recovered_within(kick) < 3s").message,
              HasSubstr("there is no fault kick; the run has none"));
}

TEST(scenario_expect, takes_so_many_lines) {
  std::string most = "expect:\n";
  for (std::size_t i = 0; i < expectations_most; ++i) {
    most += "  - lost == 0\n";
  }
  EXPECT_EQ(texts_of(most).size(), expectations_most);
  EXPECT_THAT(mistake_in(most + "  - lost == 0\n").message,
              HasSubstr("expect has more than 100 items; leave some out"));
}

TEST(flag_expect, is_read_to_its_column) {
  std::vector<std::string> lines;
  const auto set = add_expectation(lines);
  EXPECT_FALSE(set("lost == 0"));
  EXPECT_FALSE(set(" restarts <= 3 "));
  EXPECT_THAT(lines, ElementsAre("lost == 0", "restarts <= 3"));
  EXPECT_EQ(set("lost = 0"), "is no expectation: column 6: = is no comparison; write ==");
}

} // namespace fleet::program
