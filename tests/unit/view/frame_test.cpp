// The whole view: that it fits whatever the size, what stays when there is little room, and that
// nothing it is given can break it.
#include "fleet/view/frame.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fleet::view {

namespace {

using actors::phase;
using testing::Contains;
using testing::HasSubstr;
using testing::Not;

constexpr abilities utf8{true, false};

std::uint64_t& in(figures& f, phase p) {
  return f.in_phase[static_cast<std::size_t>(p)];
}

figures a_busy_run() {
  figures f;
  f.title = "smart_home";
  f.target = "the embedded twin";
  f.seed = 7;
  f.elapsed_s = 75;
  f.duration_s = 300;
  f.stage = advance{"ramp 2/3", 0.25, "to 5,000 devices", 45};
  in(f, phase::online) = 4100;
  in(f, phase::connecting) = 80;
  in(f, phase::logging_on) = 20;
  in(f, phase::backing_off) = 300;
  in(f, phase::off) = 500;
  f.wanted = 4500;
  f.rates = {{"published", 498, {0, 100, 300, 500}}, {"acked", 497, {0, 100, 300, 500}}};
  f.faults_course = {0, 0, 1, 1};
  f.latencies = {{"ack", 623e-6, 1.1e-3, 2.7e-3, 0.024, {0.001, 0.002}}};
  f.faults = {{"slow", "latency by 300ms", true, 0, 12, 998, 1000},
              {"evening", "loss 20%", false, 30, 60, 0, 1200}};
  f.ledger = ledger_figure{28741, 28700, 41, 3, 2, 4778, 0, 28735, 4780};
  f.rollouts = {{"v2", 0.5, "500 of 1,000 updated, 3 failed", 80}};
  f.limit = {"nobody", "", false};
  f.troubles = {{"timed_out", 12, 3, "dev-17: no CONNACK"}};
  f.news = {"at 10s: slow is in force", "stopping: 5 s of grace"};
  return f;
}

figures nothing_yet() {
  figures f;
  f.title = "100 devices";
  f.rates = {{"published", 0, {}}};
  f.latencies = {};
  return f;
}

figures huge_and_hostile() {
  figures f = a_busy_run();
  constexpr auto most = std::numeric_limits<std::uint64_t>::max();
  f.title = std::string(500, 'x') + "\x1b[2J\r\n";
  f.target = "\xff\xfe大大大";
  f.elapsed_s = 4e9;
  f.duration_s = 3e9;
  f.speed = std::numeric_limits<double>::infinity();
  f.in_phase.fill(most / 8);
  f.wanted = most;
  f.rates.front().now = 1e300;
  f.rates.front().course.assign(600, 1e300);
  f.latencies.front().max = 1e12;
  f.latencies.front().course.assign(600, std::nan(""));
  f.stage->name = "a stage whose name goes on and on";
  f.stage->part = std::nan("");
  for (int i = 0; i < 50; ++i) {
    f.faults.push_back(f.faults.front());
    f.troubles.push_back(f.troubles.front());
    f.rollouts.push_back(f.rollouts.front());
    f.news.push_back(std::string(300, 'n') + "\x1b]0;title\a");
  }
  f.faults.front().name = std::string(300, 'f');
  f.ledger = ledger_figure{most, most, most, most, most, most, most, most, most};
  f.limit = {"generator", std::string(300, 'l'), true};
  return f;
}

std::string text_of(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& l : lines) {
    out += l + "\n";
  }
  return out;
}

std::string shown(const figures& f, std::size_t columns, std::size_t rows) {
  return text_of(frame(f, {columns, rows, utf8}));
}

