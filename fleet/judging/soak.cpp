// Medians of slopes.
#include "fleet/judging/soak.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <tuple>

#include <fmt/format.h>

#include "fleet/judging/amount.hpp"
#include "protocol/base/check.hpp"

namespace fleet::judging {

namespace {

constexpr std::size_t parts = 3;

/// What grows does so in the last part and in one more, each with a fourth of the whole's slope at
/// least; a step is in one part alone, and a saw comes back.
bool keeps_on(const std::vector<series::sample>& all, double slope) {
  const std::size_t each = all.size() / parts;
  std::array<bool, parts> grows{};
  for (std::size_t i = 0; i < parts; ++i) {
    const std::size_t from = i * each;
    const std::size_t count = i + 1 == parts ? all.size() - from : each;
    grows[i] = theil_sen(all.data() + from, count) > slope / 4;
  }
  return grows[2] && (grows[0] || grows[1]);
}

/// How wide most of the samples lie about the line with this slope: what came and went, as a saw
/// does. Growth below it could be that too.
double spread_about(const std::vector<series::sample>& all, double slope) {
  std::vector<double> off;
  for (const auto& s : all) {
    off.push_back(s.value - slope * s.at_s);
  }
  std::sort(off.begin(), off.end());
  return off[off.size() - 1 - off.size() / 10] - off[off.size() / 10];
}

growth_finding judge_one(const watched& what, const series& of) {
  const auto& all = of.samples();
  growth_finding out{what.name, what.text, what.octets, what.judged};
  if (all.empty()) {
    out.judged = false; // it cannot be had here
    return out;
  }
  std::vector<double> values;
  for (const auto& s : all) {
    values.push_back(s.value);
  }
  out.last = values.back();
  out.median = median_of(std::move(values));
  const double slope = theil_sen(all.data(), all.size());
  out.per_hour = slope * 3600;
  out.growth = slope * (all.back().at_s - all.front().at_s);
  out.limit = std::max({what.floor, what.share * std::abs(out.median), spread_about(all, slope)});
  out.grew = what.judged && out.growth > out.limit && keeps_on(all, slope);
  return out;
}

bool long_enough(const std::vector<series::sample>& samples) {
  return samples.size() >= steady_samples_least
         && samples.back().at_s - samples.front().at_s >= steady_least_s;
}

} // namespace

void series::add(double at_s, double value) {
  if (seen_++ % stride_ != 0) {
    return;
  }
  if (samples_.size() == samples_most) {
    for (std::size_t i = 0; i < samples_most / 2; ++i) {
      samples_[i] = samples_[2 * i];
    }
    samples_.resize(samples_most / 2);
    stride_ *= 2;
    if ((seen_ - 1) % stride_ != 0) {
      return;
    }
  }
  samples_.push_back({at_s, value});
}

double median_of(std::vector<double> values) {
  if (values.empty()) {
    return 0;
  }
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

double theil_sen(const series::sample* first, std::size_t count) {
  std::vector<double> slopes;
  slopes.reserve(count * (count - 1) / 2);
  for (std::size_t i = 0; i < count; ++i) {
    for (std::size_t j = i + 1; j < count; ++j) {
      if (first[j].at_s > first[i].at_s) {
        slopes.push_back((first[j].value - first[i].value) / (first[j].at_s - first[i].at_s));
      }
    }
  }
  return median_of(std::move(slopes));
}

bool soak_finding::passed() const noexcept {
  return !too_short
         && std::none_of(all.begin(), all.end(), [](const growth_finding& g) { return g.grew; });
}

soak_watch::soak_watch(std::vector<watched> what) : what_(std::move(what)) {
  whole_.all.resize(what_.size());
}

void soak_watch::put(process_series& into, double at_s,
                     const std::vector<std::optional<double>>& values) {
  FLEET_CHECK(values.size() == what_.size());
  into.all.resize(what_.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (values[i]) {
      into.all[i].add(at_s, *values[i]);
    }
  }
}

void soak_watch::add(double at_s, const std::vector<std::optional<double>>& values) {
  put(whole_, at_s, values);
}

void soak_watch::add_all(double at_s, const std::vector<process_sample>& all) {
  std::vector<std::optional<double>> sums(what_.size());
  for (const auto& one : all) {
    auto& own = by_process_[one.process];
    own.devices = one.devices;
    put(own, at_s, one.values);
    for (std::size_t i = 0; i < sums.size(); ++i) {
      if (one.values[i] && what_[i].summed) {
        sums[i] = sums[i].value_or(0) + *one.values[i];
      }
    }
  }
  put(whole_, at_s, sums);
}

/// Of those that were there for long enough to be judged; of none the one that was there longest.
growth_finding soak_watch::worst(std::size_t number) const {
  growth_finding out = judge_one(what_[number], whole_.all[number]);
  std::tuple<bool, bool, double> most{false, false, -1};
  for (const auto& [process, own] : by_process_) {
    const auto& samples = own.all[number].samples();
    if (what_[number].summed || samples.empty()) {
      continue;
    }
    auto one = judge_one(what_[number], own.all[number]);
    one.process = process;
    one.devices = own.devices;
    const bool enough = long_enough(samples);
    one.grew = one.grew && enough;
    const std::tuple rank{enough, one.grew,
                          enough ? std::max(one.growth / std::max(one.limit, 1e-9), 0.0)
                                 : static_cast<double>(samples.size())};
    if (rank > most) {
      most = rank;
      out = std::move(one);
    }
  }
  return out;
}

soak_finding soak_watch::judge(std::uint64_t devices) const {
  soak_finding out;
  out.devices = devices;
  const auto see = [&out](const std::vector<series::sample>& samples) {
    if (samples.size() > out.samples) {
      out.samples = samples.size();
      out.steady_from_s = samples.front().at_s;
      out.steady_s = samples.back().at_s - samples.front().at_s;
    }
  };
  for (std::size_t i = 0; i < what_.size(); ++i) {
    see(whole_.all[i].samples());
    for (const auto& [process, own] : by_process_) {
      see(own.all[i].samples());
    }
    out.all.push_back(worst(i));
  }
  out.too_short = out.steady_s < steady_least_s || out.samples < steady_samples_least;
  for (auto& one : out.all) {
    one.grew = one.grew && !out.too_short;
  }
  return out;
}

std::size_t soak_watch::memory_bytes() const noexcept {
  std::size_t sum = 0;
  const auto add = [&sum](const process_series& of) {
    for (const auto& one : of.all) {
      sum += one.memory_bytes();
    }
  };
  add(whole_);
  for (const auto& [process, own] : by_process_) {
    sum += own.all.capacity() * sizeof(series);
    add(own);
  }
  return sum;
}

std::vector<std::string> failures_of(const soak_finding& soak) {
  std::vector<std::string> out;
  if (!soak.never_began.empty()) {
    out.push_back("soak: nothing to judge: the steady part never began, since " + soak.never_began);
    return out;
  }
  if (soak.too_short) {
    out.push_back(fmt::format(
        "soak: too short to judge: {} of steady running with {} samples; it takes {} and {} at "
        "least",
        said(soak.steady_s, unit::duration), soak.samples, said(steady_least_s, unit::duration),
        steady_samples_least));
    return out;
  }
  for (const auto& g : soak.all) {
    if (g.grew) {
      const auto kind = g.octets ? unit::size : unit::plain;
      const auto among = g.process.empty() ? soak.devices : g.devices;
      const double devices = std::max(1.0, static_cast<double>(among));
      out.push_back(fmt::format("soak: {}{} grew by {} in {}: {} an hour, {} an hour and device",
                                g.text, g.process.empty() ? "" : " of " + g.process,
                                said(g.growth, kind), said(soak.steady_s, unit::duration),
                                said(g.per_hour, kind), said(g.per_hour / devices, kind)));
    }
  }
  return out;
}

} // namespace fleet::judging
