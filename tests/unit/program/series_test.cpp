// The series of a run: bounded however long the run is, and exact where points become one.
#include "fleet/report/series.hpp"

#include <numeric>

#include <gtest/gtest.h>

#include "fleet/run/soak.hpp"

namespace fleet::report {
namespace {

using std::chrono::milliseconds;

constexpr auto ack = static_cast<std::size_t>(actors::latency::publish_ack);

std::size_t of(rise r) {
  return static_cast<std::size_t>(r);
}

/// One that looks once a second, where the series wants it; 3 reports come each second.
class looking {
public:
  void until(int seconds) {
    for (; at_ <= seconds; ++at_) {
      if (series.wants(at_)) {
        series.add(look());
        ++looks;
      }
    }
  }
  series_look look() const {
    series_look now;
    now.at_s = at_;
    now.counts[of(rise::published)] = 3 * static_cast<std::uint64_t>(at_);
    now.state.in_phase[static_cast<std::size_t>(actors::phase::online)] =
        static_cast<std::uint64_t>(at_);
    return now;
  }
  std::uint64_t published() const {
    return std::accumulate(
        series.points().begin(), series.points().end(), std::uint64_t{0},
        [](std::uint64_t sum, const series_point& p) { return sum + p.of(rise::published); });
  }

  run_series series;
  int looks = 0;

private:
  int at_ = 1;
};

TEST(series, has_a_point_a_second_until_it_is_full) {
  looking l;
  l.until(600);
  ASSERT_EQ(l.series.points().size(), 600U);
  EXPECT_EQ(l.series.every_s(), 1);
  EXPECT_EQ(l.series.points().front().from_s, 0);
  EXPECT_EQ(l.series.points().back().to_s, 600);
}

TEST(series, halves_its_resolution_when_full_and_loses_no_count) {
  looking l;
  l.until(601);
  EXPECT_EQ(l.series.points().size(), 301U);
  EXPECT_EQ(l.series.every_s(), 2);
  EXPECT_EQ(l.published(), 3U * 601);
  const auto& first = l.series.points().front();
  EXPECT_EQ(first.from_s, 0);
  EXPECT_EQ(first.to_s, 2);
  EXPECT_EQ(first.of(rise::published), 6U);
  EXPECT_EQ(first.state.in_phase[static_cast<std::size_t>(actors::phase::online)], 2U)
      << "as it stood at the end";
}

TEST(series, stays_bounded_over_a_month_with_few_looks) {
  looking l;
  l.until(30 * 86400);
  EXPECT_LE(l.series.points().size(), run_series::points_most);
  EXPECT_GE(l.series.points().size(), run_series::points_most / 2);
  EXPECT_LT(l.looks, 10000) << "what takes long is looked at seldom";
  EXPECT_NEAR(l.series.points().back().to_s, 30 * 86400, l.series.every_s());
  double end = 0;
  for (const auto& p : l.series.points()) {
    ASSERT_EQ(p.from_s, end);
    end = p.to_s;
  }
  EXPECT_EQ(l.published(), 3 * static_cast<std::uint64_t>(end));
}

TEST(series, keeps_the_worst_of_what_matters_by_its_worst) {
  run_series s;
  series_look now;
  for (int i = 1; i <= 601; ++i) {
    now.at_s = i;
    const bool bad = i == 1; // the first of two that become one
    now.state.in_flight = bad ? 70 : 2;
    now.state.faults = bad ? 1 : 0;
    now.state.lag_s = bad ? 0.5 : 0.001;
    now.state.twin_lag_s = bad ? 0.4 : 0.001;
    now.state.cores = bad ? 2 : 0.1;
    now.state.resident_bytes = bad ? 900 : 100;
    s.add(now);
  }
  const auto& state = s.points().front().state;
  EXPECT_EQ(state.in_flight, 70U);
  EXPECT_EQ(state.faults, 1U);
  EXPECT_EQ(state.lag_s, 0.5);
  EXPECT_EQ(state.twin_lag_s, 0.4);
  EXPECT_EQ(state.cores, 2);
  EXPECT_EQ(state.resident_bytes, 900U);
}

TEST(series, has_percentiles_of_each_stretch_alone_and_of_two_that_became_one) {
  actors::histogram h;
  run_series s;
  for (int i = 1; i <= 601; ++i) {
    // 99 fast ones a second; the slow one of the second second is one in 198 of the first two.
    for (int n = 0; n < 99; ++n) {
      h.record(milliseconds{10});
    }
    h.record(i == 2 ? milliseconds{800} : milliseconds{10});
    series_look now;
    now.at_s = i;
    h.read(now.latencies[ack]);
    s.add(now);
    if (i == 600) {
      EXPECT_NEAR(*s.points()[0].latencies[ack].quantile(1), 0.01, 0.0004);
      EXPECT_NEAR(*s.points()[1].latencies[ack].quantile(1), 0.8, 0.03);
      EXPECT_NEAR(*s.points()[2].latencies[ack].quantile(1), 0.01, 0.0004)
          << "what was before is not counted again";
    }
  }
  const auto& both = s.points()[0].latencies[ack];
  EXPECT_EQ(both.count(), 200U);
  EXPECT_NEAR(*both.quantile(0.995), 0.01, 0.0004);
  EXPECT_NEAR(*both.quantile(0.9951), 0.8, 0.03);
  EXPECT_FALSE(both.quantile(0.5) == std::nullopt);
  EXPECT_EQ(latency_part{}.quantile(0.5), std::nullopt);
}

TEST(series, tells_what_it_has_allocated) {
  const auto before = program::user_bytes();
  actors::histogram h;
  series_look now;
  run_series s;
  for (int i = 1; i <= 590; ++i) {
    for (int n = 0; n < 50; ++n) {
      h.record(milliseconds{1 + (i * 37 + n * 101) % 4000});
    }
    now.at_s = i;
    h.read(now.latencies[ack]);
    s.add(now);
  }
  const auto held = static_cast<double>(program::user_bytes() - before);
  EXPECT_GT(held, 500'000);
  // The allocator has some octets of its own beside each piece.
  EXPECT_NEAR(static_cast<double>(s.memory_bytes()), held, 0.05 * held);
}

TEST(series, leaves_out_a_look_that_is_not_later) {
  run_series s;
  series_look now;
  now.at_s = 2;
  now.counts[of(rise::published)] = 5;
  s.add(now);
  s.add(now);
  now.at_s = 1;
  s.add(now);
  EXPECT_EQ(s.points().size(), 1U);
}

TEST(series, stays_on_whole_multiples_after_a_look_that_came_late) {
  run_series s;
  series_look now;
  now.at_s = 1.9;
  s.add(now);
  EXPECT_FALSE(s.wants(1.95));
  EXPECT_TRUE(s.wants(2.0));
}

TEST(series, takes_a_last_look_into_the_point_before) {
  run_series s;
  series_look now;
  const auto look = [&](double at_s, std::uint64_t published) {
    now.at_s = at_s;
    now.counts[of(rise::published)] = published;
  };
  look(0.4, 10);
  s.add_end(now);
  ASSERT_EQ(s.points().size(), 1U) << "there is none before";
  look(1, 100);
  s.add(now);
  look(2, 200);
  s.add(now);
  look(2.1, 300); // a second's worth, heard a moment later
  s.add_end(now);
  ASSERT_EQ(s.points().size(), 3U);
  EXPECT_EQ(s.points().back().to_s, 2.1);
  EXPECT_EQ(s.points().back().of(rise::published), 200U);
  look(3, 400);
  s.add_end(now); // it is due
  ASSERT_EQ(s.points().size(), 4U);
  EXPECT_EQ(s.points().back().of(rise::published), 100U);
}

TEST(series, tells_every_column_and_null_where_nothing_was_measured) {
  run_series s;
  series_look now;
  now.at_s = 1;
  now.counts[of(rise::published)] = 12;
  s.add(now);
  EXPECT_EQ(series_columns().size(), series_values(s.points().front()).size());
  const auto json = series_json(s);
  for (const auto* part :
       {R"({"every_s":1,)", R"("at_s":[1.0])", R"("published":[12])",
        R"("publish_ack_p99_s":[null])", R"("twin_lag_s":[null])", R"("online":[0])"}) {
    EXPECT_NE(json.find(part), std::string::npos) << part << "\n" << json;
  }
  EXPECT_EQ(json.find('\n'), std::string::npos);
}

TEST(series, tells_a_distribution_by_the_bins_that_have_any) {
  actors::histogram h;
  h.record(milliseconds{10});
  h.record(milliseconds{10});
  h.record(std::chrono::seconds{3});
  actors::histogram_snapshot all;
  h.read(all);
  const auto json = histogram_json(all);
  EXPECT_NE(json.find(R"("count":[2,1])"), std::string::npos) << json;
  EXPECT_EQ(histogram_json({}), R"({"upper_s":[],"count":[]})");
}

} // namespace
} // namespace fleet::report
