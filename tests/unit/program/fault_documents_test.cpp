// docs/faults.md and the scenarios of faults, held against the vocabulary.
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>

#include <gtest/gtest.h>

#include "fleet/fault/fault_command.hpp"
#include "fleet/scenario/fault_plan.hpp"
#include "fleet/scenario/fault_presets.hpp"
#include "fleet/scenario/fault_words.hpp"
#include "fleet/scenario/reader.hpp"

namespace fleet::program {

using namespace std::chrono_literals;

namespace {

const std::string root = FLEET_SOURCE_DIR;

std::string text_of(const std::string& path) {
  std::ifstream in{root + "/" + path, std::ios::binary};
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// The cells of each row of docs/faults.md that begins with a word in backticks, by that word.
std::map<std::string, std::vector<std::string>> rows_of_document() {
  std::map<std::string, std::vector<std::string>> out;
  std::istringstream lines{text_of("docs/faults.md")};
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("| `")) {
      continue;
    }
    std::vector<std::string> cells;
    std::size_t at = 2;
    for (std::size_t end = line.find(" |", at); end != std::string::npos;
         end = line.find(" |", at)) {
      cells.push_back(line.substr(at, end - at));
      at = end + 3;
    }
    const auto word = cells[0].substr(1, cells[0].size() - 2);
    // cloud_restart is an effect and, with fewer cells, a preset.
    out[cells.size() == 4 ? "preset " + word : word] = cells;
  }
  return out;
}

std::string_view speakers(faults::need need) {
  switch (need) {
    case faults::need::nothing: return "all";
    case faults::need::stream: return "MQTT, HTTP";
    case faults::need::datagram: return "CoAP";
    case faults::need::security: return "TLS, DTLS";
    case faults::need::flash: return "products with firmware";
    case faults::need::store: return "products that keep something";
    case faults::need::twin: return "the twin";
  }
  return {};
}

std::string taken(const faults::effect_info& info) {
  std::string out;
  for (const auto& [bit, word] :
       {std::pair{faults::takes_by, "by"}, std::pair{faults::takes_share, "share"},
        std::pair{faults::takes_rate, "rate"}, std::pair{faults::takes_size, "size"},
        std::pair{faults::takes_every, "every"}, std::pair{faults::takes_drift, "drift"},
        std::pair{faults::takes_status, "status"}}) {
    if ((info.takes & bit) != 0) {
      out += (out.empty() ? "" : ", ") + std::string{word};
    }
  }
  return out.empty() ? "–" : out;
}

scenario read_config(const std::string& name) {
  const auto got = read_scenario(text_of("configs/" + name), {root + "/configs/", {}});
  if (!got) {
    ADD_FAILURE() << name << ":" << got.error().front().at.line << ":"
                  << got.error().front().at.column << ": " << got.error().front().message;
    return {};
  }
  return got.value();
}

} // namespace

TEST(fault_document, has_a_row_for_each_effect_that_says_what_the_vocabulary_does) {
  const auto rows = rows_of_document();
  for (const auto& info : faults::effects()) {
    ASSERT_TRUE(rows.contains(std::string{info.word})) << info.word;
    const auto& cells = rows.at(std::string{info.word});
    ASSERT_EQ(cells.size(), 7U) << info.word;
    EXPECT_EQ(cells[1], info.text);
    EXPECT_EQ(cells[2], speakers(info.need)) << info.word;
    EXPECT_EQ(cells[3], taken(info)) << info.word;
    EXPECT_EQ(cells[4], describe(faults::default_fault(info.what)));
  }
  EXPECT_EQ(rows.size(), faults::effect_count + fault_presets().size());
}

TEST(fault_document, has_an_example_of_each_effect_that_can_be) {
  const auto rows = rows_of_document();
  for (const auto& info : faults::effects()) {
    const auto& example = rows.at(std::string{info.word})[6];
    const auto rule = parse_fault_words(example.substr(1, example.size() - 2));
    ASSERT_TRUE(rule.ok()) << example << ": " << rule.error().message;
    EXPECT_EQ(rule.value().effect, info.word);
  }
}

TEST(fault_document, has_a_row_for_each_preset) {
  const auto rows = rows_of_document();
  for (const auto& preset : fault_presets()) {
    ASSERT_TRUE(rows.contains("preset " + std::string{preset.word})) << preset.word;
    const auto& cells = rows.at("preset " + std::string{preset.word});
    EXPECT_EQ(cells[1], preset.text);
    std::string parts;
    for (const auto& part : preset.parts) {
      parts += (parts.empty() ? "" : ", ") + std::string{to_string(part.what)};
    }
    EXPECT_EQ(cells[3], parts);
  }
}

TEST(fault_command, lists_every_effect_and_every_preset) {
  const auto effects = effects_text();
  for (const auto& info : faults::effects()) {
    EXPECT_NE(effects.find("  " + std::string{info.word} + " "), std::string::npos) << info.word;
    EXPECT_NE(effects.find(info.text), std::string::npos) << info.word;
  }
  for (const auto& preset : fault_presets()) {
    EXPECT_NE(presets_text().find(preset.word), std::string::npos) << preset.word;
  }
}

TEST(fault_configs, of_a_day_have_twelve_effects_in_five_minutes_and_two_restarts) {
  const auto file = read_config("faults_day.yaml");
  std::set<std::string> effects;
  int restarts = 0;
  for (const auto& rule : file.faults) {
    effects.insert(rule.effect);
    restarts += rule.effect == "cloud_restart" ? 1 : 0;
  }
  EXPECT_EQ(effects.size(), 12U);
  EXPECT_EQ(restarts, 2);
  const auto plan = resolve(file);
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  EXPECT_EQ(plan.value().devices, 2000U);
  EXPECT_EQ(plan.value().run_for, 5min);
}

TEST(fault_configs, have_each_effect_once_in_one_file) {
  const auto plan = resolve(read_config("every_fault.yaml"));
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  std::multiset<std::string_view> there;
  for (const auto& rule : plan.value().faults) {
    there.insert(rule.effect);
  }
  std::multiset<std::string_view> all;
  for (const auto& info : faults::effects()) {
    all.insert(info.word);
  }
  EXPECT_EQ(there, all);
}

TEST(fault_configs, for_a_foreign_broker_ask_nothing_of_a_twin) {
  const auto file = read_config("faults_foreign.yaml");
  scenario_overrides flags;
  flags.target = text::scheme::mqtt;
  const auto plan = resolve(file, flags);
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  std::set<std::string> effects;
  for (const auto& rule : plan.value().faults) {
    effects.insert(rule.effect);
  }
  EXPECT_EQ(effects.size(), 12U);
  const auto day = resolve(read_config("faults_day.yaml"), flags);
  ASSERT_FALSE(day.ok());
  EXPECT_EQ(day.error().at, (text_place{31, 14})); // the first restart
}

TEST(fault_configs, of_a_bad_week_have_something_on_each_day) {
  const auto plan = resolve(read_config("bad_week.yaml"));
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  EXPECT_EQ(plan.value().run_for, 7 * 24h);
  EXPECT_EQ(plan.value().devices, 1000U);
  std::map<std::int64_t, int> by_day;
  for (const auto& rule : plan.value().faults) {
    ++by_day[rule.at / 24h];
  }
  EXPECT_EQ(by_day.size(), 7U);
  for (const auto& [day, count] : by_day) {
    EXPECT_EQ(count, 3) << day;
  }
}

} // namespace fleet::program
