// How fine and how right this machine's time is.
#include "fleet/doctor/times.hpp"

#include <algorithm>
#include <array>
#include <chrono>

#include <fmt/format.h>

namespace fleet::doctor {

namespace {

std::string time_said(std::uint64_t ns) {
  return ns < 1'000       ? fmt::format("{} ns", ns)
         : ns < 1'000'000 ? fmt::format("{:.3g} µs", static_cast<double>(ns) * 1e-3)
                          : fmt::format("{:.3g} ms", static_cast<double>(ns) * 1e-6);
}

constexpr std::uint64_t millisecond_ns = 1'000'000; ///< what homes reckon in

std::string date_said(std::int64_t s) {
  // Days to a date of the Gregorian calendar.
  const std::chrono::sys_days day{std::chrono::floor<std::chrono::days>(std::chrono::seconds{s})};
  const std::chrono::year_month_day date{day};
  const auto of_day =
      s - std::chrono::duration_cast<std::chrono::seconds>(day.time_since_epoch()).count();
  return fmt::format("{}-{:02}-{:02} {:02}:{:02}", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     of_day / 3600, of_day / 60 % 60);
}

} // namespace

finding clock(const machine_facts& m, const run_needs&) {
  constexpr std::array<std::string_view, 5> slow{"hpet", "acpi_pm", "jiffies", "refined-jiffies",
                                                 "pit"};
  finding f{"clock"};
  f.needed = "homes reckon in milliseconds and read the clock each turn";
  if (!m.clock_step_ns && m.clock_source.empty()) {
    f.found = unknown;
    return f;
  }
  f.found = fmt::format("source {}", m.clock_source.empty() ? "unknown" : m.clock_source);
  if (m.clock_step_ns) {
    f.found += fmt::format(", steps of {}", time_said(*m.clock_step_ns));
    f.figures = {{"step_ns", *m.clock_step_ns}};
  }
  if (m.clock_step_ns && *m.clock_step_ns > millisecond_ns) {
    f.says = outlook::badly;
    f.then = "latencies are no finer than that: take a kernel with high resolution timers";
  } else if (std::find(slow.begin(), slow.end(), m.clock_source) != slow.end()) {
    f.says = outlook::badly;
    f.then = "each reading of it is slow: see why the kernel does not take tsc, or the "
             "hypervisor's own";
  }
  return f;
}

finding timers(const machine_facts& m, const run_needs&) {
  finding f{"timers"};
  f.needed = "homes sleep in whole milliseconds";
  if (!m.timer_slack_ns) {
    f.found = unknown;
    return f;
  }
  f.found = "slack of " + time_said(*m.timer_slack_ns);
  f.figures = {{"slack_ns", *m.timer_slack_ns}};
  if (*m.timer_slack_ns > millisecond_ns) {
    f.says = outlook::badly;
    f.then = "devices would wake late by that: start the run from a process with less "
             "(TimerSlackNSec= of systemd)";
  }
  return f;
}

finding wall_clock(const machine_facts& m, const run_needs&) {
  constexpr std::int64_t day_s = 24 * 3600; // files may bear a local time
  finding f{"wall_clock"};
  if (!m.wall_s || !m.program_s) {
    f.found = m.wall_s ? date_said(*m.wall_s) + " UTC" : std::string{unknown};
    f.needed = "log-ons and certificates go by it";
    return f;
  }
  f.found = date_said(*m.wall_s) + " UTC";
  f.needed = "this program is of " + date_said(*m.program_s);
  if (*m.wall_s + day_s < *m.program_s) {
    f.says = outlook::badly;
    f.then = "the clock is behind: certificates would not verify and log-ons bear wrong times; set "
             "it";
  }
  return f;
}

} // namespace fleet::doctor
