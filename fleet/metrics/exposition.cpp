// Turning samples into prometheus-cpp's families at scrape time.
#include "fleet/metrics/exposition.hpp"

#include <array>
#include <exception>

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/metric_family.h>

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

class collector final : public prometheus::Collectable {
public:
  explicit collector(reader read) : read_(std::move(read)) {}

  std::vector<prometheus::MetricFamily> Collect() const override {
    std::array<prometheus::MetricFamily, family_count> by_family;
    for (const auto& s : read_()) {
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
    return out;
  }

private:
  reader read_;
};

} // namespace

struct page::state {
  std::shared_ptr<collector> source;
  std::unique_ptr<prometheus::Exposer> exposer;
};

page::page(std::unique_ptr<state> s) : state_(std::move(s)) {}
page::~page() = default;

std::uint16_t page::port() const {
  return static_cast<std::uint16_t>(state_->exposer->GetListeningPorts().front());
}

result<std::unique_ptr<page>, std::string> page::serve(const std::string& address, reader read) {
  auto s = std::make_unique<state>();
  s->source = std::make_shared<collector>(std::move(read));
  // The library throws when it cannot listen; nothing beyond this door does.
  try {
    s->exposer = std::make_unique<prometheus::Exposer>(address, 1);
  } catch (const std::exception&) {
    return fail(
        "metrics: cannot listen on " + address
        + ": the address is in use or not ours; choose another with --metrics ADDR:PORT, or "
          "--metrics off");
  }
  s->exposer->RegisterCollectable(s->source);
  return std::unique_ptr<page>{new page{std::move(s)}};
}

} // namespace fleet::metrics
