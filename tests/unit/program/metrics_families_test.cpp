// The table of metrics: its conventions, its page of the reference, and that what is exported is
// what it says; and the meters that only the page asks for.
#include "fleet/metrics/families.hpp"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "actors/device/speech_scratch.hpp"
#include "fleet/metrics/native_counts.hpp"
#include "fleet/metrics/reference.hpp"
#include "fleet/report/dialect.hpp"
#include "fleet/run/metrics_source.hpp"
#include "fleet/run/twin_host.hpp"
#include "hal_sim/virtual_world/virtual_world.hpp"
#include "tests/unit/program/noting_console.hpp"

namespace fleet::metrics {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;

std::string text_of(const std::string& path) {
  std::ifstream in{std::string{FLEET_SOURCE_DIR} + "/" + path};
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

TEST(metric_families, are_named_by_the_conventions) {
  std::set<std::string_view> seen;
  for (const auto& f : families()) {
    SCOPED_TRACE(f.name);
    EXPECT_TRUE(seen.insert(f.name).second);
    EXPECT_TRUE(f.name.starts_with("fleet_") || f.name.starts_with("process_"));
    EXPECT_EQ(f.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_"), std::string_view::npos);
    EXPECT_EQ(f.name.ends_with("_total"), f.type == kind::counter);
    EXPECT_TRUE(f.type != kind::histogram || f.name.ends_with("_seconds"));
    for (const auto& [unit, word] :
         {std::pair{"seconds", "_seconds"}, std::pair{"bytes", "_bytes"}}) {
      EXPECT_EQ(f.unit == unit, f.name.find(word) != std::string_view::npos);
    }
    EXPECT_THAT(std::string{f.help}, EndsWith("."));
  }
}

TEST(metric_families, have_no_label_that_names_a_device) {
  for (const auto& f : families()) {
    for (const auto label : labels_of(f)) {
      EXPECT_TRUE(label != "device" && label != "client" && label != "peer" && label != "topic")
          << f.name;
    }
  }
}

TEST(metric_families, give_their_labels_one_by_one) {
  EXPECT_THAT(labels_of(facts_of(family::devices)), ElementsAre("phase", "product"));
  EXPECT_THAT(labels_of(facts_of(family::devices_requested)), ElementsAre());
  EXPECT_THAT(labels_of(facts_of(family::product_info)),
              ElementsAre("product", "profile", "protocol", "security"));
}

TEST(metrics_reference, is_what_the_program_prints) {
  EXPECT_TRUE(text_of("docs/metrics.md") == reference())
      << "docs/metrics.md is not the table's: fleet help metrics > docs/metrics.md";
}

TEST(metrics_reference, has_each_metric_and_each_label_once) {
  std::multiset<std::string> rows; // the first cell of each
  std::istringstream lines{reference()};
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("| `")) {
      rows.insert(line.substr(3, line.find('`', 3) - 3));
    }
  }
  std::multiset<std::string> expected;
  std::set<std::string> labels;
  for (const auto& f : families()) {
    expected.insert(std::string{f.name});
    for (const auto label : labels_of(f)) {
      labels.insert(std::string{label});
    }
  }
  expected.insert(labels.begin(), labels.end());
  EXPECT_EQ(rows, expected);
}

TEST(metrics_reference, leaves_out_of_the_dialect_what_has_a_metric_of_its_own) {
  const std::string text = reference();
  const auto from = text.find("of the dialect");
  const auto dialect = text.substr(from, text.find('\n', from) - from);
  EXPECT_THAT(dialect, HasSubstr("`ntp_syncs`"));
  for (const auto& d : report::dialect_counts) {
    const std::string word = "`" + std::string{d.name} + "`";
    EXPECT_EQ(dialect.find(word) == std::string::npos, native_family(d.from).has_value()) << word;
  }
}

actors::shard_options five() {
  actors::shard_options out;
  out.count = 5;
  return out;
}

/// A run with a product of each protocol, and what can be told of it.
struct full_run {
  full_run() {
    told.identity = {{"scenario", "day"}, {"seed", "7"}, {"target", "twin"}, {"world", "virtual"}};
    told.board.put({.stage = "ramp 1/2",
                    .stage_left_s = 2.5,
                    .reports = {1, 0.5},
                    .elapsed_s = 3,
                    .duration_s = 60,
                    .wanted = 40,
                    .recovered = {{"storm", 1.5}},
                    .workers = program::worker_counts{0, 3, 1, 0, 2, 0}});
    told.shadows_known = true;
    told.shadows_waiting = 4;
    shards.push_back(&shard);
    pulse.watch("0", world.home());
    what.kind = program::traffic_kind::rrpc;
    what.rate = 2;
    to.devices = {0, 2};
    to.product = "lamps";
    to.product_key = "a1FleetDemo";
    traffic.push_back(std::make_unique<program::traffic_flow>(world.home(), cloud_side, what, to));
  }
  std::vector<sample> read() {
    return program::read_samples(
        {shards, products, far, traffic, rollouts, faults, 5, 1, &told, &pulse});
  }

