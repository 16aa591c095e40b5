// Faults in words and in files: what is read, what is filled in, and what a fault cannot say of
// itself, each with its place.
#include "fleet/scenario/fault_words.hpp"

#include <algorithm>
#include <set>

#include <gtest/gtest.h>

#include "fleet/scenario/fault_plan.hpp"
#include "fleet/scenario/fault_presets.hpp"
#include "fleet/scenario/reader.hpp"

namespace fleet::program {

using namespace std::chrono_literals;
using faults::effect;

namespace {

std::string said(std::string_view words) {
  const auto rule = parse_fault_words(words);
  return rule ? "" : std::to_string(rule.error().at.column) + ": " + rule.error().message;
}

/// What the reader says of a file as lines of `line:column: sentence`.
std::string said_of_file(const std::string& text) {
  const auto got = read_scenario(text, {"", {}});
  std::string lines;
  if (!got) {
    for (const auto& wrong : got.error()) {
      lines += std::to_string(wrong.at.line) + ":" + std::to_string(wrong.at.column) + ": "
               + wrong.message + "\n";
    }
  }
  return lines;
}

} // namespace

TEST(fault_orders, name_every_key_of_a_fault_and_of_its_selection) {
  const auto got = parse_fault_words(
      "latency by=300ms for=30s at=10s ramp=5s name=slow percent=20% product=led,meter "
      "tag=floor=3 index=0-9,12 region=east devices=dev_7,dev_9");
  ASSERT_TRUE(got.ok()) << got.error().message;
  const auto& rule = got.value();
  EXPECT_EQ(rule.effect, "latency");
  EXPECT_EQ(rule.name, "slow");
  EXPECT_EQ(rule.by, 300ms);
  EXPECT_EQ(rule.span, 30s);
  EXPECT_EQ(rule.at, 10s);
  EXPECT_EQ(rule.ramp, 5s);
  EXPECT_EQ(rule.select.percent_ppm, 200'000U);
  EXPECT_EQ(rule.select.products, (std::vector<std::string>{"led", "meter"}));
  EXPECT_EQ(rule.select.tags, (std::vector<std::string>{"floor=3"}));
  EXPECT_EQ(rule.select.indices, (std::vector<std::string>{"0-9", "12"}));
  EXPECT_EQ(rule.select.regions, (std::vector<std::string>{"east"}));
  EXPECT_EQ(rule.select.devices, (std::vector<std::string>{"dev_7", "dev_9"}));
  EXPECT_EQ(rule.place("select.index", 1).column,
            std::string_view{"latency by=300ms for=30s at=10s ramp=5s name=slow percent=20% "
                             "product=led,meter tag=floor=3 index=0-9,"}
                    .size()
                + 1);
}

TEST(fault_orders, take_what_their_effect_has_when_nothing_is_said) {
  for (const auto& info : faults::effects()) {
    const auto rule = parse_fault_words(info.word);
    ASSERT_TRUE(rule.ok()) << info.word << ": " << rule.error().message;
    const auto made = faults_of(rule.value(), "one");
    ASSERT_EQ(made.size(), 1U);
    auto usual = faults::default_fault(info.what);
    EXPECT_EQ(made[0].what, info.what);
    EXPECT_EQ(made[0].name, "one");
    EXPECT_EQ(made[0].span, usual.span) << info.word;
    EXPECT_EQ(made[0].by, usual.by) << info.word;
    EXPECT_EQ(made[0].share_ppm, usual.share_ppm) << info.word;
    EXPECT_EQ(faults::complaint_of(made[0]), "") << info.word;
  }
}

TEST(fault_orders, read_signs_rates_and_an_end_that_never_comes) {
  const auto jump = parse_fault_words("clock_jump by=-26h every=1h");
  ASSERT_TRUE(jump.ok()) << jump.error().message;
  const auto made = faults_of(jump.value(), "j")[0];
  EXPECT_EQ(made.by, -26h);
  EXPECT_EQ(made.every, 1h);
  EXPECT_EQ(made.span, faults::no_end); // nobody said for how long
  EXPECT_EQ(faults_of(parse_fault_words("bandwidth rate=2kB/s for=end").value(), "b")[0].span,
            faults::no_end);
  EXPECT_EQ(parse_fault_words("bandwidth rate=2kB/s").value().rate, 2000U);
  EXPECT_EQ(parse_fault_words("cloud_throttle rate=5/s").value().rate, 5U);
  EXPECT_EQ(parse_fault_words("clock_drift drift=-200ppm").value().drift_ppm, -200);
  EXPECT_EQ(faults_of(parse_fault_words("reset").value(), "r")[0].span, 0s);
}

TEST(fault_orders, say_where_and_what_is_wrong_with_the_nearest_word) {
  EXPECT_EQ(said("latensy"), "1: effect latensy is unknown; the nearest is latency; see fleet "
                             "fault effects");
  EXPECT_EQ(said("latency byy=3ms"), "9: unknown key byy; the nearest is by");
  EXPECT_EQ(said("latency prodct=led"), "9: unknown key prodct; the nearest is product");
  EXPECT_EQ(said("loss by=3ms"), "9: loss does not take by; it takes share");
  EXPECT_EQ(said("reordering size=3"), "17: reordering does not take size; it takes by and share");
  EXPECT_EQ(said("partition share=3%"), "17: partition does not take share; it takes no parameter");
  EXPECT_EQ(said("by=3ms"), "1: a fault needs an effect, as loss; see fleet fault effects");
  EXPECT_EQ(said("loss 20%"), "6: 20% is not KEY=VALUE");
  EXPECT_EQ(said("latency by=3"), "12: by 3 has no unit; write 90s, 500ms, 2m or 1h30m");
  EXPECT_EQ(said("reset for=3s"), "11: reset strikes once: `for` needs `every`");
  EXPECT_EQ(
      said("loss ramp=1m for=30s"),
      "11: loss takes longer to its full strength than it lasts; make ramp shorter, or for longer");
  EXPECT_EQ(said("latency by=-3s"),
            "12: latency cannot take time back; write by without its minus");
  EXPECT_EQ(said("loss index=9-3"), "12: index 9-3 is no range of devices; write 7 or 100-199");
  EXPECT_EQ(said("loss tag=floor"), "10: tag floor is not a tag; write key=value");
  EXPECT_NE(said("loss percent=0%"), "");
  EXPECT_EQ(said("cloud_restart for=3s percent=20%"),
            "30: cloud_restart takes the twin away from all devices, and no percent; the nearest "
            "that hits some of them is partition");
  EXPECT_NE(said(std::string(5000, 'x')), "");
}

TEST(fault_presets, become_faults_that_can_be_with_the_times_of_the_whole) {
  for (const auto& preset : fault_presets()) {
    for (const std::string_view times : {"", " at=2m for=3m ramp=20s", " for=end"}) {
      const auto rule = parse_fault_words(std::string{preset.word} + std::string{times});
      ASSERT_TRUE(rule.ok()) << preset.word << ": " << rule.error().message;
      const auto parts = faults_of(rule.value(), "p");
      ASSERT_EQ(parts.size(), preset.parts.size()) << preset.word;
      std::set<std::string> names;
      for (const auto& part : parts) {
        EXPECT_TRUE(names.insert(part.name).second) << part.name;
        EXPECT_EQ(faults::complaint_of(part), "") << part.name;
        EXPECT_EQ(part.at, rule.value().at) << part.name;
        if (faults::info_of(part.what).shape == faults::shape::window && !times.empty()) {
          EXPECT_EQ(part.span, *rule.value().span) << part.name;
        }
      }
    }
  }
}

TEST(fault_presets, strike_as_often_as_they_say_at_times_that_can_be_read) {
  struct noting final : faults::timeline_events {
    void on_strike(const faults::fault&, const faults::strike&) override { ++strikes; }
    void on_strength(const faults::fault&, std::uint32_t) override {}
    void on_end(const faults::fault&) override {}
    std::uint32_t strikes = 0;
  };
  for (const auto& preset : fault_presets()) {
    for (const std::string_view span : {"10s", "1m", "7m", "1h17m", "3s", "100ms", "1ms"}) {
      const auto words = std::string{preset.word} + " for=" + std::string{span};
      const auto parts = faults_of(parse_fault_words(words).value(), "p");
      for (std::size_t i = 0; i < parts.size(); ++i) {
        if (preset.parts[i].strikes < 2) {
          continue;
        }
        noting told;
        faults::timeline line;
        ASSERT_TRUE(line.add(parts[i], time_point{}));
        line.advance(time_point{2h}, told);
        EXPECT_EQ(told.strikes, preset.parts[i].strikes) << words;
        if (span != "1ms") {
          EXPECT_EQ(describe(parts[i]).find("us "), std::string::npos) << describe(parts[i]);
        }
      }
    }
  }
  const auto wifi = faults_of(parse_fault_words("flaky_wifi for=20s").value(), "p");
  EXPECT_EQ(describe(wifi[3]), "p.reset (reset) every 3s400ms for 20s");
}

TEST(fault_presets, take_no_parameter_of_a_part_by_hand) {
  EXPECT_EQ(said("flaky_wifi by=3ms"),
            "15: by is set by the preset flaky_wifi for each of its parts (latency, jitter, loss, "
            "reset, half_open); write that effect instead");
  EXPECT_EQ(said("cloud_restart for=3s"), ""); // an effect of its own
}

TEST(scenario_faults, are_read_with_their_selection_and_regions) {
  const auto got = read_scenario("regions: [{name: east, share: 30%}, {name: west, share: 20}]\n"
                                 "faults:\n"
                                 "  - {effect: partition, at: 10s, for: 20s,\n"
                                 "     select: {region: [east, west], percent: 50%}}\n"
                                 "  - {effect: flaky_wifi, at: 5s, for: 10s}\n",
                                 {"", {}});
  ASSERT_TRUE(got.ok()) << got.error().front().message;
  ASSERT_EQ(got.value().faults.size(), 2U);
  EXPECT_EQ(got.value().regions[1].share_ppm, 200'000U);
  EXPECT_EQ(got.value().faults[0].select.regions, (std::vector<std::string>{"east", "west"}));
  EXPECT_EQ(got.value().faults[1].at_place, (text_place{5, 5}));
}

TEST(scenario_faults, are_refused_by_line_and_column) {
  EXPECT_EQ(said_of_file("faults:\n  - {effect: los}\n"),
            "2:14: effect los is unknown; the nearest is loss; see fleet fault effects\n");
  EXPECT_EQ(said_of_file("faults:\n  - {at: 3s}\n  - {effect: stall, by: 3s}\n"),
            "2:5: a fault needs an effect, as loss; see fleet fault effects\n"
            "3:25: stall does not take by; it takes no parameter\n");
  EXPECT_EQ(said_of_file("regions: [{name: a, share: 60%}, {name: a, share: 60%}]\n"),
            "1:41: two regions are called a; rename one\n"
            "1:51: the regions have more than 100% of the devices; make the shares smaller\n");
  EXPECT_EQ(said_of_file("faults:\n  - {effect: stall, select: {region: eats}}\n"
                         "regions: [{name: east, share: 60%}]\n"),
            "2:38: there is no region eats; the nearest is east\n");
  EXPECT_EQ(
      said_of_file("faults:\n  - {effect: stall, at: 10m}\n"),
      "2:25: fault stall begins at 10m, and the run lasts 1m; begin it earlier, or make the run "
      "longer\n");
}

} // namespace fleet::program
