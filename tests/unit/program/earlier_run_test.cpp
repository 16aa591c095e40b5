// What is made of a run's JSON, whoever wrote it: text, page, JUnit, CSV.
#include "fleet/report/earlier.hpp"

#include <string_view>

#include <gtest/gtest.h>

#include "fleet/report/facts.hpp"

namespace fleet::report {
namespace {

bool has(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

std::size_t count_of(const std::string& text, std::string_view what) {
  std::size_t n = 0;
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + 1)) {
    ++n;
  }
  return n;
}

/// With one expectation met, one not, something lost, and a trouble whose words are not ours.
run_facts spoilt_run() {
  run_facts f;
  f.world = "real";
  f.scenario = "a<b>&\"c'";
  f.command = "fleet run --seed 7";
  f.duration_s = 3;
  f.online_max = f.online_end = f.expected_end = f.requested = 5;
  product_fact p;
  p.name = "lamp";
  p.devices = 5;
  p.ledger_known = true;
  p.uplink.attempted = 1234;
  p.uplink.acknowledged = 1234;
  p.uplink.accepted = 1232;
  p.uplink.lost = 2;
  p.counts.published[1] = 1234;
  f.products.push_back(p);
  f.counts.published[1] = 1234;
  f.judged.expectations.push_back({"restarts == 0", true, 0.0, 3, "expected restarts == 0: was 0"});
  f.judged.expectations.push_back(
      {"sent > 2000", false, 1234.0, 3, "expected sent > 2000: was 1234"});
  f.troubles.push_back({"reset", 3, "dev_1", "</script><script>alert(1)</script>\x01"});
  for (int i = 1; i <= 3; ++i) {
    series_look now;
    now.at_s = i;
    now.counts[static_cast<std::size_t>(rise::published)] = 400 * static_cast<std::uint64_t>(i);
    f.course.series.add(now);
  }
  add_up_ledger(f);
  judge(f);
  return f;
}

earlier_run read(const std::string& json) {
  auto run = earlier_run::read("run.json", json);
  EXPECT_TRUE(run.ok()) << (run.ok() ? "" : run.error());
  return std::move(run).value();
}

TEST(earlier_run, tells_the_figures_of_the_run_that_wrote_it) {
  const auto text = to_text(read(to_json(spoilt_run())));
  EXPECT_TRUE(has(text, "messages       1,234 published (411.3/s)")) << text;
  EXPECT_TRUE(has(text, "lost                        2             0")) << text;
  EXPECT_TRUE(has(text, "  met     expected restarts == 0: was 0"));
  EXPECT_TRUE(has(text, "  failed  expected sent > 2000: was 1234"));
  EXPECT_TRUE(has(text, "verdict        failed\n  - uplink: 2 messages acknowledged and lost"));
  EXPECT_TRUE(has(text, "repeat with    fleet run --seed 7"));
}

TEST(earlier_run, tells_for_how_long_radios_were_on_where_some_slept) {
  auto f = spoilt_run();
  EXPECT_TRUE(has(to_json(f), "\n  \"radio\": null"));
  f.counts.radio_us = {9'000'000, 0};
  EXPECT_FALSE(has(to_text(f), "radios on"));
  f.counts.radio_us = {9'000'000, 291'000'000};
  const auto json = to_json(f);
  EXPECT_TRUE(has(json, "\"radio\": {\n    \"on_s\": 9.0,\n    \"asleep_s\": 291.0\n  }")) << json;
  const auto* const line = "radios on for 3 % of the time that CoAP links were open\n";
  EXPECT_TRUE(has(to_text(f), line)) << to_text(f);
  EXPECT_TRUE(has(to_text(read(json)), line)) << to_text(read(json));
}

TEST(earlier_run, is_refused_where_it_is_no_report) {
  for (const auto& [text, why] :
       {std::pair{"", "is no JSON"}, std::pair{"{\"run\":", "is no JSON"},
        std::pair{"[]", "is no report of fleet run"}, std::pair{"{}", "is no report of fleet run"},
        std::pair{R"({"run":{}})", "is no report of fleet run"},
        std::pair{R"({"run":{},"verdict":7})", "is no report of fleet run"}}) {
    const auto run = earlier_run::read("x", text);
    ASSERT_FALSE(run.ok()) << text;
    EXPECT_TRUE(run.error().starts_with(why)) << run.error();
  }
}

TEST(earlier_run, may_lack_anything_and_have_any_type_anywhere) {
  const auto whole = to_json(spoilt_run());
  for (const auto* value : {"null", "7", "\"x\"", "[]", "{}", "[[null]]", "[7,\"x\",{}]", "true"}) {
    for (const auto* key : {"run", "failures", "limit", "invariants", "environment", "devices",
                            "products", "messages", "ledger", "latency", "troubles", "faults",
                            "expectations", "process", "histograms", "series"}) {
      const std::string json =
          std::string{R"({"verdict":"passed","run":{},")"} + key + "\":" + value + "}";
      const auto run = earlier_run::read("x", json);
      ASSERT_TRUE(run.ok()) << json;
      const auto other = read(whole);
      for (const auto& text :
           {to_text(run.value()), to_page(run.value()), to_junit(run.value()), to_csv(run.value()),
            compare_text(run.value(), other), compare_page(other, run.value())}) {
        EXPECT_FALSE(text.empty()) << json;
      }
    }
  }
}

TEST(earlier_run, that_is_deeper_than_any_report_ends_no_program) {
  std::string deep = R"({"run":{},"verdict":"passed","failures":)";
  deep.append(500000, '[');
  deep.append(500000, ']');
  deep += "}";
  const auto run = earlier_run::read("x", deep);
  ASSERT_TRUE(run.ok());
  EXPECT_LT(to_page(run.value()).size(), 200000U);
}

TEST(report_page, holds_nothing_that_the_run_wrote_as_markup) {
  const auto page = to_page(read(to_json(spoilt_run())));
  EXPECT_FALSE(has(page, "alert(1)</script>")) << "ends the data, and begins a script";
  EXPECT_TRUE(has(page, "\\u003c/script\\u003e\\u003cscript\\u003ealert(1)"));
  EXPECT_TRUE(has(page, "<title>fleet run a&lt;b&gt;&amp;&quot;c&#39;: failed</title>"));
  EXPECT_EQ(count_of(page, "<script"), 2U);
  EXPECT_EQ(count_of(page, "</script>"), 2U);
}

TEST(report_page, is_whole_by_itself) {
  const auto page = to_page(read(to_json(spoilt_run())));
  for (const auto* mark : {"@title@", "@style@", "@plain@", "@data@", "@script@"}) {
    EXPECT_FALSE(has(page, mark)) << mark;
  }
  for (const auto* outside : {"src=", "href=", "@import", "url(", "https://", "//fonts"}) {
    EXPECT_FALSE(has(page, outside)) << outside;
  }
  EXPECT_EQ(count_of(page, "http://"), 1U) << "the name of SVG, which nobody fetches";
  EXPECT_TRUE(has(page, "default-src 'none'"));
  EXPECT_TRUE(has(page, "</html>"));
}

TEST(report_page, takes_marks_of_the_template_in_a_run_for_text) {
  auto f = spoilt_run();
  f.scenario = "@script@ @data@";
  const auto page = to_page(read(to_json(f)));
  EXPECT_TRUE(has(page, "<title>fleet run @script@ @data@: failed</title>"));
  EXPECT_EQ(count_of(page, "JSON.parse"), 1U);
}

TEST(junit, has_a_case_for_each_expectation_and_each_thing_a_healthy_run_keeps) {
  const auto xml = to_junit(read(to_json(spoilt_run())));
  EXPECT_TRUE(
      has(xml, R"(<testcase classname="fleet.expectations" name="restarts == 0" time="0"/>)"))
      << xml;
  EXPECT_TRUE(
      has(xml, R"(<testcase classname="fleet.expectations" name="sent &gt; 2000" time="0">)"));
  EXPECT_TRUE(has(xml, R"(message="expected sent &gt; 2000: was 1234")"));
  EXPECT_TRUE(has(xml, R"(name="ledger.uplink.lost" time="0">)"));
  EXPECT_TRUE(has(xml, R"(message="uplink: 2 messages acknowledged and lost: expected 0")"));
  EXPECT_TRUE(has(xml, R"(name="ledger.downlink.lost" time="0"/>)"));
  EXPECT_EQ(count_of(xml, "<failure "), 2U);
  EXPECT_TRUE(has(xml, R"(failures="2")"));
  EXPECT_TRUE(has(xml, R"(<testsuite name="a&lt;b&gt;&amp;&quot;c&#39;")"));
  EXPECT_TRUE(has(xml, "tests=\"" + std::to_string(count_of(xml, "<testcase ")) + "\""));
}

TEST(junit, skips_what_only_an_unknown_side_could_tell) {
  auto f = spoilt_run();
  f.products.front().ledger_known = false;
  f.uplink = {};
  f.downlink = {};
  f.failures.clear();
  add_up_ledger(f);
  judge(f);
  const auto xml = to_junit(read(to_json(f)));
  EXPECT_TRUE(has(xml, "name=\"ledger.uplink.lost\" time=\"0\">\n      <skipped ")) << xml;
  EXPECT_FALSE(has(xml, "messages acknowledged and lost"));
}

TEST(junit, has_what_failed_beside_all_of_them_and_an_interruption) {
  auto f = spoilt_run();
  f.failures.push_back("the twin's side of the ledger is missing");
  f.interrupted = true;
  const auto xml = to_junit(read(to_json(f)));
  EXPECT_TRUE(has(xml, R"(<testcase classname="fleet.run" name="run" time="0">)"));
  EXPECT_TRUE(has(xml, "the twin&#39;s side of the ledger is missing&#10;the run was interrupted"));
}

TEST(junit, of_a_report_without_such_a_list_tells_its_failures_all_the_same) {
  const auto xml = to_junit(read(R"({"run":{},"verdict":"failed","failures":["no device came"]})"));
  EXPECT_TRUE(has(xml, "no device came")) << xml;
  EXPECT_TRUE(has(xml, R"(tests="1" failures="1")"));
}

TEST(csv, has_a_line_of_names_and_one_for_each_sample) {
  const auto csv = to_csv(read(to_json(spoilt_run())));
  EXPECT_TRUE(csv.starts_with("at_s,wanted,off,backing_off,")) << csv;
  EXPECT_EQ(count_of(csv, "\n"), 4U);
  EXPECT_TRUE(has(csv, "\n1.0,0,"));
  EXPECT_TRUE(has(csv, "\n3.0,0,"));
}

TEST(csv, keeps_a_name_with_commas_and_quotes_in_one_field) {
  const auto csv =
      to_csv(read(R"({"run":{},"verdict":"passed","series":{"a,\"b":[1,null],"c":[2]}})"));
  EXPECT_EQ(csv, "\"a,\"\"b\",c\n1,2\n,\n");
}

} // namespace
} // namespace fleet::report
