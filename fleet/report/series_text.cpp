// The series as JSON, column by column.
#include <fmt/format.h>

#include "fleet/report/series.hpp"
#include "protocol/base/check.hpp"

namespace fleet::report {

namespace {

constexpr std::array<std::pair<std::string_view, double>, 3> quantiles{
    {{"p50", 0.5}, {"p90", 0.9}, {"p99", 0.99}}};

std::string_view unit_of(rise r) noexcept {
  switch (r) {
    case rise::published:
    case rise::acknowledged:
    case rise::received:
    case rise::commands:
    case rise::resent:
    case rise::skipped:
    case rise::late: return "messages";
    case rise::attempts:
    case rise::reconnects:
    case rise::links_lost: return "connections";
    case rise::bytes_sent:
    case rise::bytes_received: return "octets";
  }
  FLEET_CHECK(false);
}

/// Short, and as exact as what was measured.
std::string number(double value) {
  return fmt::format("{:.5g}", value);
}

std::string number(const std::optional<double>& value) {
  return value ? number(*value) : std::string{};
}

} // namespace

std::vector<series_column> series_columns() {
  std::vector<series_column> out{{"at_s", "seconds"}, {"wanted", "devices"}};
  for (std::size_t i = 0; i < actors::phase_count; ++i) {
    out.push_back({std::string{actors::to_string(static_cast<actors::phase>(i))}, "devices"});
  }
  for (std::size_t i = 0; i < rise_count; ++i) {
    const auto r = static_cast<rise>(i);
    out.push_back({std::string{to_string(r)}, std::string{unit_of(r)}});
  }
  out.push_back({"in_flight", "messages"});
  out.push_back({"faults", "faults"});
  for (std::size_t i = 0; i < actors::latency_count; ++i) {
    const std::string of{actors::to_string(static_cast<actors::latency>(i))};
    out.push_back({of + "_count", "samples"});
    for (const auto& [name, q] : quantiles) {
      out.push_back({of + "_" + std::string{name} + "_s", "seconds"});
    }
  }
  out.push_back({"home_lag_s", "seconds"});
  out.push_back({"twin_lag_s", "seconds"});
  out.push_back({"cores_busy", "processors"});
  out.push_back({"resident_bytes", "octets"});
  return out;
}

std::vector<std::string> series_values(const series_point& p) {
  std::vector<std::string> out{fmt::format("{:.1f}", p.to_s), std::to_string(p.state.wanted)};
  for (const auto n : p.state.in_phase) {
    out.push_back(std::to_string(n));
  }
  for (const auto n : p.counts) {
    out.push_back(std::to_string(n));
  }
  out.push_back(std::to_string(p.state.in_flight));
  out.push_back(std::to_string(p.state.faults));
  for (const auto& part : p.latencies) {
    out.push_back(std::to_string(part.count()));
    for (const auto& [name, q] : quantiles) {
      out.push_back(number(part.quantile(q)));
    }
  }
  out.push_back(number(p.state.lag_s));
  out.push_back(number(p.state.twin_lag_s));
  out.push_back(fmt::format("{:.2f}", p.state.cores));
  out.push_back(std::to_string(p.state.resident_bytes));
  return out;
}

std::string series_json(const run_series& s) {
  const auto columns = series_columns();
  std::vector<std::string> lists(columns.size());
  for (const auto& p : s.points()) {
    const auto values = series_values(p);
    for (std::size_t i = 0; i < values.size(); ++i) {
      lists[i] += lists[i].empty() ? "" : ",";
      lists[i] += values[i].empty() ? "null" : values[i];
    }
  }
  std::string out = fmt::format("{{\"every_s\":{:.0f}", s.every_s());
  for (std::size_t i = 0; i < columns.size(); ++i) {
    out += fmt::format(",\"{}\":[{}]", columns[i].name, lists[i]);
  }
  return out + "}";
}

std::string histogram_json(const actors::histogram_snapshot& h) {
  constexpr std::size_t together = (1U << actors::histogram_snapshot::sub_bits) / 8;
  std::string uppers;
  std::string counts;
  for (std::size_t i = 0; i < actors::histogram_snapshot::bucket_count; i += together) {
    std::uint64_t sum = 0;
    for (std::size_t j = i; j < i + together; ++j) {
      sum += h.buckets[j];
    }
    if (sum != 0) {
      const auto upper = actors::histogram_snapshot::upper_us(i + together - 1);
      uppers +=
          fmt::format("{}{:.6g}", uppers.empty() ? "" : ",", static_cast<double>(upper) * 1e-6);
      counts += fmt::format("{}{}", counts.empty() ? "" : ",", sum);
    }
  }
  return fmt::format("{{\"upper_s\":[{}],\"count\":[{}]}}", uppers, counts);
}

} // namespace fleet::report
