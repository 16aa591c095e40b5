// Growth and what looks like it.
#include "fleet/judging/soak.hpp"

#include <cmath>
#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/base/random.hpp"

namespace fleet::judging {

namespace {

using testing::HasSubstr;

constexpr double hour = 3600;

/// Memory of a run of one hour, a sample each ten seconds.
soak_finding judged(const std::function<double(double)>& value, double until = hour) {
  soak_watch watch{{{"user_bytes", "memory in use", true, 64.0 * 1024, 0.02, true}}};
  for (double t = 0; t <= until; t += 10) {
    watch.add(t, {value(t)});
  }
  return watch.judge(1000);
}

/// In [-1, 1], the same each time.
struct noise {
  random_stream from{7, 0, "soak"};
  double operator()() {
    return static_cast<double>(from.between(duration{0}, duration{2000}).count()) / 1000 - 1;
  }
};

constexpr double base = 50.0 * 1048576;

} // namespace

TEST(soaks, find_a_leak_under_noise) {
  noise some;
  const double rate = 4.0 * 1048576 / hour;
  const auto got = judged([&](double t) { return base + t * rate + some() * 1048576; });
  EXPECT_FALSE(got.passed());
  EXPECT_TRUE(got.all.front().grew);
  EXPECT_NEAR(got.all.front().per_hour, 4.0 * 1048576, 0.3 * 1048576);
  ASSERT_EQ(failures_of(got).size(), 1U);
  EXPECT_THAT(failures_of(got).front(), HasSubstr("soak: memory in use grew by "));
  EXPECT_THAT(failures_of(got).front(), HasSubstr("an hour and device"));
}

TEST(soaks, pass_a_flat_series_with_noise) {
  noise some;
  const auto got = judged([&](double) { return base + some() * 4 * 1048576; });
  EXPECT_TRUE(got.passed());
  EXPECT_TRUE(failures_of(got).empty());
}

TEST(soaks, pass_a_step_wherever_it_is) {
  for (const double at : {0.1, 0.3, 0.34, 0.5, 0.66, 0.7, 0.9}) {
    noise some;
    const auto got = judged(
        [&](double t) { return base + (t > at * hour ? 10.0 * 1048576 : 0) + some() * 100'000; });
    EXPECT_TRUE(got.passed()) << at;
  }
}

TEST(soaks, pass_a_saw) {
  for (const double period : {120.0, 600.0, 1100.0}) {
    const auto got =
        judged([&](double t) { return base + std::fmod(t, period) / period * 8 * 1048576; });
    EXPECT_TRUE(got.passed()) << period;
  }
}

TEST(soaks, find_a_saw_that_climbs) {
  const auto got =
      judged([](double t) { return base + std::fmod(t, 300) / 300 * 2e6 + t / hour * 6e6; });
  EXPECT_FALSE(got.passed());
}

TEST(soaks, find_a_leak_in_stairs) {
  const auto got = judged([](double t) { return base + std::floor(t / 120) * 200'000; });
  EXPECT_FALSE(got.passed());
}

TEST(soaks, pass_what_settles) {
  const auto got = judged([](double t) { return base * (1 - 0.2 * std::exp(-t / 200)); });
  EXPECT_TRUE(got.passed());
}

TEST(soaks, pass_growth_below_their_limit) {
  EXPECT_TRUE(judged([](double t) { return base + t / hour * 0.01 * base; }).passed());
  EXPECT_FALSE(judged([](double t) { return base + t / hour * 0.04 * base; }).passed());
}

TEST(soaks, do_not_judge_what_is_too_short) {
  const auto leak = [](double t) { return base + t * 1e6; };
  const auto got = judged(leak, 50);
  EXPECT_TRUE(got.too_short);
  EXPECT_FALSE(got.passed());
  EXPECT_FALSE(got.all.front().grew);
  ASSERT_EQ(failures_of(got).size(), 1U);
  EXPECT_EQ(failures_of(got).front(),
            "soak: too short to judge: 50s of steady running with 6 samples; it takes 1m and 20 at "
            "least");
  EXPECT_TRUE(judged(leak, 100).too_short) << "eleven samples";
  EXPECT_FALSE(judged(leak, 300).too_short);
  soak_watch quick{{{"x", "x"}}};
  for (int i = 0; i < 100; ++i) {
    quick.add(i * 0.5, {i});
  }
  EXPECT_TRUE(quick.judge(1).too_short) << "not a minute";
  const soak_watch unfed{{{"x", "x"}}};
  EXPECT_TRUE(unfed.judge(1).too_short) << "no sample at all";
}

TEST(soaks, keep_a_bounded_number_of_samples_over_the_whole_time) {
  series s;
  for (int i = 0; i < 100'000; ++i) {
    s.add(i, i);
  }
  EXPECT_LE(s.samples().size(), series::samples_most);
  EXPECT_GE(s.samples().size(), series::samples_most / 2);
  EXPECT_EQ(s.samples().front().at_s, 0);
  EXPECT_GT(s.samples().back().at_s, 99'000);
  const double step = s.samples()[1].at_s - s.samples()[0].at_s;
  for (std::size_t i = 1; i < s.samples().size(); ++i) {
    ASSERT_EQ(s.samples()[i].at_s - s.samples()[i - 1].at_s, step) << i;
  }
}

TEST(soaks, leave_out_what_cannot_be_had_and_what_is_told_only) {
  soak_watch watch{{{"a", "a", false, 1, 0, true}, {"b", "b", false, 1, 0, false}}};
  for (int i = 0; i < 100; ++i) {
    watch.add(i, {std::nullopt, i});
  }
  const auto got = watch.judge(1);
  EXPECT_TRUE(got.passed());
  EXPECT_FALSE(got.all[0].judged);
  EXPECT_NEAR(got.all[1].per_hour, 3600, 1e-6);
}

TEST(soaks, of_several_processes_judge_each_and_name_the_worst) {
  soak_watch watch{{{"user_bytes", "memory in use", true, 64.0 * 1024, 0.02, true},
                    {"in_flight", "reports in flight", false, 4, 0, true, true}}};
  for (double t = 0; t <= hour; t += 10) {
    // What leaks is a small one of three: less than 2 % of what they have together.
    watch.add_all(t, {{"the coordinator", 0, {base, std::nullopt}},
                      {"worker 1", 800, {40 * base, t}},
                      {"worker 2", 200, {base + t * 4.0 * 1048576 / hour, -t}}});
  }
  const auto got = watch.judge(1000);
  EXPECT_FALSE(got.passed());
  EXPECT_TRUE(got.all[0].grew);
  EXPECT_EQ(got.all[0].process, "worker 2");
  EXPECT_EQ(got.all[1].process, "") << "a sum is nobody's alone";
  EXPECT_FALSE(got.all[1].grew);
  ASSERT_EQ(failures_of(got).size(), 1U);
  EXPECT_THAT(
      failures_of(got).front(),
      HasSubstr("soak: memory in use of worker 2 grew by 4MiB in 1h: 4MiB an hour, 20.48KiB "
                "an hour and device"));
}

TEST(soaks, of_several_processes_leave_out_one_that_was_there_too_briefly) {
  soak_watch watch{{{"user_bytes", "memory in use", true, 64.0 * 1024, 0.02, true}}};
  for (double t = 0; t <= hour; t += 10) {
    std::vector<process_sample> all{{"worker 1", 5, {base}}};
    if (t > hour - 40) {
      all.push_back({"worker 2", 5, {base * t}});
    }
    watch.add_all(t, all);
  }
  const auto got = watch.judge(10);
  EXPECT_TRUE(got.passed());
  EXPECT_EQ(got.all[0].process, "worker 1");
  EXPECT_NEAR(got.steady_s, hour, 10);
}

TEST(soaks, say_why_they_never_began_instead_of_how_long_they_were) {
  soak_finding got = soak_watch{{{"x", "x"}}}.judge(1);
  got.never_began = "the load changed until the end";
  EXPECT_FALSE(got.passed());
  ASSERT_EQ(failures_of(got).size(), 1U);
  EXPECT_EQ(failures_of(got).front(), "soak: nothing to judge: the steady part never began, since "
                                      "the load changed until the end");
}

TEST(soaks, tell_what_their_samples_take) {
  soak_watch watch{{{"a", "a"}, {"b", "b"}}};
  EXPECT_EQ(watch.memory_bytes(), 0U);
  for (int i = 0; i < 5000; ++i) {
    watch.add(i, {i, std::nullopt});
  }
  EXPECT_EQ(watch.memory_bytes(), series::samples_most * sizeof(series::sample));
}

TEST(theil_sen, is_the_median_of_slopes) {
  const std::vector<series::sample> line{{0, 1}, {1, 3}, {2, 5}, {3, 7}};
  EXPECT_EQ(theil_sen(line.data(), line.size()), 2);
  auto spoilt = line;
  spoilt[1].value = 1000;
  EXPECT_LT(theil_sen(spoilt.data(), spoilt.size()), 3);
  EXPECT_EQ(theil_sen(line.data(), 1), 0);
  EXPECT_EQ(theil_sen(line.data(), 0), 0);
}

} // namespace fleet::judging
