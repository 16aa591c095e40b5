// Lines by bends of the number that is on, and by what stages make of reports.
#include "fleet/explain/load_told.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "fleet/text/quantities.hpp"

namespace fleet::program {

namespace {

using text::format_count;
using text::format_duration;

/// A line and where it belongs.
struct told_part {
  duration begin{0};
  std::string line;
};

std::string devices_said(std::uint32_t n) {
  return format_count(n) + (n == 1 ? " device" : " devices");
}

/// What the load goes to from one bend to the next, just before it: a ramp's end, where it gets
/// there.
std::uint32_t reached(const scenario_plan& plan, duration from, duration to) {
  std::uint32_t sum = 0;
  for (const auto& line : plan.lines) {
    const auto& all = line.load.segments;
    const auto ends = std::find_if(all.begin(), all.end(), [&](const load_segment& segment) {
      return segment.begin <= from && segment.end == to;
    });
    sum += ends == all.end() ? target_at(line, to) : ends->to;
  }
  return sum;
}

/// Whether devices come, or go, at random within that time.
bool at_random(const scenario_plan& plan, duration from, duration to) {
  return std::any_of(plan.random_ramps.begin(), plan.random_ramps.end(), [&](const random_ramp& r) {
    const auto& segment = plan.lines[r.line].load.segments[r.segment];
    return segment.begin <= from && to <= segment.end;
  });
}

void tell_devices(const scenario_plan& plan, std::vector<told_part>& out) {
  const auto bends = bends_of(plan);
  for (std::size_t i = 1; i < bends.size(); ++i) {
    const auto begin = bends[i - 1];
    const auto from = target_at(plan, begin);
    const auto to = reached(plan, begin, bends[i]);
    const bool hold = from == to;
    // One hold may follow another: they are told as one.
    while (hold && i + 1 < bends.size() && target_at(plan, bends[i]) == to
           && reached(plan, bends[i], bends[i + 1]) == to) {
      ++i;
    }
    const auto how = hold ? devices_said(to) + " on"
                          : fmt::format("from {} to {}, {}{}", format_count(from), devices_said(to),
                                        often(std::abs(static_cast<double>(to) - from)
                                              / seconds(bends[i] - begin)),
                                        at_random(plan, begin, bends[i]) ? " at random" : "");
    out.push_back({begin, fmt::format("{} to {}: {}", format_duration(begin),
                                      format_duration(bends[i]), how)});
  }
}

/// The parts of a ramp lie anywhere: from ten percent on tenths say enough.
std::uint64_t tenths(std::uint32_t ppm) {
  constexpr std::uint64_t tenth = whole_ppm / 1000;
  return ppm < whole_ppm / 10 ? ppm : (ppm + tenth / 2) / tenth * tenth;
}

std::string pace_line(const scenario_plan& plan, const pace_change& change) {
  const auto who = change.product ? plan.products[*change.product].product.name + " reports"
                                  : std::string{"all report"};
  const auto what = who + " " + percent_said(change.ppm);
  if (change.end == change.begin) {
    return fmt::format("from {} on: {}", format_duration(change.begin), what);
  }
  const auto when = format_duration(change.begin) + " to " + format_duration(change.end) + ": ";
  switch (change.kind) {
    case stage_kind::step:
      return change.steps == 1
                 ? when + "step, " + what
                 : fmt::format("{}{} steps, {} after the last", when, change.steps, what);
    case stage_kind::spike: return when + "spike, " + what;
    case stage_kind::ramp:
    case stage_kind::hold: break;
  }
  return when + "ramp, " + what + " at its end";
}

} // namespace

std::string percent_said(std::uint64_t ppm) {
  constexpr std::uint64_t one = whole_ppm / 100;
  std::string out = format_count(ppm / one);
  if (ppm % one != 0) {
    out += fmt::format(".{:04}", ppm % one);
    out.erase(out.find_last_not_of('0') + 1);
  }
  return out + " %";
}

std::string often(double per_second) {
  if (per_second >= 0.5) {
    return rate_said(per_second) + " a second";
  }
  return per_second * 60 >= 0.5 ? rate_said(per_second * 60) + " a minute"
                                : rate_said(per_second * 3600) + " an hour";
}

std::string pace_said(const explanation& e, std::size_t product) {
  const auto& p = e.plan.products[product];
  if (p.curve.empty()) {
    return {};
  }
  const auto [least, most] = std::minmax_element(
      p.curve.begin(), p.curve.end(),
      [](const actors::curve_step& a, const actors::curve_step& b) { return a.ppm < b.ppm; });
  const auto& all = e.plan.pace_changes;
  const bool staged = std::any_of(all.begin(), all.end(), [&](const pace_change& change) {
    return change.product.value_or(product) == product && change.begin < e.plan.run_for;
  });
  const auto& curve = p.product.daily_curve;
  return fmt::format("; {} to {} as often by {}{}{}", percent_said(tenths(least->ppm)),
                     percent_said(tenths(most->ppm)), staged ? "the stages" : "",
                     staged && !curve.empty() ? " and " : "",
                     curve.empty() ? "" : "daily curve " + curve);
}

std::vector<std::string> load_lines(const explanation& e) {
  std::vector<told_part> parts;
  tell_devices(e.plan, parts);
  for (const auto& change : e.plan.pace_changes) {
    if (change.begin < e.plan.run_for) {
      parts.push_back({change.begin, pace_line(e.plan, change)});
    }
  }
  std::stable_sort(parts.begin(), parts.end(),
                   [](const told_part& a, const told_part& b) { return a.begin < b.begin; });
  std::vector<std::string> out;
  for (auto& one : parts) {
    out.push_back(std::move(one.line));
  }
  return out;
}

} // namespace fleet::program
