// Who was the limit: what speaks against the generator, what against target and network.
#include <algorithm>

#include <fmt/format.h>

#include "fleet/judging/amount.hpp"
#include "fleet/report/facts.hpp"

namespace fleet::report {

namespace {

using judging::said;
using judging::unit;

constexpr std::size_t points_least = 4; ///< to say anything
constexpr double lag_most_s = 0.02;     ///< a home that turns later is behind
constexpr double share_of_points = 0.1; ///< for how much of the run it must be so
constexpr double late_share_most = 0.01;
constexpr double window_share_most = 0.001;
constexpr double slow_s = 1; ///< an acknowledgement that takes longer is slow
constexpr double busy_share = 0.95;
constexpr double growth_most = 2; ///< of what is in flight, from the first quarter to the last

double share(std::uint64_t part, std::uint64_t whole) noexcept {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string percent(double part) {
  return fmt::format("{:.3g} %", part * 100);
}

/// Without those under a fault: what is slow there is so on purpose.
std::vector<const series_point*> calm_of(const limit_basis& basis) {
  auto out = basis.points;
  std::erase_if(out, [](const auto* p) { return p->state.faults != 0; });
  return out;
}

/// How many of `points` are so; 0 unless it is enough of them to count.
template <class Test>
std::size_t often(const std::vector<const series_point*>& points, Test test) {
  const auto n = static_cast<std::size_t>(std::count_if(points.begin(), points.end(), test));
  const double enough = std::max(2.0, share_of_points * static_cast<double>(points.size()));
  return static_cast<double>(n) >= enough ? n : 0;
}

double worst(const std::vector<const series_point*>& points, double (*of)(const series_point&)) {
  double out = 0;
  for (const auto* p : points) {
    out = std::max(out, of(*p));
  }
  return out;
}

double lag_of(const series_point& p) {
  return p.state.lag_s;
}

double twin_lag_of(const series_point& p) {
  return p.state.twin_lag_s.value_or(0);
}

double ack_of(const series_point& p) {
  return p.latencies[static_cast<std::size_t>(actors::latency::publish_ack)]
      .quantile(0.99)
      .value_or(0);
}

void look_at_generator(const limit_basis& basis, std::vector<std::string>& out) {
  const auto& points = basis.points;
  if (const double late = share(basis.late, basis.due); late >= late_share_most) {
    out.push_back(fmt::format("{} of {} reports, {}, left more than 100 ms after they were due",
                              basis.late, basis.due, percent(late)));
  }
  if (const auto n = often(points, [](const auto* p) { return lag_of(*p) >= lag_most_s; })) {
    out.push_back(fmt::format("in {} of {} samples a home turned {} or more late, {} at worst", n,
                              points.size(), said(lag_most_s, unit::duration),
                              said(worst(points, lag_of), unit::duration)));
  }
}

/// The median of what is in flight in one quarter of the points.
double in_flight(const std::vector<const series_point*>& points, std::size_t quarter) {
  const std::size_t each = points.size() / 4;
  std::vector<double> all;
  for (std::size_t i = quarter * each; i < (quarter + 1) * each; ++i) {
    all.push_back(static_cast<double>(points[i]->state.in_flight));
  }
  return judging::median_of(std::move(all));
}

void look_at_queue(const std::vector<const series_point*>& calm, std::vector<std::string>& out) {
  // What is in flight rises with the load, and that is not growth of a queue.
  std::vector<const series_point*> steady;
  for (const auto* p : calm) {
    const auto online = p->state.in_phase[static_cast<std::size_t>(actors::phase::online)];
    if (p->state.wanted != 0 && online * 10 >= p->state.wanted * 9) {
      steady.push_back(p);
    }
  }
  if (steady.size() < 4 * points_least) {
    return;
  }
  const auto rate = [](const series_point& p) {
    return static_cast<double>(p.of(rise::published)) / std::max(p.length_s(), 1e-3);
  };
  const double before = in_flight(steady, 0);
  const double after = in_flight(steady, 3);
  const bool same_load = rate(*steady.back()) <= 1.5 * rate(*steady.front());
  const double worth = std::max(10.0, 0.1 * rate(*steady.back())); // a tenth of a second's reports
  if (same_load && after > growth_most * std::max(before, 1.0) && after - before > worth) {
    out.push_back(fmt::format("reports without acknowledgement grew from {:.0f} to {:.0f} under "
                              "the same load",
                              before, after));
  }
}

void look_at_target(const limit_basis& basis, std::vector<std::string>& out) {
  const auto calm = calm_of(basis);
  // Under a fault on purpose windows fill up, and say nothing of the target.
  if (const double part = share(basis.full, basis.due);
      part >= window_share_most && calm.size() == basis.points.size()) {
    out.push_back(fmt::format("{} reports, {}, were not sent since as many were without "
                              "acknowledgement as a device may have",
                              basis.full, percent(part)));
  }
  if (const auto n = often(calm, [](const auto* p) { return ack_of(*p) >= slow_s; })) {
    out.push_back(fmt::format("in {} of {} samples without a fault one report in a hundred waited "
                              "{} or longer for its acknowledgement, {} at worst",
                              n, calm.size(), said(slow_s, unit::duration),
                              said(worst(calm, ack_of), unit::duration)));
  }
  if (const auto n = often(calm, [](const auto* p) { return twin_lag_of(*p) >= lag_most_s; })) {
    out.push_back(fmt::format("in {} of {} samples without a fault the twin's home turned {} or "
                              "more late, {} at worst",
                              n, calm.size(), said(lag_most_s, unit::duration),
                              said(worst(calm, twin_lag_of), unit::duration)));
  }
  look_at_queue(calm, out);
}

std::optional<std::string> busy_text(const limit_basis& basis) {
  if (basis.virtual_world || basis.cores == 0) {
    return std::nullopt;
  }
  const auto n = often(basis.points, [&basis](const auto* p) {
    return p->state.cores >= busy_share * static_cast<double>(basis.cores);
  });
  if (n == 0) {
    return std::nullopt;
  }
  return fmt::format("in {} of {} samples this process kept all {} processors busy{}", n,
                     basis.points.size(), basis.cores,
                     basis.embedded ? ", devices and twin alike" : "");
}

} // namespace

std::string_view to_string(limiter who) noexcept {
  switch (who) {
    case limiter::unknown: return "unknown";
    case limiter::nobody: return "nobody";
    case limiter::generator: return "generator";
    case limiter::target: return "network_or_target";
  }
  FLEET_CHECK(false);
}

limit_fact find_limit(const limit_basis& basis) {
  limit_fact out;
  if (basis.points.size() < points_least) {
    out.text = "the run was too short to tell who was its limit";
    return out;
  }
  std::vector<std::string> far;
  look_at_generator(basis, out.evidence);
  look_at_target(basis, far);
  if (!out.evidence.empty()) {
    out.who = limiter::generator;
    out.text = "the generator was the limit: this machine did not send in time, and latencies hold "
               "its own delay; take fewer devices or a longer interval, or more processors";
  } else if (!far.empty()) {
    out.who = limiter::target;
    out.text = "network or target was the limit: reports left in time and were not taken in time";
  } else {
    out.who = limiter::nobody;
    out.text = "nobody was the limit: reports left when they were due and were taken in time";
  }
  out.evidence.insert(out.evidence.end(), far.begin(), far.end());
  if (out.who != limiter::nobody) {
    if (auto busy = busy_text(basis)) {
      out.evidence.push_back(std::move(*busy));
    }
  }
  return out;
}

limit_fact find_limit(const run_facts& facts) {
  const auto& points = facts.course.series.points();
  if (points.empty()) {
    return {};
  }
  limit_basis basis;
  for (const auto& p : points) {
    // What came as the run drained says nothing of its load.
    if (facts.duration_s <= 0 || p.from_s < facts.duration_s) {
      basis.points.push_back(&p);
    }
  }
  const auto& c = facts.counts;
  basis.due = c.published_all() + c.shadow_updates + c.skipped_all();
  basis.late = c.late_sends;
  basis.full = c.skipped[static_cast<std::size_t>(actors::skip::window)];
  basis.virtual_world = facts.world == "virtual";
  basis.embedded = facts.course.environment.embedded;
  basis.cores = facts.course.environment.cores;
  return find_limit(basis);
}

} // namespace fleet::report
