// docs/faults.md against the sources: each effect names the tests that measure it, and they exist.
// What else a row says is held against the vocabulary by the program's own tests.
#include <fstream>
#include <iterator>
#include <regex>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tidy/test_names.hpp"

namespace fleet::tidy {

namespace {

using sentences = std::vector<std::string>;

/// Everything wrong with the rows of effects, a sentence each; counts them.
sentences complaints(const std::string& text, const test_names& known, int& rows) {
  // Seven cells, the sixth of which are tests: rows of presets have fewer.
  static const std::regex row{
      R"(\n\| `(\w+)` \|[^|\n]+\|[^|\n]+\|[^|\n]+\|[^|\n]+\|([^|\n]*)\|[^|\n]+\|)"};
  static const std::regex name{R"(`([^`]+)`)"};
  sentences out;
  for (std::sregex_iterator at{text.begin(), text.end(), row}, end; at != end; ++at) {
    ++rows;
    const std::string effect = (*at)[1].str();
    const std::string cell = (*at)[2].str();
    bool any = false;
    for (std::sregex_iterator n{cell.begin(), cell.end(), name}; n != end; ++n) {
      any = true;
      if (!known.contains((*n)[1].str())) {
        out.push_back(effect + " names " + (*n)[1].str() + ", which does not exist");
      }
    }
    if (!any) {
      out.push_back(effect + " has no test");
    }
  }
  return out;
}

} // namespace

TEST(fault_document, names_a_test_for_each_effect_that_exists) {
  std::ifstream in{std::string{FLEET_SOURCE_DIR} + "/docs/faults.md"};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  int rows = 0;
  EXPECT_THAT(complaints(text, tests_in_the_sources(), rows), testing::IsEmpty());
  EXPECT_EQ(rows, 42);
}

TEST(fault_document, notices_what_is_wrong_with_a_row) {
  int rows = 0;
  EXPECT_THAT(complaints("\n| `loss` | x | x | – | x | `a.b`, `a.c` | `x` |"
                         "\n| `reset` | x | x | – | x | tests/unit | `x` |"
                         "\n| `wifi` | a preset | 1m | loss, reset |\n",
                         {"a.b"}, rows),
              testing::ElementsAre("loss names a.c, which does not exist", "reset has no test"));
  EXPECT_EQ(rows, 2);
}

} // namespace fleet::tidy
