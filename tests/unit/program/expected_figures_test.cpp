// The figures that expectations may name: each in a run's facts, the reference against the table,
// and what a run that is judged by hand is not asked for.
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/report/facts.hpp"

namespace fleet::report {

namespace {

using namespace std::chrono_literals;
using judging::argument;
using judging::unit;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

run_facts clean_run() {
  run_facts f;
  f.world = "virtual";
  f.ledger_known = f.uplink_known = true;
  f.online_max = f.online_end = f.expected_end = f.requested = 10;
  f.duration_s = 60;
  f.counts.published[1] = 600;
  f.counts.acknowledged = 600;
  auto& p = f.products.emplace_back();
  p.devices = 10;
  p.ledger_known = true;
  return f;
}

judging::verdict decided(const run_facts& f, std::string_view line) {
  const auto read = judging::read_expectation(line, figures());
  if (!read) {
    ADD_FAILURE() << line << ": " << read.error().message;
    return {};
  }
  return judging::decide(read.value(), figures_of_run{f}, f.duration_s);
}

std::string line_of(const run_facts& f, std::string_view line) {
  return decided(f, line).line;
}

std::string_view word_of(unit u) {
  switch (u) {
    case unit::count: return "count";
    case unit::share: return "share";
    case unit::duration: return "duration";
    case unit::size: return "size";
    case unit::rate: return "rate";
    case unit::plain: return "plain";
  }
  return {};
}

std::string_view word_of(argument a) {
  switch (a) {
    case argument::nothing: return "";
    case argument::direction: return "uplink or downlink, or nothing";
    case argument::latency: return "a latency";
    case argument::fault: return "the name of a fault";
    case argument::outcome: return "a reason";
    case argument::counter: return "a count";
  }
  return {};
}

} // namespace

TEST(expected_figures, stand_in_the_reference_and_no_others) {
  std::ifstream in{std::string{FLEET_SOURCE_DIR} + "/docs/expectations.md"};
  ASSERT_TRUE(in);
  std::vector<std::string> rows;
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with("| `")) {
      rows.push_back(line);
    }
  }
  std::vector<std::string> expected;
  for (const auto& f : figures().figures) {
    expected.push_back("| `" + std::string{f.name} + "` | " + std::string{word_of(f.unit)} + " | "
                       + std::string{word_of(f.takes)} + " | "
                       + (f.live && f.only_rises ? "yes" : "") + " | " + std::string{f.text}
                       + " |");
  }
  EXPECT_EQ(rows, expected);
}

TEST(expected_figures, have_names_of_their_own) {
  std::set<std::string_view> seen;
  for (const auto& f : figures().figures) {
    EXPECT_TRUE(seen.insert(f.name).second) << f.name;
    EXPECT_FALSE(f.text.empty()) << f.name;
  }
}

TEST(expected_figures, are_told_of_a_run) {
  auto f = clean_run();
  f.counts.resent = 6;
  f.counts.restarts = 2;
  f.counts.outcomes[static_cast<std::size_t>(actors::outcome::reset)] = 2;
  f.counts.troubles[static_cast<std::size_t>(actors::outcome::reset)] = 3; // a post among them
  f.uplink.lost = 1;
  f.downlink.lost = 2;
  f.process.cpu_s = 1.5;
  f.process.rss_max_bytes = 3 * 1048576;
  EXPECT_EQ(line_of(f, "sent == 600"), "expected sent == 600: was 600");
  EXPECT_TRUE(decided(f, "resent / sent <= 1%").ok);
  EXPECT_TRUE(decided(f, "rate(sent) == 10/s").ok);
  EXPECT_TRUE(decided(f, "restarts <= 2").ok);
  EXPECT_TRUE(decided(f, "troubles(reset) == 3").ok);
  EXPECT_FALSE(judging::read_expectation("troubles(accepted) == 3", figures()).ok());
  EXPECT_EQ(decided(f, "lost == 0").actual, 3);
  EXPECT_EQ(decided(f, "lost(uplink) == 0").actual, 1);
  EXPECT_EQ(decided(f, "lost(downlink) == 0").actual, 2);
  EXPECT_TRUE(decided(f, "online_end == devices").ok);
  EXPECT_TRUE(decided(f, "cpu_s < 2").ok);
  EXPECT_TRUE(decided(f, "rss_max <= 3MiB").ok);
  EXPECT_FALSE(decided(f, "rss_max < 3MiB").ok);
}

