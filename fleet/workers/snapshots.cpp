// Meters to messages.
#include "fleet/workers/snapshots.hpp"

#include <algorithm>
#include <utility>

#include "fleet/run/machine.hpp"
#include "fleet/workers/counts.hpp"

namespace fleet::program {

namespace {

std::uint64_t load(const std::atomic<std::uint64_t>& c) noexcept {
  return c.load(std::memory_order_relaxed);
}

/// Adds one to a row that the first of several has made.
class row_adder {
public:
  explicit row_adder(wire_counts& to) : to_(to) {}
  void operator()(const std::atomic<std::uint64_t>& c) {
    if (at_ == to_.size()) {
      to_.push_back(0);
    }
    to_[at_++] += load(c);
  }

private:
  wire_counts& to_;
  std::size_t at_ = 0;
};

} // namespace

snapshot_maker::snapshot_maker(const shown_run& run, bool accounts) : run_(run) {
  const std::size_t histograms = [] {
    std::size_t n = 0;
    const actors::meters none;
    each_histogram(none, [&n](const auto&) { ++n; });
    return n;
  }();
  told_.resize(run.shards.front()->parts.size(),
               std::vector<actors::histogram_snapshot>(histograms));
  if (accounts) {
    accounts_.emplace();
  }
}

void snapshot_maker::begin_anew() {
  whole_ = true;
  if (accounts_) {
    accounts_->begin_anew();
  }
  for (auto& product : told_) {
    std::fill(product.begin(), product.end(), actors::histogram_snapshot{});
  }
}

crew_snapshot snapshot_maker::make(double at_s) {
  crew_snapshot out;
  out.at_s = at_s;
  out.whole = std::exchange(whole_, false);
  out.cpu_s = cpu_seconds();
  out.rss_bytes = resident_bytes();
  for (std::size_t i = 0; i < told_.size(); ++i) {
    auto& product = out.products.emplace_back();
    std::vector<actors::histogram_snapshot> now(told_[i].size());
    for (const actors::shard* shard : run_.shards) {
      const auto& meters = shard->parts[i].counts;
      row_adder add{product.counters};
      each_counter(meters, [&add](const auto& c) { add(c); });
      std::size_t at = 0;
      each_histogram(meters, [&](const auto& h) { h.read(now[at++]); });
    }
    for (std::size_t h = 0; h < now.size(); ++h) {
      for (std::size_t bin = 0; bin < now[h].buckets.size(); ++bin) {
        if (const auto more = now[h].buckets[bin] - told_[i][h].buckets[bin]; more != 0) {
          product.bins.insert(product.bins.end(), {h, bin, more});
        }
      }
    }
    told_[i] = std::move(now);
  }
  for (const actors::shard* shard : run_.shards) {
    out.started += shard->started.load(std::memory_order_relaxed);
    out.stopped += shard->stopped.load(std::memory_order_relaxed);
    row_adder add_trouble{out.troubles};
    for (const auto& c : shard->trouble_counts) {
      add_trouble(c);
    }
    row_adder add{out.home};
    each_home_counter(shard->home.meters(), [&add](const auto& c) { add(c); });
  }
  for (const auto& row : run_.faults.rows()) {
    out.faults.push_back({row.name, static_cast<std::uint8_t>(row.what), row.figures.selected,
                          row.figures.hit, row.figures.strikes});
  }
  if (accounts_) {
    out.accounts = accounts_->changed(run_);
  }
  return out;
}

} // namespace fleet::program
