// Messages to meters.
#include "fleet/workers/mirror.hpp"

#include <algorithm>
#include <set>

#include "fleet/run/company.hpp"
#include "fleet/workers/counts.hpp"
#include "protocol/base/check.hpp"

namespace fleet::program {

namespace {

std::size_t counters_of_a_product() {
  std::size_t n = 0;
  const actors::meters none;
  each_counter(none, [&n](const auto&) { ++n; });
  return n;
}

std::size_t histograms_of_a_product() {
  std::size_t n = 0;
  const actors::meters none;
  each_histogram(none, [&n](const auto&) { ++n; });
  return n;
}

constexpr std::uint64_t bin_count_most = 1'000'000'000;

std::uint64_t at_or_0(const wire_counts& row, std::size_t at) {
  return at < row.size() ? row[at] : 0;
}

duration microseconds(std::uint64_t us) {
  return std::chrono::microseconds{static_cast<std::int64_t>(us)};
}

} // namespace

hal::stream_ptr mirror_home::connect(const hal::connect_options&, hal::stream_events&) {
  FLEET_CHECK(false); // nobody lives here
}

result<std::unique_ptr<hal::listener>, hal::listen_error>
mirror_home::listen(const hal::listen_options&, hal::accept_events&) {
  return fail(hal::listen_error::not_permitted);
}

hal::datagram_ptr mirror_home::open_datagrams(const hal::datagram_options&, hal::datagram_events&) {
  FLEET_CHECK(false); // likewise
}

result<hal::datagram_ptr, hal::listen_error> mirror_home::bind_datagrams(const hal::address&,
                                                                         hal::datagram_events&) {
  return fail(hal::listen_error::not_permitted);
}

void mirror_home::show(const wire_counts& counts, const wire_counts& before) {
  std::size_t at = 0;
  each_home_counter(meters_, [&](auto& c) {
    if (at < counts.size()) {
      c.store(counts[at] + at_or_0(before, at), std::memory_order_relaxed);
      ++at;
    }
  });
}

wire_counts mirror_home::shown() const {
  wire_counts out;
  each_home_counter(meters_, [&out](const auto& c) { out.push_back(c.load()); });
  return out;
}

shard_mirror::shard_mirror(const actors::product_map& products)
    : shard_(home_, products, {}, scratch_), bins_(shard_.parts.size()) {
  before_.products.resize(shard_.parts.size());
}

bool shard_mirror::fits(const crew_snapshot& now) const {
  return std::all_of(now.faults.begin(), now.faults.end(),
                     [](const fault_snapshot& f) { return f.effect < faults::effect_count; })
         && now.part <= static_cast<std::uint8_t>(run_part::leaving)
         && now.products.size() == shard_.parts.size()
         && now.troubles.size() == shard_.trouble_counts.size()
         && std::all_of(
             now.products.begin(), now.products.end(), [&now](const product_snapshot& p) {
               if (p.counters.size() != counters_of_a_product() || p.bins.size() % 3 != 0) {
                 return false;
               }
               for (std::size_t i = 0; i < p.bins.size(); i += 3) {
                 if (p.bins[i] >= histograms_of_a_product()
                     || p.bins[i + 1] >= actors::histogram_snapshot::bucket_count
                     || (!now.whole && p.bins[i + 2] > bin_count_most)) {
                   return false;
                 }
               }
               return true;
             });
}

bool shard_mirror::show(const crew_snapshot& now, bool over) {
  if (!fits(now)) {
    return false;
  }
  const bool stands = !over && now.part == static_cast<std::uint8_t>(run_part::leaving);
  for (std::size_t i = 0; i < now.products.size(); ++i) {
    const auto& from = now.products[i];
    std::set<const void*> kept;
    if (stands) {
      each_gauge(shard_.parts[i].counts, [&kept](const auto& c) { kept.insert(&c); });
    }
    std::size_t at = 0;
    each_counter(shard_.parts[i].counts, [&](auto& c) {
      if (!kept.contains(&c)) {
        c.store(from.counters[at] + at_or_0(before_.products[i], at), std::memory_order_relaxed);
      }
      ++at;
    });
    show_bins(i, from.bins, now.whole);
  }
  shard_.started.store(std::max(now.started, before_.started), std::memory_order_relaxed);
  shard_.stopped.store(now.stopped + before_.stopped, std::memory_order_relaxed);
  for (std::size_t i = 0; i < shard_.trouble_counts.size(); ++i) {
    shard_.trouble_counts[i].store(now.troubles[i] + at_or_0(before_.troubles, i),
                                   std::memory_order_relaxed);
  }
  home_.show(now.home, before_.home);
  show_faults(now.faults);
  return true;
}

/// Each into the bin that it comes from: exact by bins, and by its sum to the width of one.
void shard_mirror::show_bins(std::size_t product, const wire_counts& bins, bool whole) {
  std::vector<actors::histogram*> all;
  each_histogram(shard_.parts[product].counts, [&all](auto& h) { all.push_back(&h); });
  for (std::size_t b = 0; b < bins.size(); b += 3) {
    auto& counted = bins_[product][{bins[b], bins[b + 1]}];
    const auto more = std::min(whole ? bins[b + 2] - std::min(counted, bins[b + 2]) : bins[b + 2],
                               bin_count_most);
    counted += more;
    const auto value = microseconds(actors::histogram_snapshot::upper_us(bins[b + 1]));
    for (std::uint64_t n = 0; n < more; ++n) {
      all[bins[b]]->record(value);
    }
  }
}

void shard_mirror::show_faults(const std::vector<fault_snapshot>& told) {
  for (const auto& fault : told) {
    auto known = std::find_if(marks_.rbegin(), marks_.rend(),
                              [&fault](const auto* m) { return m->name == fault.name; });
    if (known == marks_.rend()) {
      auto* const made = shard_.faults.add(fault.name, static_cast<faults::effect>(fault.effect));
      if (made == nullptr) {
        return;
      }
      marks_.push_back(made);
      known = marks_.rbegin();
    }
    const auto former =
        std::find_if(before_.faults.begin(), before_.faults.end(),
                     [&fault](const fault_snapshot& f) { return f.name == fault.name; });
    const bool was = former != before_.faults.end();
    (*known)->selected.store(fault.selected, std::memory_order_relaxed);
    (*known)->hit.store(std::max(fault.hit, was ? former->hit : 0), std::memory_order_relaxed);
    (*known)->strikes.store(fault.strikes + (was ? former->strikes : 0), std::memory_order_relaxed);
  }
}

void shard_mirror::lose() {
  for (std::size_t i = 0; i < shard_.parts.size(); ++i) {
    auto& counts = shard_.parts[i].counts;
    each_gauge(counts, [](auto& c) { c.store(0, std::memory_order_relaxed); });
    counts.online_max.store(0, std::memory_order_relaxed);
    before_.products[i].clear();
    each_counter(counts, [&](const auto& c) { before_.products[i].push_back(c.load()); });
    bins_[i].clear();
  }
  before_.troubles.clear();
  for (const auto& c : shard_.trouble_counts) {
    before_.troubles.push_back(c.load());
  }
  before_.home = home_.shown();
  before_.started = shard_.started.load();
  before_.stopped = shard_.stopped.load();
  before_.faults.clear();
  for (const auto* mark : marks_) {
    before_.faults.push_back({mark->name, static_cast<std::uint8_t>(mark->what),
                              mark->selected.load(), mark->hit.load(), mark->strikes.load()});
  }
}

} // namespace fleet::program
