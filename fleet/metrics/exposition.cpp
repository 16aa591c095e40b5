// Turning samples into prometheus-cpp's families at scrape time.
#include "fleet/metrics/exposition.hpp"

#include <array>
#include <limits>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

namespace fleet::metrics {

namespace {

/// Upper bounds in seconds, from half a millisecond to a minute.
constexpr std::array<double, 16> bounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                        0.25,   0.5,   1.0,    2.5,   5.0,  10.0,  30.0, 60.0};

prometheus::MetricType type_of(kind k) {
  switch (k) {
    case kind::counter: return prometheus::MetricType::Counter;
    case kind::gauge: return prometheus::MetricType::Gauge;
    case kind::histogram: return prometheus::MetricType::Histogram;
  }
  return prometheus::MetricType::Untyped;
}

prometheus::ClientMetric::Histogram to_buckets(const actors::histogram_snapshot& h) {
  prometheus::ClientMetric::Histogram out;
  out.sample_count = h.count;
  out.sample_sum = static_cast<double>(h.sum_us) * 1e-6;
  std::size_t at = 0;
  std::uint64_t below = 0;
  for (const double bound : bounds) {
    const auto bound_us = static_cast<std::uint64_t>(bound * 1e6);
    while (at < actors::histogram_snapshot::bucket_count
           && actors::histogram_snapshot::upper_us(at) <= bound_us) {
      below += h.buckets[at++];
    }
    out.bucket.push_back({below, bound});
  }
  out.bucket.push_back({h.count, std::numeric_limits<double>::infinity()});
  return out;
}

} // namespace

std::string text_of(const std::vector<sample>& all) {
  std::array<prometheus::MetricFamily, family_count> by_family;
  for (const auto& s : all) {
    const auto& facts = facts_of(s.of);
    prometheus::ClientMetric metric;
    for (const auto& [name, value] : s.with) {
      metric.label.push_back({name, value});
    }
    switch (facts.type) {
      case kind::counter: metric.counter.value = s.value; break;
      case kind::gauge: metric.gauge.value = s.value; break;
      case kind::histogram: metric.histogram = to_buckets(*s.distribution); break;
    }
    by_family[static_cast<std::size_t>(s.of)].metric.push_back(std::move(metric));
  }
  std::vector<prometheus::MetricFamily> out;
  for (const auto& facts : families()) {
    auto& f = by_family[static_cast<std::size_t>(facts.id)];
    if (!f.metric.empty()) {
      f.name = facts.name;
      f.help = facts.help;
      f.type = type_of(facts.type);
      out.push_back(std::move(f));
    }
  }
  return static_cast<const prometheus::Serializer&>(prometheus::TextSerializer{}).Serialize(out);
}

} // namespace fleet::metrics
