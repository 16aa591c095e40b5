// The table of keys against everything that repeats it: examples, reference, JSON Schema, and the
// scenarios that come with the program.
#include "fleet/scenario/keys.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "fleet/scenario/reader.hpp"
#include "fleet/scenario/sections.hpp"

namespace fleet::program {

using namespace std::chrono_literals;

namespace {

const std::string root = FLEET_SOURCE_DIR;

std::string text_of(const std::string& path) {
  std::ifstream in{root + "/" + path, std::ios::binary};
  EXPECT_TRUE(in) << path;
  return {std::istreambuf_iterator<char>{in}, {}};
}

/// `key: value` where a section has it: `products[].report[]` becomes `products: [{report:
/// [{…}]}]`.
std::string wrapped(std::string_view section, const std::string& line) {
  if (section.empty()) {
    return line;
  }
  const auto dot = section.find('.');
  std::string_view head = section.substr(0, dot);
  const std::string inner =
      "{"
      + wrapped(dot == std::string_view::npos ? std::string_view{} : section.substr(dot + 1), line)
      + "}";
  if (head.ends_with("[]")) {
    head.remove_suffix(2);
    return std::string{head} + ": [" + inner + "]";
  }
  return std::string{head} + ": " + inner;
}

std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    out += c == '|' ? "\\|" : std::string{c};
  }
  return out;
}

std::string row_of(const scenario_key& key) {
  return "| `" + std::string{key.name} + "` | " + std::string{key.type} + " | " + key.unit + " | "
         + cell(key.default_text) + " | " + cell(key.range) + " | " + cell(key.text) + " | `"
         + cell(key.example) + "` |";
}

/// The schema's definition for each section, found by following the references.
void collect(const nlohmann::json& schema, const nlohmann::json& object, const std::string& section,
             std::map<std::string, nlohmann::json>& out) {
  out[section] = object;
  for (const auto& [name, property] : object.at("properties").items()) {
    const bool list = property.contains("items");
    const auto& holder = list ? property.at("items") : property;
    if (!holder.contains("$ref")) {
      continue;
    }
    const auto reference = holder.at("$ref").get<std::string>();
    const auto& inner = schema.at("$defs").at(reference.substr(reference.rfind('/') + 1));
    if (!inner.contains("properties")) {
      continue; // a kind of value, as a duration
    }
    collect(schema, inner, section + (section.empty() ? "" : ".") + name + (list ? "[]" : ""), out);
  }
}

scenario_plan plan_of_config(const std::string& name) {
  const scenario_surroundings around{root + "/configs/", [](const std::string& path) {
                                       return path.starts_with(root + "/configs/models/")
                                              && path.ends_with(".json");
                                     }};
  const auto got = read_scenario(text_of("configs/" + name), around);
  if (!got) {
    ADD_FAILURE() << name << ":" << got.error().front().at.line << ": "
                  << got.error().front().message;
    return {};
  }
  return resolve(got.value()).value();
}

} // namespace

TEST(scenario_keys, have_examples_that_the_reader_takes) {
  const scenario_surroundings anywhere{"", [](const std::string&) { return true; }};
  for (const auto& key : scenario_keys()) {
    const auto text = wrapped(key.section, std::string{key.name} + ": " + std::string{key.example});
    const auto tree = parse_yaml(text);
    ASSERT_TRUE(tree.ok()) << text;
    reading r{anywhere};
    scenario out;
    file_section().read(r, tree.value(), out);
    EXPECT_EQ(r.count(), 0U) << text << "\n"
                             << (r.count() > 0 ? r.sorted().front().message : std::string{});
  }
}

TEST(scenario_keys, say_all_that_the_reference_needs) {
  std::set<std::string> seen;
  for (const auto& key : scenario_keys()) {
    const std::string name = std::string{key.section} + "." + std::string{key.name};
    EXPECT_TRUE(seen.insert(name).second) << name;
    EXPECT_FALSE(key.text.empty() || !key.text.ends_with('.')) << name;
    EXPECT_FALSE(key.example.empty()) << name;
    EXPECT_FALSE(key.default_text.empty()) << name;
    EXPECT_FALSE(key.range.empty() && key.type != "map") << name;
  }
}

