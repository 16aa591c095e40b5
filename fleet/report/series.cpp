// Taking samples, and making room for more.
#include "fleet/report/series.hpp"

#include <algorithm>
#include <cmath>

#include "protocol/base/check.hpp"

namespace fleet::report {

namespace {

using actors::histogram_snapshot;

/// `second` follows `first`.
void join(series_point& first, const series_point& second) {
  first.to_s = second.to_s;
  for (std::size_t i = 0; i < rise_count; ++i) {
    first.counts[i] += second.counts[i];
  }
  series_state state = second.state;
  state.in_flight = std::max(state.in_flight, first.state.in_flight);
  state.faults = std::max(state.faults, first.state.faults);
  state.lag_s = std::max(state.lag_s, first.state.lag_s);
  state.cores = std::max(state.cores, first.state.cores);
  state.resident_bytes = std::max(state.resident_bytes, first.state.resident_bytes);
  if (first.state.twin_lag_s) {
    state.twin_lag_s = std::max(state.twin_lag_s.value_or(0), *first.state.twin_lag_s);
  }
  first.state = state;
  for (std::size_t i = 0; i < actors::latency_count; ++i) {
    first.latencies[i].add(second.latencies[i]);
  }
}

} // namespace

std::string_view to_string(rise r) noexcept {
  switch (r) {
    case rise::published: return "published";
    case rise::acknowledged: return "acknowledged";
    case rise::received: return "received";
    case rise::commands: return "commands";
    case rise::resent: return "resent";
    case rise::skipped: return "skipped";
    case rise::late: return "late_sends";
    case rise::attempts: return "attempts";
    case rise::reconnects: return "reconnects";
    case rise::links_lost: return "links_lost";
    case rise::bytes_sent: return "bytes_sent";
    case rise::bytes_received: return "bytes_received";
  }
  FLEET_CHECK(false);
}

latency_part::latency_part(const histogram_snapshot& now, const histogram_snapshot& before) {
  if (now.count == before.count) {
    return;
  }
  for (std::size_t i = 0; i < histogram_snapshot::bucket_count; ++i) {
    if (now.buckets[i] != before.buckets[i]) {
      bins_.emplace_back(static_cast<std::uint16_t>(i), now.buckets[i] - before.buckets[i]);
    }
  }
  bins_.shrink_to_fit(); // it stays as it is for long
}

void latency_part::add(const latency_part& other) {
  std::vector<std::pair<std::uint16_t, std::uint64_t>> sum;
  sum.reserve(bins_.size() + other.bins_.size());
  auto a = bins_.begin();
  for (const auto& b : other.bins_) {
    for (; a != bins_.end() && a->first < b.first; ++a) {
      sum.push_back(*a);
    }
    const bool both = a != bins_.end() && a->first == b.first;
    sum.emplace_back(b.first, b.second + (both ? a->second : 0));
    a += both ? 1 : 0;
  }
  sum.insert(sum.end(), a, bins_.end());
  sum.shrink_to_fit();
  bins_ = std::move(sum);
}

std::uint64_t latency_part::count() const noexcept {
  std::uint64_t sum = 0;
  for (const auto& bin : bins_) {
    sum += bin.second;
  }
  return sum;
}

std::optional<double> latency_part::quantile(double q) const {
  const auto all = count();
  if (all == 0) {
    return std::nullopt;
  }
  const auto rank = static_cast<std::uint64_t>(std::ceil(q * static_cast<double>(all)));
  std::uint64_t seen = 0;
  for (const auto& [index, n] : bins_) {
    seen += n;
    if (seen >= rank) {
      return static_cast<double>(histogram_snapshot::upper_us(index)) * 1e-6;
    }
  }
  FLEET_CHECK(false);
}

std::size_t latency_part::memory_bytes() const noexcept {
  return bins_.capacity() * sizeof(decltype(bins_)::value_type);
}

std::optional<series_point> point_maker::take(const series_look& now) {
  if (now.at_s <= last_s_) {
    return std::nullopt;
  }
  series_point p;
  p.from_s = last_s_;
  p.to_s = now.at_s;
  p.state = now.state;
  for (std::size_t i = 0; i < rise_count; ++i) {
    p.counts[i] = now.counts[i] - counts_[i];
  }
  for (std::size_t i = 0; i < actors::latency_count; ++i) {
    p.latencies[i] = {now.latencies[i], latencies_[i]};
  }
  counts_ = now.counts;
  latencies_ = now.latencies;
  last_s_ = now.at_s;
  return p;
}

void run_series::add(const series_look& now) {
  auto fresh = maker_.take(now);
  if (!fresh) {
    return;
  }
  if (points_.size() == points_most) {
    halve();
  }
  points_.push_back(std::move(*fresh));
  // On the whole multiples, so that one look that came late makes none of the others late.
  next_s_ = (std::floor(now.at_s / every_s_ + 1e-6) + 1) * every_s_;
}

void run_series::add_end(const series_look& now) {
  if (wants(now.at_s) || points_.empty()) {
    add(now);
  } else if (const auto fresh = maker_.take(now)) {
    join(points_.back(), *fresh);
  }
}

std::size_t run_series::memory_bytes() const noexcept {
  std::size_t sum = points_.capacity() * sizeof(series_point);
  for (const auto& p : points_) {
    for (const auto& part : p.latencies) {
      sum += part.memory_bytes();
    }
  }
  return sum;
}

void run_series::halve() {
  for (std::size_t i = 0; 2 * i < points_.size(); ++i) {
    auto& to = points_[i];
    if (i != 0) {
      to = std::move(points_[2 * i]);
    }
    if (2 * i + 1 < points_.size()) {
      join(to, points_[2 * i + 1]);
    }
  }
  points_.resize((points_.size() + 1) / 2);
  every_s_ *= 2;
}

} // namespace fleet::report
