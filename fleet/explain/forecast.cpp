// Sums over products and the load's segments.
#include "fleet/explain/forecast.hpp"

#include <algorithm>
#include <numeric>

#include "fleet/run/company.hpp"
#include "fleet/run/descriptors.hpp"

namespace fleet::program {

namespace {

constexpr std::uint64_t kib = 1024;

/// What a device and its end of the embedded twin take, as whole runs of 2,000 were measured.
std::uint64_t device_bytes(const scenario_product& p) {
  if (over_tls(p.security) || over_dtls(p.security)) {
    return 25 * kib;
  }
  return p.protocol == device_protocol::mqtt ? 4 * kib : 7 * kib;
}

/// Each image lies in memory once at the twin, and once on all boards together.
std::uint64_t image_bytes_of(const scenario_plan& plan) {
  std::uint64_t sum = 0;
  for (const auto& p : plan.products) {
    sum += p.product.firmware ? 2ULL * p.product.firmware->size : 0;
  }
  for (const auto& planned : plan.rollouts) {
    constexpr std::uint32_t made = 1024 * 1024;
    sum += 2ULL * planned.rollout.size.value_or(made);
  }
  return sum;
}

constexpr std::uint64_t behind_bytes = 2 * kib; ///< of a device behind a gateway

void add_needs(const scenario_plan& plan, forecast& out) {
  std::uint64_t streams = 0;
  out.memory_bytes = memory_of(plan, device_set{0, plan.devices});
  out.memory_virtual_bytes = process_bytes + image_bytes_of(plan);
  for (const auto& p : plan.products) {
    constexpr std::uint64_t virtual_bytes = 4 * kib + kib / 2;
    const bool connects = !p.behind_gateway;
    streams += connects && p.product.protocol != device_protocol::coap ? p.devices.count : 0;
    out.memory_virtual_bytes += p.devices.count * (connects ? virtual_bytes : behind_bytes);
  }
  out.descriptors_with_target = plan.connections + descriptors_beside;
  out.descriptors = out.descriptors_with_target + streams + download_descriptors(plan);
}

/// Who of each product is on at a moment: the ramps of a line start them in one order.
std::vector<std::uint32_t> online_at(const scenario_plan& plan, duration at) {
  std::vector<std::uint32_t> out(plan.products.size(), 0);
  for (const auto& line : plan.lines) {
    auto order = start_order(plan, line);
    order.resize(std::min<std::size_t>(order.size(), target_at(line, at)));
    for (const auto device : order) {
      const auto number = product_of(plan, device);
      ++out[number];
      if (const auto& p = plan.products[number]; p.children_each != 0) {
        out[p.children_product] += p.children_each;
      }
    }
  }
  return out;
}

/// How often a product reports at a moment, of what its keys say.
double pace_at(const product_plan& p, duration at) {
  const auto after =
      std::upper_bound(p.curve.begin(), p.curve.end(), at,
                       [](duration t, const actors::curve_step& step) { return t < step.begin; });
  return after == p.curve.begin() ? 1.0 : static_cast<double>((after - 1)->ppm) / whole_ppm;
}

/// Reports a second of a line with one connection on at a moment, its products in proportion.
double line_rate(const scenario_plan& plan, const load_line& line, duration at) {
  double sum = 0;
  for (const std::size_t i : line.products) {
    const auto& p = plan.products[i];
    double each = report_rate(p.product) * pace_at(p, at);
    if (p.children_each != 0) {
      const auto& children = plan.products[p.children_product];
      each += p.children_each * report_rate(children.product) * pace_at(children, at);
    }
    sum += p.devices.count * each;
  }
  return line.connections == 0 ? 0 : sum / line.connections;
}

double about_rate(const scenario_plan& plan, duration at) {
  double sum = 0;
  for (const auto& line : plan.lines) {
    sum += line_rate(plan, line, at) * target_at(line, at);
  }
  return sum;
}

/// Those of bends_of(), and each at which a curve has another step.
std::vector<duration> moments_of(const scenario_plan& plan) {
  auto out = bends_of(plan);
  for (const auto& p : plan.products) {
    for (const auto& step : p.curve) {
      if (step.begin > duration{0} && step.begin < plan.run_for) {
        out.push_back(step.begin);
      }
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

/// Of the whole run. Behind a moment and before the next the number that is on is a straight line,
/// and nobody's pace changes; at a moment both may jump.
double reports_in_all(const scenario_plan& plan, const std::vector<duration>& moments) {
  double sum = 0;
  for (std::size_t i = 1; i < moments.size(); ++i) {
    const double length = seconds(moments[i] - moments[i - 1]);
    for (const auto& line : plan.lines) {
      const auto from = target_at(line, moments[i - 1]);
      const auto to = target_at(line, moments[i] - duration{1});
      sum += length * (from + to) / 2.0 * line_rate(plan, line, moments[i - 1]);
    }
  }
  return sum;
}

void find_peak(const scenario_plan& plan, const std::vector<duration>& moments, forecast& out) {
  double most_rate = 0;
  for (const auto at : moments) {
    const auto on = target_at(plan, at);
    const double rate = about_rate(plan, at);
    // The same rate twice may differ in its last bits.
    if (rate > most_rate * (1 + 1e-9) || (most_rate == 0 && on > out.peak_connections)) {
      out.peak_connections = on;
      out.peak_at = at;
      most_rate = std::max(most_rate, rate);
    }
    out.most_connections = std::max(out.most_connections, on);
  }
}

double cloud_rate(const scenario_plan& plan) {
  double sum = 0;
  for (const auto& entry : plan.cloud_traffic) {
    const bool to_all = entry.traffic.kind == traffic_kind::broadcast
                        || entry.traffic.kind == traffic_kind::config_push;
    sum += entry.traffic.rate * (to_all ? plan.products[entry.product].devices.count : 1);
  }
  return sum;
}

} // namespace

double forecast::reports_per_s_all() const noexcept {
  return std::accumulate(reports_per_s.begin(), reports_per_s.end(), 0.0);
}

double report_rate(const scenario_product& product) noexcept {
  double sum = 0;
  for (const auto& rule : *product.report) {
    sum += 1 / seconds(rule.every);
  }
  return sum;
}

std::vector<duration> bends_of(const scenario_plan& plan) {
  std::vector<duration> out{duration{0}, plan.run_for};
  for (const auto& line : plan.lines) {
    for (const auto& segment : line.load.segments) {
      for (const auto at : {segment.begin, segment.end}) {
        if (at > duration{0} && at < plan.run_for) {
          out.push_back(at);
        }
      }
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::uint64_t memory_of(const scenario_plan& plan, const device_set& here) {
  std::uint64_t sum = process_bytes + image_bytes_of(plan);
  for (const auto& p : plan.products) {
    sum +=
        common(p.devices, here).count * (p.behind_gateway ? behind_bytes : device_bytes(p.product));
  }
  return sum;
}

forecast forecast_of(const scenario_plan& plan) {
  forecast out;
  const auto moments = moments_of(plan);
  find_peak(plan, moments, out);
  const auto online = online_at(plan, out.peak_at);
  for (std::size_t i = 0; i < plan.products.size(); ++i) {
    const auto& p = plan.products[i];
    out.reports_per_s.push_back(online[i] * report_rate(p.product) * pace_at(p, out.peak_at));
  }
  out.cloud_per_s = cloud_rate(plan);
  out.reports = reports_in_all(plan, moments);
  add_needs(plan, out);
  return out;
}

} // namespace fleet::program
