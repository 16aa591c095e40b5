// Sums over products and the load's segments.
#include "fleet/explain/forecast.hpp"

#include <algorithm>
#include <numeric>

#include "fleet/run/descriptors.hpp"

namespace fleet::program {

namespace {

constexpr std::uint64_t kib = 1024;
constexpr std::uint64_t process_bytes = 16 * kib * kib; ///< of a run with one device

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

void add_needs(const scenario_plan& plan, forecast& out) {
  std::uint64_t streams = 0;
  out.memory_bytes = out.memory_virtual_bytes = process_bytes + image_bytes_of(plan);
  for (const auto& p : plan.products) {
    constexpr std::uint64_t virtual_bytes = 4 * kib + kib / 2;
    constexpr std::uint64_t behind_bytes = 2 * kib;
    const bool connects = !p.behind_gateway;
    streams += connects && p.product.protocol != device_protocol::coap ? p.devices.count : 0;
    out.memory_bytes += p.devices.count * (connects ? device_bytes(p.product) : behind_bytes);
    out.memory_virtual_bytes += p.devices.count * (connects ? virtual_bytes : behind_bytes);
  }
  out.descriptors_with_target = plan.connections + descriptors_beside;
  out.descriptors = out.descriptors_with_target + streams + download_descriptors(plan);
}

/// Who of each product is on when `connections` are: ramps start them in one order.
std::vector<std::uint32_t> online_of(const scenario_plan& plan, std::uint32_t connections) {
  std::vector<std::uint32_t> out(plan.products.size(), 0);
  auto order = start_order(plan);
  order.resize(std::min<std::size_t>(order.size(), connections));
  for (const auto device : order) {
    const auto number = product_of(plan, device);
    ++out[number];
    if (const auto& p = plan.products[number]; p.children_each != 0) {
      out[p.children_product] += p.children_each;
    }
  }
  return out;
}

/// Connections times seconds, over the whole run.
double connection_seconds(const scenario_plan& plan, const std::vector<duration>& bends) {
  double sum = 0;
  for (std::size_t i = 1; i < bends.size(); ++i) {
    // Behind a bend and before the next the number is a straight line; at a bend it may jump.
    const auto from = target_at(plan, bends[i - 1]);
    const auto to = target_at(plan, bends[i] - duration{1});
    sum += seconds(bends[i] - bends[i - 1]) * (from + to) / 2.0;
  }
  return sum;
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
  for (const auto& segment : plan.load) {
    for (const auto at : {segment.begin, segment.end}) {
      if (at > duration{0} && at < plan.run_for) {
        out.push_back(at);
      }
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

forecast forecast_of(const scenario_plan& plan) {
  forecast out;
  const auto bends = bends_of(plan);
  for (const auto at : bends) {
    if (const auto on = target_at(plan, at); on > out.peak_connections) {
      out.peak_connections = on;
      out.peak_at = at;
    }
  }
  const auto online = online_of(plan, out.peak_connections);
  for (std::size_t i = 0; i < plan.products.size(); ++i) {
    out.reports_per_s.push_back(online[i] * report_rate(plan.products[i].product));
  }
  out.cloud_per_s = cloud_rate(plan);
  if (out.peak_connections != 0) {
    out.reports = out.reports_per_s_all() / out.peak_connections * connection_seconds(plan, bends);
  }
  add_needs(plan, out);
  return out;
}

} // namespace fleet::program