TEST(expected_figures, of_latencies_are_quantiles) {
  auto f = clean_run();
  actors::histogram h;
  for (int i = 1; i <= 100; ++i) {
    h.record(i * 1ms);
  }
  h.read(f.latencies[static_cast<std::size_t>(actors::latency::publish_ack)]);
  EXPECT_NEAR(*decided(f, "p50(publish_ack) < 1s").actual, 0.05, 0.002);
  EXPECT_NEAR(*decided(f, "p99(publish_ack) < 1s").actual, 0.099, 0.004);
  EXPECT_NEAR(*decided(f, "max(publish_ack) < 1s").actual, 0.1, 1e-9);
  h.read(f.latencies[static_cast<std::size_t>(actors::latency::downlink)]);
  EXPECT_NEAR(*decided(f, "p99(downlink) < 1s").actual, 0.099, 0.004);
  EXPECT_EQ(line_of(f, "p99(connect) < 1s"), "expected p99(connect) < 1s: was not measured");
}

TEST(expected_figures, that_only_an_unknown_far_side_could_tell_are_not_as_expected) {
  auto f = clean_run();
  f.ledger_known = f.uplink_known = false;
  EXPECT_EQ(line_of(f, "lost == 0"),
            "expected lost == 0: was not known: the far side's account is missing");
  EXPECT_FALSE(decided(f, "lost == 0").ok);
  EXPECT_TRUE(decided(f, "attempted(uplink) == 0").ok) << "the devices know that";
}

TEST(expected_figures, of_faults_are_those_of_all_that_are_meant) {
  auto f = clean_run();
  auto& one = f.judged.faults.emplace_back();
  one.name = "flaky_wifi.loss";
  one.hit = 3;
  one.ended_s = 10;
  one.recovered_s = 4;
  auto two = one;
  two.name = "flaky_wifi.jitter";
  two.recovered_s = 7;
  f.judged.faults.push_back(two);
  EXPECT_EQ(line_of(f, "recovered_within(flaky_wifi) < 5s"),
            "expected recovered_within(flaky_wifi) < 5s: was 7s");
  EXPECT_TRUE(decided(f, "recovered_within(flaky_wifi.loss) < 5s").ok);
  EXPECT_TRUE(decided(f, "hit(flaky_wifi) == 6").ok);
  f.judged.faults.back().recovered_s.reset();
  EXPECT_EQ(line_of(f, "recovered_within(flaky_wifi) < 5s"),
            "expected recovered_within(flaky_wifi) < 5s: was never: the fleet was not whole again");
  f.judged.waiting = {std::nullopt, 9.0}; // while the run goes
  EXPECT_EQ(decided(f, "recovered_within(flaky_wifi) < 5s").actual, 9);
  EXPECT_EQ(line_of(f, "recovered_within(kick) < 5s"),
            "expected recovered_within(kick) < 5s: was nothing: no fault of that name began");
}

TEST(expectations_of_a_run, fail_it_by_their_lines) {
  auto f = clean_run();
  f.judged.expectations = {decided(f, "sent > 1"), decided(f, "sent > 1k")};
  judge(f);
  EXPECT_THAT(f.failures, ElementsAre("expected sent > 1k: was 600"));
  EXPECT_THAT(to_text(f), HasSubstr("  met     expected sent > 1: was 600\n"
                                    "  failed  expected sent > 1k: was 600\n"));
  const auto json = to_json(f);
  EXPECT_THAT(json, HasSubstr("\"text\": \"sent > 1k\""));
  EXPECT_THAT(json, HasSubstr("\"ok\": false"));
  EXPECT_THAT(json, HasSubstr("\"decided_at_s\": 60.0"));
}

TEST(expectations_of_a_run, stand_in_place_of_what_every_run_keeps) {
  auto f = clean_run();
  f.uplink.lost = 3;
  f.online_end = 9;
  auto strict = f;
  judge(strict);
  EXPECT_EQ(strict.failures.size(), 2U);
  f.judged.by_hand = {"lost", "online_end"};
  judge(f);
  EXPECT_THAT(f.failures, IsEmpty());
}

