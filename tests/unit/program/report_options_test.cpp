// The flags of `fleet report`, those of a run that name a report's files, and what is done with
// them.
#include <fstream>
#include <sstream>

#include <gtest/gtest.h>

#include "fleet/options.hpp"
#include "fleet/report/facts.hpp"
#include "fleet/report_command.hpp"
#include "tests/support/temp_folder.hpp"

namespace fleet::program {
namespace {

using words = std::vector<std::string_view>;

/// The sentence, without what stands before and after it.
std::string refused(const words& line) {
  const auto got = parse_options(line);
  if (got) {
    return "accepted";
  }
  const auto& message = got.error().message;
  const auto start = message.find(": ") + 2;
  return message.substr(start, message.find('\n') - start);
}

std::string text_of(const std::string& file) {
  std::ostringstream text;
  text << std::ifstream{file}.rdbuf();
  return text.str();
}

void write(const std::string& file, const std::string& text) {
  std::ofstream{file} << text;
}

TEST(report_options, take_one_run_with_its_files_or_two) {
  const auto got = parse_options(
      words{"report", "a.json", "--html", "a.html", "--junit", "a.xml", "--csv", "a.csv"});
  ASSERT_TRUE(got.ok()) << got.error().message;
  const auto& o = std::get<report_options>(got.value());
  EXPECT_EQ(o.runs, std::vector<std::string>{"a.json"});
  EXPECT_EQ(o.told.html, "a.html");
  EXPECT_EQ(o.told.junit, "a.xml");
  EXPECT_EQ(o.told.csv, "a.csv");
  EXPECT_EQ(refused({"report", "a.json", "b.json", "--html", "c.html"}), "accepted");
}

TEST(report_options, refuse_what_does_not_go_together) {
  EXPECT_TRUE(refused({"report"}).starts_with("names no report"));
  EXPECT_EQ(refused({"report", "a", "b", "c"}), "compares two reports; 3 were named");
  EXPECT_EQ(refused({"report", "a", "b", "--junit", "x"}),
            "--junit tells of one run; leave out the second report");
  EXPECT_EQ(refused({"report", "a", "--junit", "x", "--html", "x"}),
            "--html and --junit name one file; give each its own");
  EXPECT_EQ(refused({"report", "a", "--html", "a"}),
            "--html would write over a, which is to be read");
}

TEST(report_options, of_a_run_name_each_a_file_of_its_own) {
  EXPECT_EQ(refused({"run", "--report", "x", "--csv", "x"}),
            "--report and --csv name one file; give each its own");
  EXPECT_EQ(refused({"run", "--json", "x", "--report", "x"}),
            "--json and --report name one file; give each its own");
  EXPECT_EQ(refused({"run", "--report", "a", "--csv", "b", "--junit", "c", "--json", "d"}),
            "accepted");
}

TEST(report_command, writes_each_file_that_was_asked_for_and_text_where_none_was) {
  const support::temp_folder folder;
  report::run_facts facts;
  facts.requested = 4321;
  write(folder / "run.json", report::to_json(facts));
  std::ostringstream out;
  std::ostringstream errors;
  report_options o;
  o.runs = {folder / "run.json"};
  EXPECT_EQ(execute_report(o, out, errors), exit_code::passed);
  EXPECT_NE(out.str().find("4,321 requested"), std::string::npos) << out.str();
  o.told = {folder / "run.html", folder / "run.xml", folder / "run.csv"};
  out.str("");
  EXPECT_EQ(execute_report(o, out, errors), exit_code::passed);
  EXPECT_EQ(out.str(), "");
  EXPECT_EQ(errors.str(), "");
  EXPECT_TRUE(text_of(o.told.html).starts_with("<!doctype html>"));
  EXPECT_TRUE(text_of(o.told.junit).starts_with("<?xml "));
  EXPECT_TRUE(text_of(o.told.csv).starts_with("at_s,"));
}

TEST(report_command, compares_two_runs) {
  const support::temp_folder folder;
  report::run_facts facts;
  facts.requested = 10;
  write(folder / "a.json", report::to_json(facts));
  facts.requested = 20;
  write(folder / "b.json", report::to_json(facts));
  std::ostringstream out;
  std::ostringstream errors;
  report_options o;
  o.runs = {folder / "a.json", folder / "b.json"};
  EXPECT_EQ(execute_report(o, out, errors), exit_code::passed);
  EXPECT_NE(out.str().find("+10 (+100 %)"), std::string::npos) << out.str();
  o.told.html = folder / "ab.html";
  EXPECT_EQ(execute_report(o, out, errors), exit_code::passed);
  EXPECT_NE(text_of(o.told.html).find("\"compare\":"), std::string::npos);
}

TEST(report_command, says_what_it_cannot_read_or_write) {
  const support::temp_folder folder;
  std::ostringstream out;
  std::ostringstream errors;
  report_options o;
  o.runs = {folder / "none.json"};
  EXPECT_EQ(execute_report(o, out, errors), exit_code::wrong_usage);
  write(folder / "bad.json", "{");
  o.runs = {folder / "bad.json"};
  EXPECT_EQ(execute_report(o, out, errors), exit_code::wrong_usage);
  EXPECT_NE(errors.str().find("bad.json is no JSON"), std::string::npos) << errors.str();
  write(folder / "run.json", report::to_json(report::run_facts{}));
  o.runs = {folder / "run.json"};
  o.told.html = folder / "nowhere/run.html";
  EXPECT_EQ(execute_report(o, out, errors), exit_code::environment_failed);
  EXPECT_NE(errors.str().find("cannot write"), std::string::npos);
  EXPECT_EQ(out.str(), "");
}

} // namespace
} // namespace fleet::program
