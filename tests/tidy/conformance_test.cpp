// docs/conformance.md against the sources: a test that it names exists, and each statement has one.
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>

#include <gtest/gtest.h>

#include "tests/tidy/rules.hpp"

namespace fleet::tidy {

namespace {

/// `suite.name` of every TEST in the sources.
std::set<std::string> tests_in_the_sources() {
  static const std::regex head{R"(TEST\w*\((\w+),\s*(\w+)\))"};
  std::set<std::string> names;
  for (const auto& file : read_tree(FLEET_SOURCE_DIR, {"tests"}, {".cpp"})) {
    const std::string text{file.text()};
    for (std::sregex_iterator at{text.begin(), text.end(), head}, end; at != end; ++at) {
      names.insert((*at)[1].str() + "." + (*at)[2].str());
    }
  }
  return names;
}

struct conformance_row {
  std::string statement;
  std::vector<std::string> tests;
};

std::vector<conformance_row> rows_of(const std::string& text) {
  static const std::regex row{
      R"(\| (\d+\.\d+\.\d+-\d+) \| (?:client|server|both) \| [^|]+ \|([^|]*)\|)"};
  static const std::regex name{R"(`([^`]+)`)"};
  std::vector<conformance_row> rows;
  for (std::sregex_iterator at{text.begin(), text.end(), row}, end; at != end; ++at) {
    conformance_row r{(*at)[1].str(), {}};
    const std::string cell = (*at)[2].str();
    for (std::sregex_iterator n{cell.begin(), cell.end(), name}; n != end; ++n) {
      r.tests.push_back((*n)[1].str());
    }
    rows.push_back(std::move(r));
  }
  return rows;
}

std::string document() {
  std::ifstream in{std::string{FLEET_SOURCE_DIR} + "/docs/conformance.md"};
  return {std::istreambuf_iterator<char>{in}, {}};
}

} // namespace

TEST(conformance, names_tests_that_exist) {
  const auto known = tests_in_the_sources();
  const auto rows = rows_of(document());
  ASSERT_GE(rows.size(), 133U);
  for (const auto& r : rows) {
    EXPECT_FALSE(r.tests.empty()) << r.statement << " has no test";
    for (const auto& t : r.tests) {
      EXPECT_TRUE(known.contains(t)) << r.statement << " names " << t;
    }
  }
}

TEST(conformance, notices_a_row_without_tests) {
  const auto rows =
      rows_of("| 1.2.3-4 | both | something |  |\n| 1.2.3-5 | client | x | `a.b`, `c.d` |\n");
  ASSERT_EQ(2U, rows.size());
  EXPECT_TRUE(rows[0].tests.empty());
  EXPECT_EQ((std::vector<std::string>{"a.b", "c.d"}), rows[1].tests);
}

} // namespace fleet::tidy