TEST(expectations_of_a_run, about_one_way_leave_the_other_as_every_run_keeps_it) {
  auto f = clean_run();
  f.uplink.lost = 3;
  f.downlink.lost = 2;
  f.downlink.out_of_order = 1;
  const auto read = judging::read_expectation("lost(uplink) / attempted <= 5%", figures());
  ASSERT_TRUE(read.ok());
  const auto names = figures_of(read.value());
  EXPECT_THAT(names, ElementsAre("lost(uplink)", "attempted"));
  f.judged.by_hand = {names.begin(), names.end()};
  judge(f);
  EXPECT_THAT(f.failures, ElementsAre("downlink: 2 messages acknowledged and lost: expected 0",
                                      "downlink: 1 messages out of order: expected 0"));
}

TEST(expectations_of_a_run, say_when_they_stopped_it) {
  auto f = clean_run();
  f.judged.stopped_early = "expected restarts <= 3: was 4 at 12s";
  judge(f);
  EXPECT_THAT(f.failures, Contains("stopped early: expected restarts <= 3: was 4 at 12s"));
  EXPECT_THAT(to_json(f), HasSubstr("\"stopped_early\": \"expected restarts"));
}

TEST(expectations_of_a_run, fail_once_where_they_stopped_it) {
  auto f = clean_run();
  f.judged.stopped_early = "expected restarts <= 3: was 4 at 12s";
  const auto failed = [](std::string text, const std::string& was) {
    auto line = "expected " + text + ": was " + was;
    return judging::verdict{std::move(text), false, {}, 0, std::move(line)};
  };
  f.judged.expectations = {failed("restarts <= 3", "5"), failed("restarts <= 2", "5")};
  judge(f);
  EXPECT_EQ(f.failures, (std::vector<std::string>{"stopped early: expected restarts <= 3: was 4 at "
                                                  "12s",
                                                  "expected restarts <= 2: was 5"}));
}

TEST(faults_of_a_run, have_a_line_each) {
  auto f = clean_run();
  auto& fault = f.judged.faults.emplace_back();
  fault.name = "cut";
  fault.effect = "partition";
  fault.at_s = 12;
  fault.ended_s = 22;
  fault.selected = 10;
  fault.hit = 9;
  fault.recovered_s = 3.4;
  fault.reconnect_peak_per_s = 8;
  fault.followed_by = "kick";
  auto open = fault;
  open.name = "kick";
  open.recovered_s.reset();
  open.followed_by.clear();
  open.backoff.jittered = false;
  open.backoff.waits = 4;
  f.judged.faults.push_back(open);
  const auto text = to_text(f);
  EXPECT_THAT(text, HasSubstr("  kick began before the fleet was whole again\n"));
  EXPECT_THAT(text, HasSubstr("no waits"));
  EXPECT_THAT(text, HasSubstr("never"));
  EXPECT_THAT(text, HasSubstr("no jitter"));
  const auto json = to_json(f);
  EXPECT_THAT(json, HasSubstr("\"recovered_s\": 3.4"));
  EXPECT_THAT(json, HasSubstr("\"recovered_s\": null"));
  EXPECT_THAT(json, HasSubstr("\"followed_by\": \"kick\""));
}

TEST(soak_of_a_run, fails_it_by_what_grew_or_was_too_short) {
  auto f = clean_run();
  auto& soak = f.judged.soak.emplace();
  soak.steady_s = 3600;
  soak.samples = 100;
  soak.devices = 10;
  auto& memory = soak.all.emplace_back();
  memory.name = "user_bytes";
  memory.text = "memory in use";
  memory.octets = true;
  memory.growth = memory.per_hour = 1048576;
  memory.grew = true;
  judge(f);
  EXPECT_THAT(f.failures, ElementsAre("soak: memory in use grew by 1MiB in 1h: 1MiB an hour, "
                                      "102.4KiB an hour and device"));
  EXPECT_THAT(to_text(f), HasSubstr("grew\n"));
  EXPECT_THAT(to_json(f), HasSubstr("\"grew\": true"));
}

} // namespace fleet::report
