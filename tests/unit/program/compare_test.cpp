// Two runs side by side: what changed, by how much, and which way.
#include "fleet/report/compare.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "fleet/report/document.hpp"
#include "fleet/report/facts.hpp"

namespace fleet::report {
namespace {

run_facts some_run() {
  run_facts f;
  f.world = "real";
  f.duration_s = 10;
  f.online_max = f.online_end = f.expected_end = f.requested = 100;
  f.counts.published[1] = 1000;
  f.counts.reconnects = 40;
  f.process.cpu_s = 5;
  return f;
}

earlier_run told(const run_facts& f, std::string name = "a.json") {
  auto run = earlier_run::read(std::move(name), to_json(f));
  EXPECT_TRUE(run.ok());
  return std::move(run).value();
}

compared row(const std::vector<compared>& all, std::string_view group, std::string_view name) {
  const auto at = std::find_if(all.begin(), all.end(), [&](const compared& c) {
    return c.group == group && c.name == name;
  });
  if (at == all.end()) {
    ADD_FAILURE() << "no " << name;
    return {};
  }
  return *at;
}

TEST(compare, finds_nothing_changed_between_a_run_and_itself) {
  const auto run = told(some_run());
  for (const auto& c : compare(run, run)) {
    EXPECT_EQ(c.is, change::same) << c.name;
    EXPECT_EQ(c.a_text, c.b_text);
    EXPECT_TRUE(c.change_text.empty() || c.change_text == "=") << c.change_text;
  }
}

TEST(compare, tells_what_power_saving_saves) {
  auto awake = some_run();
  awake.counts.radio_us = {600'000'000, 0};
  auto b = awake;
  b.counts.radio_us = {60'000'000, 540'000'000};
  const auto saved = row(compare(told(awake), told(b)), "devices", "radios on");
  EXPECT_EQ(saved.is, change::better);
  EXPECT_TRUE(saved.change_text.ends_with("(-90 %)")) << saved.change_text;
}

TEST(compare, tells_the_change_in_amount_and_share_and_which_way_it_is) {
  auto b = some_run();
  b.counts.reconnects = 50;
  b.online_end = 80;
  b.counts.published[1] = 3000;
  b.process.cpu_s = 4;
  const auto all = compare(told(some_run()), told(b));
  const auto reconnects = row(all, "devices", "reconnects");
  EXPECT_EQ(reconnects.change_text, "+10 (+25 %)");
  EXPECT_EQ(reconnects.is, change::worse);
  const auto online = row(all, "devices", "online at the end");
  EXPECT_EQ(online.change_text, "-20 (-20 %)");
  EXPECT_EQ(online.is, change::worse);
  EXPECT_EQ(row(all, "process", "processor time").is, change::better);
  EXPECT_EQ(row(all, "process", "processor time a report").a_text, "5 ms");
  EXPECT_EQ(row(all, "process", "processor time a device").a_text, "50 ms");
  const auto rate = row(all, "messages", "published a second");
  EXPECT_EQ(rate.a_text, "100/s");
  EXPECT_EQ(rate.b_text, "300/s");
  EXPECT_EQ(rate.is, change::other) << "more load is neither better nor worse";
}

TEST(compare, takes_a_small_change_for_none_to_speak_of_and_the_first_of_nothing_for_one) {
  auto b = some_run();
  b.process.cpu_s = 5.2;
  b.counts.restarts = 1;
  const auto all = compare(told(some_run()), told(b));
  EXPECT_EQ(row(all, "process", "processor time").is, change::other);
  EXPECT_EQ(row(all, "devices", "restarts").is, change::worse);
  EXPECT_EQ(row(all, "devices", "restarts").change_text, "+1");
}

TEST(compare, sets_latencies_faults_and_expectations_of_one_name_side_by_side) {
  auto a = some_run();
  auto b = some_run();
  actors::histogram fast;
  actors::histogram slow;
  fast.record(std::chrono::milliseconds{10});
  slow.record(std::chrono::milliseconds{40});
  constexpr auto ack = static_cast<std::size_t>(actors::latency::publish_ack);
  fast.read(a.latencies[ack]);
  slow.read(b.latencies[ack]);
  for (auto* const f : {&a, &b}) {
    auto& fault = f->judged.faults.emplace_back();
    fault.name = "cut";
    fault.ended_s = 3;
    fault.recovered_s = f == &a ? 8 : 2;
    f->judged.expectations.push_back({"lost == 0", f == &a, 0.0, 10, "expected lost == 0"});
  }
  b.judged.faults.front().recovered_s.reset();
  const auto all = compare(told(a), told(b));
  EXPECT_EQ(row(all, "latency", "publish_ack p99").is, change::worse);
  const auto whole = row(all, "recovery", "cut: whole in");
  EXPECT_EQ(whole.a_text, "8 s");
  EXPECT_EQ(whole.b_text, "-");
  const auto lost = row(all, "expectations", "lost == 0");
  EXPECT_EQ(lost.b_text, "failed");
  EXPECT_EQ(lost.is, change::worse);
}

TEST(compare, counts_a_message_that_is_lost_as_worse_and_a_verdict_too) {
  const auto with = [](std::uint64_t lost) {
    auto f = some_run();
    product_fact p;
    p.devices = 1;
    p.ledger_known = true;
    p.uplink.attempted = 10;
    p.uplink.lost = lost;
    f.products.push_back(p);
    add_up_ledger(f);
    judge(f);
    return f;
  };
  const auto all = compare(told(with(0)), told(with(1)));
  EXPECT_EQ(row(all, "ledger", "uplink lost").is, change::worse);
  EXPECT_EQ(row(all, "ledger", "uplink attempted").is, change::same);
  EXPECT_EQ(row(all, "run", "verdict").is, change::worse);
  EXPECT_EQ(row(all, "run", "verdict").b_text, "failed");
}

TEST(compare, says_amounts_in_the_words_of_a_run_s_own_page) {
  for (const auto& [seconds, text] :
       {std::pair{0.0, "0"}, std::pair{28e-6, "28 µs"}, std::pair{635.2e-6, "635 µs"},
        std::pair{0.0354, "35.4 ms"}, std::pair{1.0, "1 s"}, std::pair{119.0, "119 s"},
        std::pair{120.0, "2 min"}, std::pair{150.2, "2 min 30 s"}, std::pair{3660.0, "1 h 1 min"},
        std::pair{172800.0, "2 d"}, std::pair{-0.5, "-500 ms"}}) {
    EXPECT_EQ(time_text(seconds), text);
  }
  for (const auto& [octets, text] :
       {std::pair{0.0, "0 B"}, std::pair{1023.0, "1020 B"}, std::pair{27430.0, "26.8 KiB"},
        std::pair{10496.0, "10.3 KiB"}, std::pair{110900.0, "108 KiB"},
        std::pair{-18604000.0, "-17.7 MiB"}, std::pair{3.0 * (1 << 30), "3 GiB"},
        std::pair{1e18, "909000 TiB"}}) {
    EXPECT_EQ(size_text(octets), text);
  }
  for (const auto& [rate, text] : {std::pair{0.0, "0/s"}, std::pair{25.93, "25.9/s"},
                                   std::pair{99.96, "100/s"}, std::pair{12345.4, "12,345/s"}}) {
    EXPECT_EQ(rate_text(rate), text);
  }
  EXPECT_EQ(digits_text(12345.0), "12300");
  EXPECT_EQ(time_text(std::nullopt), "-");
  EXPECT_EQ(size_text(std::nullopt), "-");
}

TEST(compare, says_first_what_makes_them_runs_of_different_things) {
  auto a = some_run();
  a.scenario = "one";
  a.seed = 7;
  a.course.environment.version = "1.0.0";
  auto b = a;
  EXPECT_TRUE(differences(told(a), told(b)).empty());
  b.scenario = "other";
  b.seed = 18446744073709551615U;
  const auto text = compare_text(told(a), told(b));
  EXPECT_TRUE(text.starts_with("A  a.json\nB  a.json\nthe runs differ: scenario one against other, "
                               "seed 7 against 18446744073709551615\n"))
      << text;
  EXPECT_NE(compare_page(told(a), told(b)).find("\"scenario one against other\""),
            std::string::npos);
  b = a;
  b.scenario.clear();
  b.target = "tcp://host:1883";
  b.world = "virtual";
  b.requested = 200;
  b.course.environment.version.clear(); // an older one that does not say
  EXPECT_EQ(differences(told(a), told(b)),
            (std::vector<std::string>{"scenario one against none", "world real against virtual",
                                      "devices 100 against 200"}))
      << "the first has no target";
}

TEST(compare, stands_as_a_table_with_both_names_over_it) {
  auto b = some_run();
  b.counts.reconnects = 50;
  const auto text = compare_text(told(some_run(), "before.json"), told(b, "after.json"));
  EXPECT_TRUE(text.starts_with("A  before.json\nB  after.json\n")) << text;
  EXPECT_NE(text.find("  reconnects                                  40              50  +10 (+25 "
                      "%), worse\n"),
            std::string::npos)
      << text;
  const auto page = compare_page(told(some_run(), "<b>.json"), told(b));
  EXPECT_EQ(text.find("differ"), std::string::npos) << text;
  EXPECT_NE(page.find("<title>fleet: &lt;b&gt;.json and a.json</title>"), std::string::npos);
  EXPECT_NE(page.find(R"("name":"\u003cb\u003e.json")"), std::string::npos);
}

} // namespace
} // namespace fleet::report
