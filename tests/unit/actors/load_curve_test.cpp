// Curves and their integral, and the clocks of reports that follow them.
#include <algorithm>
#include <array>
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "actors/device/report_clock.hpp"

namespace fleet::actors {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t half = 500'000;
constexpr std::uint32_t thrice = 3'000'000;

TEST(load_curve, is_its_integral_and_the_way_back) {
  const load_curve c{{{0s, half}, {10s, 0}, {20s, thrice}, {30s, 1'000'000}}};
  EXPECT_EQ(c.planned_by(0s), 0s);
  EXPECT_EQ(c.planned_by(4s), 2s);
  EXPECT_EQ(c.planned_by(15s), 5s);
  EXPECT_EQ(c.planned_by(25s), 20s);
  EXPECT_EQ(c.planned_by(40s), 45s);
  EXPECT_EQ(c.when(2s), 4s);
  EXPECT_EQ(c.when(5s), 10s) << "the first moment, before the pause";
  EXPECT_EQ(c.when(5s + 3ns), 20s + 1ns);
  EXPECT_EQ(c.when(20s), 25s);
  EXPECT_EQ(c.when(45s), 40s);
  EXPECT_EQ(c.ppm_at(10s), 0U);
  EXPECT_EQ(c.ppm_at(10s - 1ns), half);
  EXPECT_EQ(c.ppm_at(24h), 1'000'000U);
}

TEST(load_curve, goes_there_and_back_at_every_moment) {
  const load_curve c{{{0s, 333'333}, {7ns, 1}, {1s, 99'999'999}, {2s, 7}, {3s, 1'234'567}}};
  random_stream random{1, 0, "moments"};
  for (int i = 0; i < 10'000; ++i) {
    const duration planned = random.between(0s, 130s);
    const duration at = c.when(planned);
    EXPECT_GE(c.planned_by(at), planned);
    EXPECT_LT(c.planned_by(at - 1ns), std::max(planned, 1ns));
  }
}

TEST(load_curve, without_steps_is_as_planned_and_with_nothing_left_never_comes) {
  EXPECT_EQ(load_curve{{}}.when(7s), 7s);
  const load_curve ends{{{0s, 1'000'000}, {10s, 0}}};
  EXPECT_EQ(ends.when(10s), 10s);
  EXPECT_EQ(ends.when(10s + 1ns), duration::max());
  EXPECT_EQ(ends.planned_by(24h * 365), 10s);
  const load_curve fast{{{0s, curve_ppm_most}}};
  EXPECT_EQ(fast.planned_by(24h * 365), 24h * 36500);
  EXPECT_EQ(fast.when(24h * 36500), 24h * 365);
}

/// Due times up to `until`.
std::vector<duration> dues(const report_beat& beat, duration until, time_point begin = {}) {
  random_stream jitter{beat.seed, beat.device, "backoff"};
  report_clock clock;
  clock.begin(beat, begin, jitter);
  std::vector<duration> out;
  while (clock.due() < time_point{until}) {
    out.push_back(clock.due().time_since_epoch());
    clock.next(beat);
  }
  EXPECT_EQ(clock.over(), out.size());
  return out;
}

report_beat beat_of(duration interval, std::uint32_t device = 0) {
  report_beat beat;
  beat.interval = interval;
  beat.seed = 7;
  beat.device = device;
  return beat;
}

TEST(report_clock, without_more_is_one_interval_after_the_other) {
  const auto all = dues(beat_of(10s), 1000s);
  EXPECT_EQ(all.size(), 100U);
  EXPECT_LE(all.front(), 10s);
  for (std::size_t i = 1; i < all.size(); ++i) {
    EXPECT_EQ(all[i] - all[i - 1], 10s);
  }
}

TEST(report_clock, of_poisson_arrivals_counts_as_a_poisson_process_does) {
  // Of 2,000 devices at 60 s for ten minutes: each counts 10 in the mean, with a variance as large;
  // their sum is within four of its deviations of 20,000.
  for (const std::uint64_t seed : {1, 2, 3}) {
    double sum = 0;
    double squares = 0;
    constexpr int devices = 2000;
    for (std::uint32_t device = 0; device < devices; ++device) {
      auto beat = beat_of(60s, device);
      beat.seed = seed;
      beat.timing.arrivals = report_arrivals::poisson;
      const auto count = static_cast<double>(dues(beat, 600s).size());
      sum += count;
      squares += count * count;
    }
    const double mean = sum / devices;
    EXPECT_NEAR(sum, 20'000, 4 * std::sqrt(20'000));
    EXPECT_NEAR(squares / devices - mean * mean, 10, 1.3);
  }
}

TEST(report_clock, of_poisson_arrivals_follows_the_seed_and_nothing_else) {
  auto beat = beat_of(1s);
  beat.timing.arrivals = report_arrivals::poisson;
  const auto once = dues(beat, 100s);
  random_stream elsewhere{99, 0, "backoff"};
  (void)elsewhere.next();
  report_clock clock;
  clock.begin(beat, time_point{}, elsewhere);
  EXPECT_EQ(clock.due().time_since_epoch(), once.front());
  EXPECT_EQ(dues(beat, 100s), once);
  beat.plan = 1;
  EXPECT_NE(dues(beat, 100s), once) << "another report of the same device";
  beat.plan = 0;
  beat.device = 1;
  EXPECT_NE(dues(beat, 100s), once);
}

TEST(report_clock, jitters_about_a_beat_that_does_not_drift) {
  auto beat = beat_of(10s);
  beat.timing.jitter_ppm = 200'000;
  const auto all = dues(beat, 10'000s);
  EXPECT_NEAR(static_cast<double>(all.size()), 1000, 1);
  duration least = 20s;
  duration most = 0s;
  for (std::size_t i = 1; i < all.size(); ++i) {
    least = std::min(least, all[i] - all[i - 1]);
    most = std::max(most, all[i] - all[i - 1]);
    const auto off = (all[i] - all.front()) - static_cast<std::int64_t>(i) * 10s;
    EXPECT_LE(off, 2s);
    EXPECT_GE(off, -2s);
  }
  EXPECT_LT(least, 8500ms) << "a fifth either way";
  EXPECT_GT(most, 11500ms);
}

TEST(report_clock, comes_as_often_as_the_curve_integrates_to) {
  const load_curve curve{{{0s, 1'000'000}, {100s, thrice}, {200s, 0}, {300s, half}}};
  for (const auto arrivals : {report_arrivals::even, report_arrivals::poisson}) {
    std::array<double, 4> counts{};
    for (std::uint32_t device = 0; device < 1000; ++device) {
      auto beat = beat_of(10s, device);
      beat.curve = &curve;
      beat.timing.arrivals = arrivals;
      for (const duration due : dues(beat, 400s)) {
        ++counts[static_cast<std::size_t>(due / 100s)];
      }
    }
    // A thousand devices, ten reports each in a hundred seconds as planned. Even ones come late by
    // half an interval each; random ones are within four deviations.
    const bool even = arrivals == report_arrivals::even;
    const auto within = [even](double expected) { return even ? 600 : 4 * std::sqrt(expected); };
    EXPECT_NEAR(counts[0], 10'000, within(10'000));
    EXPECT_NEAR(counts[1], 30'000, within(30'000));
    EXPECT_EQ(counts[2], 0);
    EXPECT_NEAR(counts[3], 5'000, within(5'000));
  }
}

TEST(report_clock, begins_where_the_run_is_when_a_device_comes_late) {
  const load_curve curve{{{0s, 1'000'000}, {100s, 0}, {200s, 1'000'000}}};
  auto beat = beat_of(10s);
  beat.curve = &curve;
  beat.began = time_point{50s};
  const auto all = dues(beat, 400s, time_point{180s});
  EXPECT_GE(all.front(), 250s) << "in the pause, which ends at 250 s";
  EXPECT_LE(all.front(), 260s);
}

TEST(report_clock, ends_where_the_curve_does) {
  const load_curve curve{{{0s, 1'000'000}, {100s, 0}}};
  auto beat = beat_of(10s);
  beat.curve = &curve;
  random_stream jitter{1, 0, "backoff"};
  report_clock clock;
  clock.begin(beat, time_point{}, jitter);
  for (int i = 0; i < 20; ++i) {
    clock.next(beat);
  }
  EXPECT_EQ(clock.due(), never);
}

} // namespace
} // namespace fleet::actors
