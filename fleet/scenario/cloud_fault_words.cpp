// A rule, less what a twin cannot know.
#include "fleet/scenario/cloud_fault_words.hpp"

#include <algorithm>

#include "fleet/scenario/fault_presets.hpp"
#include "fleet/scenario/fault_words.hpp"
#include "fleet/scenario/sections.hpp"

namespace fleet::program {

namespace {

/// What only who runs the devices knows.
std::optional<placed_mistake> beyond_a_twin(const fault_rule& rule) {
  if (preset_named(rule.effect) != nullptr) {
    return placed_mistake{rule.place("effect"),
                          rule.effect + " is a preset of several; a twin takes one effect a time"};
  }
  for (const std::string key : {"product", "tag", "region", "devices"}) {
    if (rule.has("select." + key)) {
      return placed_mistake{rule.place("select." + key),
                            "a twin selects by percent and index, and not by " + key};
    }
  }
  return {};
}

} // namespace

result<faults::fault, std::string> read_cloud_fault(std::span<const std::string> words) {
  if (words.empty()) {
    return fail(std::string{"needs an effect, such as drop_acks share=10% for=30s"});
  }
  std::string line;
  for (const auto& word : words) {
    line += (line.empty() ? "" : " ") + word;
  }
  const auto refused = [&line](const placed_mistake& wrong) {
    return fail("\"" + line + "\" " + complaint_of(wrong));
  };
  const auto read = parse_fault_words(line);
  if (!read) {
    return refused(read.error());
  }
  const auto& rule = read.value();
  if (const auto wrong = beyond_a_twin(rule)) {
    return refused(*wrong);
  }
  auto f = faults_of(rule, rule.name).front();
  auto& select = f.select;
  select.share_ppm = rule.select.percent_ppm.value_or(faults::whole_ppm);
  for (const auto& word : rule.select.indices) {
    select.among.push_back(*parse_index_range(word)); // it was read before
  }
  std::sort(select.among.begin(), select.among.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });
  if (!faults::valid(select)) {
    return refused({rule.place("select.index"), "index names a device twice"});
  }
  return f;
}

} // namespace fleet::program