bool any_control(const std::string& line) {
  return std::any_of(line.begin(), line.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

} // namespace

TEST(view_frame, fits_every_terminal_whatever_it_shows) {
  for (const auto& f : {a_busy_run(), nothing_yet(), huge_and_hostile(), figures{}}) {
    for (const std::size_t columns : {1U, 11U, 12U, 40U, 63U, 64U, 80U, 120U, 400U}) {
      for (const std::size_t rows : {1U, 2U, 7U, 24U, 200U}) {
        const shape on{columns, rows, utf8};
        for (const auto& lines : {frame(f, on), help_frame(on)}) {
          EXPECT_LE(lines.size(), rows);
          for (const auto& l : lines) {
            EXPECT_LE(width_of(l), columns) << l;
            EXPECT_FALSE(any_control(l)) << l;
          }
        }
      }
    }
  }
}

TEST(view_frame, tells_all_of_a_busy_run) {
  const auto text = shown(a_busy_run(), 120, 40);
  for (const auto* const part : {"smart_home",
                                 "the embedded twin",
                                 "seed 7",
                                 "1:15 of 5:00",
                                 "3:45 left",
                                 "ramp 2/3",
                                 "to 5,000 devices",
                                 "0:45 left",
                                 "4,100 of 4,500 online",
                                 "coming 100 (80 connecting, 20 logging on, 0 subscribing)",
                                 "waiting 300",
                                 "498/s",
                                 "most 500/s",
                                 "623 µs",
                                 "1.1 ms",
                                 "2.7 ms",
                                 "24 ms",
                                 "998 of 1,000 hit",
                                 "0:12 left",
                                 "in 0:30",
                                 "latency by 300ms",
                                 "28,741 sent",
                                 "28,735 arrived",
                                 "4,778 of 4,780",
                                 "500 of 1,000 updated, 3 failed",
                                 "1:20 left",
                                 "nobody",
                                 "12 timed_out",
                                 "last 0:03 ago",
                                 "dev-17: no CONNACK",
                                 "stopping: 5 s of grace",
                                 "q stops"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
}

TEST(view_frame, keeps_the_most_important_lines_of_a_small_terminal) {
  const auto lines = frame(a_busy_run(), {40, 4, utf8});
  ASSERT_EQ(lines.size(), 4U);
  EXPECT_THAT(lines[0], HasSubstr("3:45 left"));
  EXPECT_THAT(lines[1], HasSubstr("0:45 left"));
  EXPECT_THAT(lines[2], HasSubstr("▓▒░ 4,100/4,500"));
  EXPECT_THAT(lines[3], HasSubstr("q stops"));
  const auto one = frame(a_busy_run(), {40, 1, utf8});
  ASSERT_EQ(one.size(), 1U);
  EXPECT_THAT(one[0], HasSubstr("run"));
}

TEST(view_frame, shows_a_run_of_which_nothing_is_known_yet) {
  const auto text = shown(nothing_yet(), 80, 24);
  EXPECT_THAT(text, HasSubstr("0:00 of 0:00"));
  EXPECT_THAT(text, HasSubstr("0 of 0 online"));
  EXPECT_THAT(text, Not(HasSubstr("latency")));
  EXPECT_THAT(text, Not(HasSubstr("limit")));
}

TEST(view_frame, is_ascii_where_the_terminal_is) {
  const auto lines = frame(a_busy_run(), {120, 40, {false, false}});
  for (const auto& l : lines) {
    EXPECT_TRUE(std::all_of(l.begin(), l.end(), [](char c) { return c >= ' ' && c <= '~'; })) << l;
  }
  EXPECT_THAT(lines, Contains(HasSubstr("623 us")));
}

TEST(view_frame, has_escapes_for_colours_alone) {
  const auto plain = text_of(frame(a_busy_run(), {80, 24, {true, false}}));
  EXPECT_THAT(plain, Not(HasSubstr("\x1b")));
  const auto colored = text_of(frame(a_busy_run(), {80, 24, {true, true}}));
  EXPECT_THAT(colored, HasSubstr("\x1b[32m"));
}

TEST(view_frame, tells_a_simulated_runs_pace_and_its_time_left_on_the_clock) {
  auto f = a_busy_run();
  f.speed = 312;
  f.real_left_s = 2;
  const auto text = shown(f, 80, 24);
  EXPECT_THAT(text, HasSubstr("virtual, 312× life"));
  EXPECT_THAT(text, HasSubstr("1:15 of 5:00, 0:02 left"));
}

TEST(view_frame, tells_how_a_stop_goes_on) {
  auto f = a_busy_run();
  f.over = true;
  EXPECT_THAT(shown(f, 80, 24), Not(HasSubstr("3:45 left")));
  EXPECT_THAT(shown(f, 80, 24), HasSubstr("q stops"));
  f.stopping = true;
  EXPECT_THAT(shown(f, 80, 24), HasSubstr("Ctrl-C ends at once"));
}

TEST(view_frame, says_loudly_that_the_generator_is_the_limit) {
  auto f = a_busy_run();
  f.limit = {"generator", "5 of 100 reports left late", true};
  // In ten rows all that is left of the rest is what a run cannot do without.
  EXPECT_THAT(shown(f, 80, 10), HasSubstr("generator: 5 of 100 reports left late"));
}

} // namespace fleet::view
