// docs/conformance.md against the standard's numbers and the sources: every statement stands there
// once, each side that it binds has tests, they exist, and the counts in the text are those below.
#include <array>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/tidy/test_names.hpp"

namespace fleet::tidy {

namespace {

using names = test_names;
using sentences = std::vector<std::string>;

/// Sections of MQTT 3.1.1 and how many statements each has (its appendix B), 6 and 7 left out.
constexpr std::array<std::pair<const char*, int>, 35> sections{{
    {"1.5.3", 3},  {"2.2.2", 2},  {"2.3.1", 7},  {"3.1.0", 2},  {"3.1.2", 24}, {"3.1.3", 11},
    {"3.1.4", 5},  {"3.2.0", 1},  {"3.2.2", 6},  {"3.3.1", 12}, {"3.3.2", 3},  {"3.3.4", 1},
    {"3.3.5", 2},  {"3.6.1", 1},  {"3.8.1", 1},  {"3.8.3", 4},  {"3.8.4", 6},  {"3.9.3", 2},
    {"3.10.1", 1}, {"3.10.3", 2}, {"3.10.4", 6}, {"3.12.4", 1}, {"3.14.1", 1}, {"3.14.4", 3},
    {"4.1.0", 2},  {"4.3.1", 1},  {"4.3.2", 2},  {"4.3.3", 2},  {"4.4.0", 1},  {"4.5.0", 2},
    {"4.6.0", 6},  {"4.7.1", 3},  {"4.7.2", 1},  {"4.7.3", 4},  {"4.8.0", 2},
}};

names all_statements() {
  names out;
  for (const auto& [section, count] : sections) {
    for (int i = 1; i <= count; ++i) {
      out.insert(std::string{section} + "-" + std::to_string(i));
    }
  }
  return out;
}

/// Which statements bind which side, as the rows say.
struct tally {
  names all;
  int client = 0;
  int server = 0;
  int both = 0;
};

/// Whether the cell binds its side: it names tests; `–` alone does not. Complains of other cells.
bool judge_cell(const std::string& where, const std::string& cell, const names& known,
                sentences& out) {
  static const std::regex name{R"(`([^`]+)`)"};
  if (cell == " – ") {
    return false;
  }
  bool any = false;
  for (std::sregex_iterator n{cell.begin(), cell.end(), name}, end; n != end; ++n) {
    any = true;
    if (!known.contains((*n)[1].str())) {
      out.push_back(where + " names " + (*n)[1].str() + ", which does not exist");
    }
  }
  if (!any) {
    out.push_back(where + " has no test");
  }
  return true;
}

tally judge_rows(const std::string& text, const names& known, sentences& out) {
  static const std::regex row{R"(\n\| (\d+\.\d+\.\d+-\d+) \|[^|\n]+\|([^|\n]*)\|([^|\n]*)\|)"};
  tally t;
  for (std::sregex_iterator at{text.begin(), text.end(), row}, end; at != end; ++at) {
    const std::string statement = (*at)[1].str();
    if (!t.all.insert(statement).second) {
      out.push_back(statement + " stands twice");
    }
    const bool client = judge_cell(statement + ", client,", (*at)[2].str(), known, out);
    const bool server = judge_cell(statement + ", server,", (*at)[3].str(), known, out);
    t.client += client ? 1 : 0;
    t.server += server ? 1 : 0;
    t.both += client && server ? 1 : 0;
    if (!client && !server) {
      out.push_back(statement + " binds nobody");
    }
  }
  return t;
}

/// Everything wrong with the document, a sentence each.
sentences complaints(const std::string& text, const names& statements, const names& known) {
  sentences out;
  const tally t = judge_rows(text, known, out);
  for (const auto& s : statements) {
    if (!t.all.contains(s)) {
      out.push_back(s + " is missing");
    }
  }
  for (const auto& s : t.all) {
    if (!statements.contains(s)) {
      out.push_back(s + " is no statement");
    }
  }
  static const std::regex counts{
      R"((\d+)\s+statements\s+stand\s+here:\s+(\d+)\s+bind\s+a\s+client,\s+)"
      R"((\d+)\s+a\s+server,\s+(\d+)\s+of\s+them\s+both)"};
  std::smatch said;
  const std::vector<std::string> counted{std::to_string(t.all.size()), std::to_string(t.client),
                                         std::to_string(t.server), std::to_string(t.both)};
  if (!std::regex_search(text, said, counts)) {
    out.push_back("the counts are missing");
  } else if (counted != std::vector<std::string>(said.begin() + 1, said.end())) {
    out.push_back("the counts should be " + counted[0] + ", " + counted[1] + ", " + counted[2]
                  + ", " + counted[3]);
  }
  return out;
}

std::string document() {
  std::ifstream in{std::string{FLEET_SOURCE_DIR} + "/docs/conformance.md"};
  return {std::istreambuf_iterator<char>{in}, {}};
}

constexpr const char* small =
    "3 statements stand here: 2 bind a client,\n2 a server, 1 of them both.\n"
    "| 1.1.1-1 | x | `a.b` | – |\n| 1.1.1-2 | x | – | `a.b`, `c.d` |\n| 1.1.2-1 | x | `c.d` | "
    "`a.b` |\n";
const names small_statements{"1.1.1-1", "1.1.1-2", "1.1.2-1"};
const names small_tests{"a.b", "c.d"};

/// `small` with its first `from` changed into `to`.
sentences complaints_with(const std::string& from, const std::string& to) {
  std::string text = small;
  text.replace(text.find(from), from.size(), to);
  return complaints(text, small_statements, small_tests);
}

} // namespace

TEST(conformance, has_every_statement_with_tests_for_each_side_it_binds) {
  const names statements = all_statements();
  ASSERT_EQ(statements.size(), 133U);
  EXPECT_THAT(complaints(document(), statements, tests_in_the_sources()), testing::IsEmpty());
}

TEST(conformance, notices_what_is_wrong_with_a_document) {
  using testing::ElementsAre;
  EXPECT_THAT(complaints_with("x", "y"), testing::IsEmpty());
  EXPECT_THAT(complaints_with("`c.d` |", "`c.e` |"),
              ElementsAre("1.1.1-2, server, names c.e, which does not exist"));
  EXPECT_THAT(complaints_with("`a.b` | –", " | –"), ElementsAre("1.1.1-1, client, has no test"));
  EXPECT_THAT(complaints_with("`a.b` | –", "– | –"),
              ElementsAre("1.1.1-1 binds nobody", "the counts should be 3, 1, 2, 1"));
  EXPECT_THAT(complaints_with("2 bind", "1 bind"), ElementsAre("the counts should be 3, 2, 2, 1"));
  EXPECT_THAT(complaints_with("3 statements", "statements"), ElementsAre("the counts are missing"));
  EXPECT_THAT(complaints_with("1.1.2-1", "1.1.2-2"),
              ElementsAre("1.1.2-1 is missing", "1.1.2-2 is no statement"));
  EXPECT_THAT(
      complaints_with("1.1.1-2", "1.1.1-1"),
      ElementsAre("1.1.1-1 stands twice", "1.1.1-2 is missing", "the counts should be 2, 2, 2, 1"));
}

} // namespace fleet::tidy