  hal::virtual_world world;
  actors::product_settings settings;
  actors::product_map parts = [this] {
    actors::product_map all;
    all.add(2, settings);
    all.add(3, settings);
    return all;
  }();
  actors::speech_scratch scratch;
  actors::shard shard{world.home(), parts, five(), scratch};
  std::vector<actors::shard*> shards;
  std::vector<program::sampled_product> products{{"lamps", "linkdevelop", "mqtt", "tls"},
                                                 {"meters", "linkdevelop", "coap", "dtls"}};
  program::far_sides far;
  program::noting_cloud cloud_side;
  program::cloud_traffic what;
  program::traffic_target to;
  std::vector<std::unique_ptr<program::traffic_flow>> traffic;
  std::vector<std::unique_ptr<program::rollout_flow>> rollouts;
  program::fault_desk faults;
  program::run_told told;
  program::home_pulse pulse{[] { return duration{0}; }};
};

std::string name_of(const sample& s) {
  std::string out{facts_of(s.of).name};
  for (const auto& [name, value] : s.with) {
    out += " " + name + "=" + value;
  }
  return out;
}

TEST(metric_samples, have_the_labels_that_the_table_says_and_each_series_once) {
  full_run run;
  auto all = run.read();
  const cloud::twin_counters twin;
  program::sample_twin(twin, all);
  std::set<std::string> seen;
  for (const auto& s : all) {
    const auto wanted = labels_of(facts_of(s.of));
    EXPECT_TRUE(
        std::equal(wanted.begin(), wanted.end(), s.with.begin(), s.with.end(),
                   [](std::string_view name, const auto& pair) { return name == pair.first; }))
        << name_of(s);
    EXPECT_TRUE(seen.insert(name_of(s)).second) << name_of(s) << " twice";
    EXPECT_EQ(s.distribution != nullptr, facts_of(s.of).type == kind::histogram) << name_of(s);
  }
}

TEST(metric_samples, tell_how_the_run_is) {
  full_run run;
  std::map<std::string, double> told;
  for (const auto& s : run.read()) {
    told[name_of(s)] = s.value;
  }
  EXPECT_EQ(told.at("fleet_run_info scenario=day seed=7 target=twin world=virtual"), 1);
  EXPECT_EQ(told.at("fleet_run_stage stage=ramp 1/2"), 1);
  EXPECT_EQ(told.at("fleet_run_stage_left_seconds"), 2.5);
  EXPECT_EQ(told.at("fleet_reports_ratio product=meters"), 0.5);
  EXPECT_EQ(told.at("fleet_run_elapsed_seconds"), 3);
  EXPECT_EQ(told.at("fleet_run_duration_seconds"), 60);
  EXPECT_EQ(told.at("fleet_devices_requested"), 5);
  EXPECT_EQ(told.at("fleet_devices_wanted"), 40);
  EXPECT_EQ(told.at("fleet_fault_recovery_seconds fault=storm"), 1.5);
  EXPECT_EQ(told.at("fleet_shadows_waiting"), 4);
  EXPECT_EQ(told.at("fleet_workers state=working"), 3);
  EXPECT_EQ(told.at("fleet_workers state=unheard"), 1);
  EXPECT_EQ(told.at("fleet_workers state=lost"), 2);
}

TEST(metric_samples, give_latencies_by_protocol) {
  full_run run;
  run.shard.parts[1].counts.latencies[1].record(5ms);
  std::map<std::string, std::uint64_t> counts;
  for (const auto& s : run.read()) {
    if (s.of == family::publish_ack_duration) {
      counts[s.with.front().second] = s.distribution->count;
    }
  }
  EXPECT_EQ(counts, (std::map<std::string, std::uint64_t>{{"coap", 1}, {"mqtt", 0}}));
}

TEST(metric_samples, give_counts_of_devices_each_under_its_own_name) {
  full_run run;
  auto& m = run.shard.parts[0].counts;
  std::uint64_t next = 100;
  for (auto* counter : {&m.attempts, &m.powered_off_by_fault, &m.fault_reboots, &m.in_flight,
                        &m.oversized, &m.subscribe_refused, &m.rrpc_answered, &m.shadow_converged,
                        &m.sub_devices_online, &m.ntp_syncs}) {
    counter->store(next++);
  }
  m.backoff_waits.record(3s);
  std::map<std::string, double> told;
  for (const auto& s : run.read()) {
    told[name_of(s)] = s.distribution ? static_cast<double>(s.distribution->count) : s.value;
  }
  EXPECT_EQ(told.at("fleet_connect_attempts_total"), 100);
  EXPECT_EQ(told.at("fleet_powerless_devices product=lamps"), 101);
  EXPECT_EQ(told.at("fleet_fault_reboots_total"), 102);
  EXPECT_EQ(told.at("fleet_messages_in_flight product=lamps"), 103);
  EXPECT_EQ(told.at("fleet_messages_oversized_total product=lamps"), 104);
  EXPECT_EQ(told.at("fleet_subscribes_refused_total"), 105);
  EXPECT_EQ(told.at("fleet_rrpc_answered_total product=lamps"), 106);
  EXPECT_EQ(told.at("fleet_shadows_converged_total product=lamps"), 107);
  EXPECT_EQ(told.at("fleet_sub_devices_online product=lamps"), 108);
  EXPECT_EQ(told.at("fleet_dialect_total what=ntp_syncs product=lamps"), 109);
  EXPECT_EQ(told.count("fleet_dialect_total what=rrpc_answered product=lamps"), 0U);
  EXPECT_EQ(told.at("fleet_backoff_wait_seconds"), 1);
}

TEST(metric_samples, tell_of_radios_where_devices_speak_in_datagrams) {
  full_run run;
  run.shard.parts[1].counts.radio_us[0] = 1'500'000;
  run.shard.parts[1].counts.radio_us[1] = 60'000'000;
  std::map<std::string, double> told;
  for (const auto& s : run.read()) {
    if (s.of == family::radio) {
      told[name_of(s)] = s.value;
    }
  }
  EXPECT_EQ(told, (std::map<std::string, double>{
                      {"fleet_radio_seconds_total state=on product=meters", 1.5},
                      {"fleet_radio_seconds_total state=asleep product=meters", 60}}));
}

TEST(metric_samples, time_what_the_cloud_asks_and_devices_answer) {
  full_run run;
  run.cloud_side.desk.answers = false;
  const alink::generated_credentials names;
  run.traffic.front()->start(7, names);
  run.world.run_for(600ms); // one is asked after half a second
  ASSERT_EQ(run.cloud_side.desk.unanswered.size(), 1U);
  run.world.run_for(200ms);
  run.cloud_side.desk.unanswered.front()(cloud::call_answer{200, "{}"});
  actors::histogram_snapshot times;
  run.traffic.front()->answer_times().read(times);
  EXPECT_EQ(times.count, 1U);
  EXPECT_EQ(times.sum_us, 300'000U) << "from half a second to four fifths";
  run.traffic.front()->stop();
}

TEST(home_pulse, tells_how_long_a_job_waited_and_what_else_did) {
  hal::virtual_world world;
  duration now{0};
  program::home_pulse pulse{[&now] { return now; }};
  pulse.watch("0", world.home());
  const auto& found = *pulse.homes().front().found;
  pulse.strike();
  now += 40ms;
  pulse.strike(); // the first is still out: no second one piles up
  now += 30ms;
  world.run_for(1ms);
  actors::histogram_snapshot lag;
  found.lag.read(lag);
  EXPECT_EQ(lag.count, 1U);
  EXPECT_EQ(lag.sum_us, 70'000U);
  pulse.strike();
  world.run_for(1ms);
  lag = {};
  found.lag.read(lag);
  EXPECT_EQ(lag.count, 2U) << "once it is through, the next one goes";
}

} // namespace
} // namespace fleet::metrics