TEST(scenario_reference, has_a_row_for_each_key_and_no_other) {
  const std::string document = text_of("docs/scenarios.md");
  const std::string part = document.substr(document.find("\n## The file\n"));
  std::map<std::string, std::multiset<std::string>> rows; // by the heading above
  std::string heading;
  std::istringstream lines{part};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("## ")) {
      heading = line.substr(3);
    } else if (line.starts_with("| `")) {
      rows[heading].insert(line);
    }
  }
  std::map<std::string, std::multiset<std::string>> expected;
  for (const auto& key : scenario_keys()) {
    expected[key.section.empty() ? "The file" : "`" + std::string{key.section} + "`"].insert(
        row_of(key));
  }
  EXPECT_EQ(rows, expected);
}

TEST(scenario_reference, shows_a_scenario_that_is_right) {
  const std::string document = text_of("docs/scenarios.md");
  constexpr std::string_view fence = "```yaml\n";
  const auto from = document.find(fence) + fence.size();
  const auto text = document.substr(from, document.find("```", from) - from);
  const auto got = read_scenario(text, {"", [](const std::string&) { return true; }});
  ASSERT_TRUE(got.ok()) << got.error().front().message;
  EXPECT_EQ(got.value().products.size(), 2U);
}

TEST(scenario_schema, knows_the_same_keys_with_the_same_words) {
  const auto schema = nlohmann::json::parse(text_of("configs/scenario.schema.json"));
  std::map<std::string, nlohmann::json> sections;
  collect(schema, schema, "", sections);
  std::size_t properties = 0;
  for (const auto& [section, object] : sections) {
    EXPECT_EQ(object.at("additionalProperties"), false) << section;
    properties += object.at("properties").size();
  }
  EXPECT_EQ(properties, scenario_keys().size());
  const auto& defined = schema.at("$defs");
  const auto maps = std::count_if(defined.begin(), defined.end(),
                                  [](const auto& one) { return one.contains("properties"); });
  EXPECT_EQ(static_cast<std::size_t>(maps) + 1, sections.size());
  for (const auto& key : scenario_keys()) {
    const std::string name = std::string{key.section} + "." + std::string{key.name};
    ASSERT_TRUE(sections.contains(std::string{key.section})) << name;
    const auto& all = sections.at(std::string{key.section}).at("properties");
    ASSERT_TRUE(all.contains(std::string{key.name})) << name;
    const auto& property = all.at(std::string{key.name});
    EXPECT_EQ(property.at("description"),
              std::string{key.text} + " Default: " + key.default_text + ".")
        << name;
    std::set<std::string> words;
    if (key.type == "word") {
      for (const auto& word : property.at("enum")) {
        if (word.is_string()) {
          words.insert(word.get<std::string>());
        }
      }
    }
    EXPECT_EQ(words, std::set<std::string>(key.words.begin(), key.words.end())) << name;
  }
}

TEST(scenario_configs, of_the_smart_home_share_a_thousand_devices) {
  const auto plan = plan_of_config("smart_home.yaml");
  ASSERT_EQ(plan.products.size(), 3U);
  EXPECT_EQ(plan.devices, 1000U);
  EXPECT_EQ(plan.connections, 1000U);
  EXPECT_EQ(plan.products[2].product.profile, profile::mqtt);
  EXPECT_EQ(plan.products[2].devices, (device_range{900, 100}));
  EXPECT_EQ(plan.run_for, 10min);
}

TEST(scenario_configs, of_metering_are_200_gateways_with_25_meters_each) {
  const auto plan = plan_of_config("metering.yaml");
  EXPECT_EQ(plan.devices, 5200U);
  EXPECT_EQ(plan.connections, 200U);
  EXPECT_EQ(children_of(plan, 199), (device_range{200 + 199 * 25, 25}));
  EXPECT_EQ(plan.run_for, 15min);
}

} // namespace fleet::program
