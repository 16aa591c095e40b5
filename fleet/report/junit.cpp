// JUnit XML, as CI servers read it: what was expected and what every healthy run keeps.
#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "fleet/report/document.hpp"
#include "fleet/report/earlier.hpp"

namespace fleet::report {

namespace {

struct test_case {
  std::string group;
  std::string name;
  bool judged = true;
  std::vector<std::string> failures;
};

std::vector<std::string> texts_of(const json& list) {
  std::vector<std::string> out;
  for (const auto& one : list) {
    if (one.is_string()) {
      out.push_back(one.get<std::string>());
    }
  }
  return out;
}

std::vector<test_case> cases_of(const json& root) {
  std::vector<test_case> out;
  std::set<std::string> told;
  for (const auto& e : list_at(root, "expectations")) {
    auto& one = out.emplace_back();
    one.group = "fleet.expectations";
    one.name = text_at(e, "text");
    if (!flag_at(e, "ok")) {
      one.failures.push_back(text_at(e, "line"));
      told.insert(text_at(e, "line"));
    }
  }
  for (const auto& i : list_at(root, "invariants")) {
    auto& one = out.emplace_back();
    one.group = "fleet.invariants";
    one.name = text_at(i, "name");
    one.judged = flag_at(i, "judged");
    one.failures = texts_of(list_at(i, "failures"));
    told.insert(one.failures.begin(), one.failures.end());
  }
  // What has no case of its own, and whether the run went to its end.
  auto& rest = out.emplace_back();
  rest.group = "fleet.run";
  rest.name = "run";
  for (const auto& failure : texts_of(list_at(root, "failures"))) {
    if (!told.contains(failure)) {
      rest.failures.push_back(failure);
    }
  }
  if (flag_at(root, "run.interrupted")) {
    rest.failures.push_back("the run was interrupted");
  }
  return out;
}

std::string property(std::string_view name, const std::string& value) {
  return value.empty()
             ? std::string{}
             : fmt::format("      <property name=\"{}\" value=\"{}\"/>\n", name, escaped(value));
}

std::string case_text(const test_case& one) {
  std::string out = fmt::format("    <testcase classname=\"{}\" name=\"{}\" time=\"0\"",
                                escaped(one.group), escaped(one.name));
  if (one.failures.empty() && one.judged) {
    return out + "/>\n";
  }
  out += ">\n";
  if (one.failures.empty()) {
    out += "      <skipped message=\"the side that could tell is not known\"/>\n";
  } else {
    std::string all;
    for (const auto& failure : one.failures) {
      all += failure + "\n";
    }
    out += fmt::format("      <failure type=\"{}\" message=\"{}\">{}</failure>\n",
                       escaped(one.group), escaped(one.failures.front()), escaped(all));
  }
  return out + "    </testcase>\n";
}

} // namespace

std::string to_junit(const earlier_run& run) {
  const auto& root = run.facts().root;
  const auto cases = cases_of(root);
  const auto failed = std::count_if(cases.begin(), cases.end(),
                                    [](const test_case& c) { return !c.failures.empty(); });
  const auto skipped = std::count_if(cases.begin(), cases.end(), [](const test_case& c) {
    return c.failures.empty() && !c.judged;
  });
  const auto scenario = text_at(root, "run.scenario");
  const auto began = text_at(root, "environment.began");
  const std::string counts =
      fmt::format("tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\" time=\"{:.3f}\"",
                  cases.size(), failed, skipped, number_at(root, "run.wall_s").value_or(0));
  std::string out =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites name=\"fleet\" " + counts + ">\n";
  out += fmt::format("  <testsuite name=\"{}\" {}{}>\n    <properties>\n",
                     escaped(scenario.empty() ? "fleet run" : scenario), counts,
                     began.empty() ? "" : " timestamp=\"" + escaped(began) + "\"");
  out += property("command", text_at(root, "run.command"));
  out += property("target", text_at(root, "run.target"));
  out += property("version", text_at(root, "environment.version"));
  out += property("limit", text_at(root, "limit.text"));
  out += "    </properties>\n";
  for (const auto& one : cases) {
    out += case_text(one);
  }
  return out + "  </testsuite>\n</testsuites>\n";
}

} // namespace fleet::report
