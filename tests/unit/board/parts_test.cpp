// The board's small parts: clock, memory budget, sensors.
#include <cmath>
#include <vector>

#include <gtest/gtest.h>

#include "hal_sim/board/board_clock.hpp"
#include "hal_sim/board/memory_budget.hpp"
#include "hal_sim/board/sensor.hpp"

namespace fleet::hal {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr time_point at(duration d) {
  return time_point{d};
}

constexpr std::int64_t noon = 1'700'000'000'000;

TEST(board_clock, counts_uptime_from_the_last_boot) {
  board_clock c;
  c.boot(at(seconds{10}));
  EXPECT_EQ(c.uptime(at(seconds{15})), seconds{5});
  c.boot(at(seconds{20}));
  EXPECT_EQ(c.uptime(at(seconds{20})), seconds{0});
}

TEST(board_clock, is_right_until_it_is_set_jumps_or_drifts) {
  board_clock c;
  EXPECT_EQ(c.wall_ms(noon, at(seconds{1})), noon);
  c.jump(-3'600'000);
  EXPECT_EQ(c.wall_ms(noon, at(seconds{1})), noon - 3'600'000);
  c.set_wall(5, noon, at(seconds{1}));
  EXPECT_EQ(c.wall_ms(noon + 1'000, at(seconds{2})), 1'005);
  c.set_wall(noon, noon, at(seconds{1}));
  EXPECT_EQ(c.offset_ms(at(hours{9})), 0);
}

TEST(board_clock, drifts_by_parts_in_a_thousand_million_either_way) {
  board_clock c;
  c.set_drift(500'000, at(hours{1})); // 500 ppm fast
  EXPECT_EQ(c.offset_ms(at(hours{1})), 0);
  EXPECT_EQ(c.offset_ms(at(hours{1} + seconds{2})), 1);
  EXPECT_EQ(c.offset_ms(at(hours{25})), 43'200);
  c.set_drift(-500'000, at(hours{25})); // what it is off stays
  EXPECT_EQ(c.offset_ms(at(hours{25})), 43'200);
  EXPECT_EQ(c.offset_ms(at(hours{49})), 0);
  c.set_wall(noon, noon, at(hours{49})); // set right, it drifts on
  EXPECT_EQ(c.offset_ms(at(hours{50})), -1'800);
  EXPECT_EQ(c.drift_ppb(), -500'000);
}

TEST(board_clock, stands_forty_years_of_jump_and_drift) {
  board_clock c;
  constexpr std::int64_t forty_years_ms = 1'262'304'000'000;
  c.jump(forty_years_ms);
  c.set_drift(2'000'000'000, at(seconds{0}));
  EXPECT_EQ(c.offset_ms(at(milliseconds{forty_years_ms})), 3 * forty_years_ms);
  c.jump(-2 * forty_years_ms);
  EXPECT_EQ(c.offset_ms(at(seconds{0})), -forty_years_ms);
}

TEST(memory_budget, takes_to_the_last_octet_and_no_further) {
  memory_budget m{100};
  EXPECT_TRUE(m.take(60));
  EXPECT_TRUE(m.available(40));
  EXPECT_FALSE(m.available(41));
  EXPECT_FALSE(m.take(41));
  EXPECT_EQ(m.used(), 60U);
  EXPECT_TRUE(m.take(40));
  EXPECT_FALSE(m.take(1));
  m.give(90);
  EXPECT_EQ(m.used(), 10U);
  EXPECT_EQ(m.high_water(), 100U);
  m.clear();
  EXPECT_EQ(m.used() + m.high_water(), 0U);
}

TEST(memory_budget, is_unlimited_at_zero_and_survives_a_limit_below_its_use) {
  memory_budget m;
  EXPECT_TRUE(m.take(3'000'000'000U));
  EXPECT_FALSE(m.take(std::size_t{1} << 40)); // no board has as much
  m.set_limit(10);
  EXPECT_EQ(m.room(), 0U);
  EXPECT_FALSE(m.take(1));
  m.give(3'000'000'000U);
  EXPECT_EQ(m.room(), 10U);
}

TEST(memory_budget_death, aborts_on_giving_back_what_was_not_taken) {
  memory_budget m{100};
  ASSERT_TRUE(m.take(5));
  EXPECT_DEATH(m.give(6), "broken invariant");
}

sensor make(const sensor_settings& s, std::uint64_t device = 0) {
  return sensor{s, random_stream{1, device, "sensor"}};
}

TEST(fixed_sine, is_within_its_bound_of_the_true_sine) {
  constexpr double unit = 1 << 30;
  double worst = 0;
  for (std::uint64_t turn = 0; turn < std::uint64_t{1} << 32; turn += 65'521) {
    const double expected =
        std::sin(2 * std::acos(-1.0) * static_cast<double>(turn) / 4294967296.0);
    const double got = static_cast<double>(fixed_sine(static_cast<std::uint32_t>(turn))) / unit;
    worst = std::max(worst, std::abs(got - expected));
    EXPECT_LE(std::abs(got), 1.0);
  }
  EXPECT_LT(worst, 1.0 / (1 << 19));
  EXPECT_EQ(fixed_sine(0), 0);
  EXPECT_EQ(fixed_sine(1U << 30), 1 << 30);
  EXPECT_EQ(fixed_sine(1U << 31), 0);
  EXPECT_EQ(fixed_sine(3U << 30), -(1 << 30));
}

TEST(sensor, draws_each_waveform_through_its_landmarks) {
  sensor_settings s{.low = -1'000, .high = 3'000, .period = seconds{8}, .spread = false};
  const auto row = [&](waveform shape) {
    s.shape = shape;
    sensor it = make(s);
    std::vector<std::int64_t> values;
    for (int second = 0; second <= 8; ++second) {
      values.push_back(it.value(at(seconds{second})));
    }
    return values;
  };
  using v = std::vector<std::int64_t>;
  EXPECT_EQ(row(waveform::constant), (v(9, -1'000)));
  EXPECT_EQ(row(waveform::triangle), (v{-1'000, 0, 1'000, 2'000, 3'000, 2'000, 1'000, 0, -1'000}));
  EXPECT_EQ(row(waveform::square),
            (v{-1'000, -1'000, -1'000, -1'000, 3'000, 3'000, 3'000, 3'000, -1'000}));
  EXPECT_EQ(row(waveform::saw), (v{-1'000, -500, 0, 500, 1'000, 1'500, 2'000, 2'500, -1'000}));
  const v sine = row(waveform::sine);
  EXPECT_EQ(sine[0], 1'000);
  EXPECT_EQ(sine[1], 2'414);
  EXPECT_EQ(sine[2], 3'000);
  EXPECT_EQ(sine[4], 1'000);
  EXPECT_EQ(sine[6], -1'000);
  EXPECT_EQ(sine[8], 1'000);
}

TEST(sensor, is_a_function_of_time_and_of_its_substream) {
  const sensor_settings s{.low = 0, .high = 1'000'000, .period = minutes{1}};
  sensor one = make(s, 1);
  sensor again = make(s, 1);
  sensor other = make(s, 2);
  const auto first = one.value(at(hours{1'000}));
  EXPECT_EQ(again.value(at(seconds{5})), one.value(at(seconds{5}))); // back in time, too
  EXPECT_EQ(again.value(at(hours{1'000})), first);
  EXPECT_NE(other.value(at(hours{1'000})), first);
}

TEST(sensor, keeps_extreme_ranges_and_periods) {
  constexpr std::int64_t huge = std::int64_t{1} << 60;
  for (const waveform shape : {waveform::sine, waveform::triangle, waveform::saw, waveform::square,
                               waveform::random_walk}) {
    const sensor_settings s{.shape = shape,
                            .low = -huge,
                            .high = huge,
                            .period = hours{24 * 365 * 100},
                            .step = huge / 4};
    sensor it = make(s);
    for (int year = 0; year < 250; year += 7) {
      const auto value = it.value(at(hours{24 * 365 * year}));
      EXPECT_GE(value, -huge);
      EXPECT_LE(value, huge);
    }
    const sensor_settings tiny{.shape = shape, .low = 5, .high = 5, .period = duration{1}};
    sensor flat = make(tiny);
    EXPECT_EQ(flat.value(at(hours{1})), 5);
  }
}

TEST(sensor, walks_within_its_bounds_and_by_its_step) {
  const sensor_settings s{
      .shape = waveform::random_walk, .low = 0, .high = 1'000, .period = seconds{1}, .step = 50};
  sensor it = make(s);
  std::int64_t last = it.value(at(seconds{0}));
  std::int64_t least = last;
  std::int64_t most = last;
  for (int second = 1; second < 5'000; ++second) {
    const std::int64_t value = it.value(at(seconds{second}));
    EXPECT_LE(std::abs(value - last), 50);
    EXPECT_EQ(it.value(at(seconds{second} + milliseconds{999})), value); // until the next step
    last = value;
    least = std::min(least, value);
    most = std::max(most, value);
  }
  EXPECT_GE(least, 0);
  EXPECT_LE(most, 1'000);
  EXPECT_LT(least, 100);
  EXPECT_GT(most, 900);
  EXPECT_EQ(it.value(at(seconds{3})), last); // the past is gone
}

TEST(sensor, walks_the_same_way_however_often_it_is_asked) {
  const sensor_settings s{
      .shape = waveform::random_walk, .low = 0, .high = 100'000, .period = seconds{1}, .step = 50};
  sensor often = make(s);
  sensor seldom = make(s);
  for (int second = 0; second < 10'000; ++second) {
    (void)often.value(at(seconds{second}));
  }
  EXPECT_EQ(often.value(at(seconds{10'000})), seldom.value(at(seconds{10'000})));
  // A pause beyond the limit costs one draw, not millions of steps.
  const auto far = seldom.value(at(hours{24 * 365}));
  EXPECT_GE(far, 0);
  EXPECT_LE(far, 100'000);
}

} // namespace
} // namespace fleet::hal
