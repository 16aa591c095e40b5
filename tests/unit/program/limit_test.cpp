// Who was the limit of a run: what speaks against the generator, and what against target and
// network.
#include <gtest/gtest.h>

#include "fleet/report/facts.hpp"

namespace fleet::report {
namespace {

/// A run of a minute that went well, to be spoilt.
class sampled_run {
public:
  sampled_run() {
    facts.world = "real";
    facts.duration_s = 60;
    facts.online_max = facts.online_end = facts.expected_end = facts.requested = 100;
    facts.course.environment.cores = 2;
  }
  /// Each second as `change` leaves it.
  template <class Change>
  limit_fact with(Change change, int seconds = 60) {
    actors::histogram acks;
    rises counts{};
    for (int i = 1; i <= seconds; ++i) {
      series_look now;
      now.at_s = i;
      now.state.wanted = 100;
      now.state.in_phase[static_cast<std::size_t>(actors::phase::online)] = 100;
      now.state.in_flight = 3;
      now.state.lag_s = 0.0005;
      now.state.cores = 0.5;
      counts[static_cast<std::size_t>(rise::published)] += 1000;
      duration latency = std::chrono::milliseconds{4};
      change(i, now, latency);
      now.counts = counts;
      acks.record(latency);
      acks.read(now.latencies[static_cast<std::size_t>(actors::latency::publish_ack)]);
      facts.course.series.add(now);
    }
    facts.counts.published[1] = counts[static_cast<std::size_t>(rise::published)];
    return find_limit(facts);
  }

  run_facts facts;
};

void well(int, series_look&, duration&) {}

bool has(const std::vector<std::string>& all, std::string_view part) {
  for (const auto& one : all) {
    if (one.find(part) != std::string::npos) {
      return true;
    }
  }
  return false;
}

TEST(limit, is_nobody_where_all_left_and_was_taken_in_time) {
  const auto limit = sampled_run{}.with(well);
  EXPECT_EQ(limit.who, limiter::nobody) << limit.text;
  EXPECT_TRUE(limit.evidence.empty());
}

TEST(limit, is_unknown_of_a_run_that_is_too_short_and_of_one_that_never_began) {
  EXPECT_EQ(sampled_run{}.with(well, 2).who, limiter::unknown);
  const auto none = find_limit(run_facts{});
  EXPECT_EQ(none.who, limiter::unknown);
  EXPECT_EQ(none.text, "");
}

TEST(limit, is_the_generator_whose_homes_turn_late) {
  const auto limit = sampled_run{}.with([](int i, series_look& now, duration&) {
    now.state.lag_s = i > 40 ? 0.3 : 0.001;
    now.state.cores = 1.98;
  });
  EXPECT_EQ(limit.who, limiter::generator) << limit.text;
  EXPECT_TRUE(has(limit.evidence, "in 20 of 60 samples a home turned 20ms or more late, 300ms at"))
      << limit.evidence.front();
  EXPECT_TRUE(has(limit.evidence, "kept all 2 processors busy"));
}

TEST(limit, is_not_the_generator_for_a_single_late_turn) {
  const auto limit = sampled_run{}.with(
      [](int i, series_look& now, duration&) { now.state.lag_s = i == 7 ? 0.3 : 0.001; });
  EXPECT_EQ(limit.who, limiter::nobody) << limit.evidence.front();
}

TEST(limit, is_the_generator_that_sends_late) {
  sampled_run run;
  run.facts.counts.late_sends = 1200;
  const auto limit = run.with(well);
  EXPECT_EQ(limit.who, limiter::generator);
  EXPECT_TRUE(has(limit.evidence, "1200 of 60000 reports, 2 %, left more than 100 ms after"));
}

TEST(limit, is_network_or_target_that_acknowledges_slowly) {
  const auto limit = sampled_run{}.with([](int i, series_look&, duration& latency) {
    latency = i > 30 ? duration{std::chrono::seconds{2}} : latency;
  });
  EXPECT_EQ(limit.who, limiter::target) << limit.text;
  EXPECT_TRUE(has(limit.evidence, "waited 1s or longer for its acknowledgement"));
}

TEST(limit, is_the_generator_where_both_are_slow_since_latencies_hold_its_delay) {
  const auto limit = sampled_run{}.with([](int, series_look& now, duration& latency) {
    latency = std::chrono::seconds{2};
    now.state.lag_s = 0.5;
  });
  EXPECT_EQ(limit.who, limiter::generator);
  EXPECT_TRUE(has(limit.evidence, "waited 1s or longer"));
}

TEST(limit, does_not_blame_the_target_for_a_fault_on_purpose) {
  const auto slow_under_fault = [](int i, series_look& now, duration& latency) {
    if (i > 30 && i < 50) {
      latency = std::chrono::seconds{2};
      now.state.faults = 1;
      now.state.in_flight = 900;
    }
  };
  EXPECT_EQ(sampled_run{}.with(slow_under_fault).who, limiter::nobody);
}

TEST(limit, is_network_or_target_where_a_queue_grows_under_the_same_load) {
  const auto limit = sampled_run{}.with([](int i, series_look& now, duration&) {
    now.state.in_flight = static_cast<std::uint64_t>(20 * i);
  });
  EXPECT_EQ(limit.who, limiter::target);
  EXPECT_TRUE(has(limit.evidence, "reports without acknowledgement grew from 160 to 1060"))
      << limit.evidence.front();
}

TEST(limit, is_network_or_target_where_windows_were_full) {
  sampled_run run;
  run.facts.counts.skipped[static_cast<std::size_t>(actors::skip::window)] = 600;
  const auto limit = run.with(well);
  EXPECT_EQ(limit.who, limiter::target);
  EXPECT_TRUE(has(limit.evidence, "600 reports, 0.99 %, were not sent")) << limit.evidence.front();
}

TEST(limit, is_the_twin_whose_own_home_turns_late) {
  const auto limit =
      sampled_run{}.with([](int, series_look& now, duration&) { now.state.twin_lag_s = 0.08; });
  EXPECT_EQ(limit.who, limiter::target);
  EXPECT_TRUE(has(limit.evidence, "the twin's home turned 20ms or more late"));
}

TEST(limit, stands_loud_in_the_summary_where_it_is_the_generator) {
  sampled_run run;
  run.facts.counts.late_sends = 1200;
  (void)run.with(well);
  judge(run.facts);
  const auto text = to_text(run.facts);
  EXPECT_NE(text.find("limit          ATTENTION: the generator was the limit"), std::string::npos)
      << text;
  EXPECT_NE(to_json(run.facts).find(R"("who": "generator")"), std::string::npos);
}

} // namespace
} // namespace fleet::report
