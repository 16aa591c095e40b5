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

void add_row(wire_counts& to, const wire_counts& more) {
  to.resize(std::max(to.size(), more.size()));
  for (std::size_t i = 0; i < more.size(); ++i) {
    to[i] += more[i];
  }
}

/// Of each counter, whether it is one of those that `choose` calls its argument with.
template <class F>
std::vector<bool> counters_of(F choose) {
  const auto made = std::make_unique<actors::meters>();
  choose(*made, [](auto& c) { c.store(1, std::memory_order_relaxed); });
  std::vector<bool> out;
  each_counter(*made, [&out](const auto& c) { out.push_back(c.load() != 0); });
  return out;
}

/// Whether it tells of what is, and not of what was.
const std::vector<bool>& counters_that_stand() {
  static const auto all = counters_of([](auto& m, auto set) { each_gauge(m, set); });
  return all;
}

/// Whether it is 0 of devices that are gone: such a one, or the most that there was of one.
const std::vector<bool>& counters_that_go() {
  static const auto all = counters_of([](auto& m, auto set) {
    each_gauge(m, set);
    set(m.online_max);
  });
  return all;
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

void mirror_home::show(const wire_counts& counts) {
  std::size_t at = 0;
  each_home_counter(meters_, [&](auto& c) {
    if (at < counts.size()) {
      c.store(counts[at++], std::memory_order_relaxed);
    }
  });
}

shard_mirror::shard_mirror(const actors::product_map& products)
    : products_(products), shard_(home_, products, {}, scratch_) {
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

void shard_mirror::add(counted& to, const counted& more) {
  to.products.resize(std::max(to.products.size(), more.products.size()));
  for (std::size_t i = 0; i < more.products.size(); ++i) {
    add_row(to.products[i], more.products[i]);
  }
  add_row(to.troubles, more.troubles);
  add_row(to.home, more.home);
  to.started += more.started;
  to.stopped += more.stopped;
  for (const auto& [name, fault] : more.faults) {
    auto& sum = to.faults[name];
    sum.name = name;
    sum.effect = fault.effect;
    sum.selected += fault.selected;
    sum.hit += fault.hit;
    sum.strikes += fault.strikes;
  }
}

bool shard_mirror::show(const crew_snapshot& now, std::size_t piece, bool over) {
  if (!fits(now)) {
    return false;
  }
  const bool stands = !over && now.part == static_cast<std::uint8_t>(run_part::leaving);
  auto& of = pieces_[piece];
  of.bins.resize(shard_.parts.size());
  const auto before = std::exchange(of.now.products, {});
  of.now = {{}, now.troubles, now.home, now.started, now.stopped, {}};
  for (const auto& fault : now.faults) {
    of.now.faults[fault.name] = fault;
  }
  for (std::size_t i = 0; i < now.products.size(); ++i) {
    auto& shown = of.now.products.emplace_back(now.products[i].counters);
    for (std::size_t at = 0; stands && at < shown.size(); ++at) {
      if (counters_that_stand()[at]) {
        shown[at] = i < before.size() ? at_or_0(before[i], at) : 0;
      }
    }
    show_bins(i, of.bins[i], now.products[i].bins, now.whole);
  }
  show_all();
  return true;
}

void shard_mirror::follow(std::size_t piece, std::size_t of) {
  followed_[piece] = first_of(of);
}

std::size_t shard_mirror::first_of(std::size_t piece) const {
  const auto found = followed_.find(piece);
  return found == followed_.end() ? piece : found->second;
}

/// Those who come later start devices that were started before, and hit those that were hit.
shard_mirror::devices_counted shard_mirror::devices_of(std::size_t first) const {
  devices_counted out;
  for (const auto& [number, piece] : pieces_) {
    if (first_of(number) != first) {
      continue;
    }
    out.started += piece.now.started;
    for (const auto& [name, fault] : piece.now.faults) {
      out.faults[name].selected += fault.selected;
      out.faults[name].hit += fault.hit;
    }
  }
  if (const auto before = devices_before_.find(first); before != devices_before_.end()) {
    out.started = std::max(out.started, before->second.started);
    for (const auto& [name, fault] : before->second.faults) {
      auto& now = out.faults[name];
      now.selected = std::max(now.selected, fault.selected);
      now.hit = std::max(now.hit, fault.hit);
    }
  }
  return out;
}

void shard_mirror::show_all() {
  counted live;
  for (const auto& [number, piece] : pieces_) {
    add(live, piece.now);
  }
  counted sum = before_;
  add(sum, live);
  for (std::size_t i = 0; i < sum.products.size(); ++i) {
    std::size_t at = 0;
    each_counter(shard_.parts[i].counts, [&](auto& c) {
      c.store(at_or_0(sum.products[i], at), std::memory_order_relaxed);
      ++at;
    });
  }
  std::set<std::size_t> firsts;
  for (const auto& [first, devices] : devices_before_) {
    firsts.insert(first);
  }
  for (const auto& [number, piece] : pieces_) {
    firsts.insert(first_of(number));
  }
  devices_counted devices;
  for (const auto first : firsts) {
    const auto some = devices_of(first);
    devices.started += some.started;
    for (const auto& [name, fault] : some.faults) {
      devices.faults[name].selected += fault.selected;
      devices.faults[name].hit += fault.hit;
    }
  }
  shard_.started.store(devices.started, std::memory_order_relaxed);
  shard_.stopped.store(sum.stopped, std::memory_order_relaxed);
  for (std::size_t i = 0; i < shard_.trouble_counts.size(); ++i) {
    shard_.trouble_counts[i].store(at_or_0(sum.troubles, i), std::memory_order_relaxed);
  }
  home_.show(sum.home);
  for (auto& [name, fault] : sum.faults) {
    fault.selected = devices.faults[name].selected;
    fault.hit = devices.faults[name].hit;
  }
  show_faults(sum.faults);
}

/// Each into the bin that it comes from: exact by bins, and by its sum to the
/// width of one.
void shard_mirror::show_bins(std::size_t product, counted_bins& known, const wire_counts& bins,
                             bool whole) {
  std::vector<actors::histogram*> all;
  each_histogram(shard_.parts[product].counts, [&all](auto& h) { all.push_back(&h); });
  for (std::size_t b = 0; b < bins.size(); b += 3) {
    auto& so_far = known[{bins[b], bins[b + 1]}];
    const auto more =
        std::min(whole ? bins[b + 2] - std::min(so_far, bins[b + 2]) : bins[b + 2], bin_count_most);
    so_far += more;
    const auto value = microseconds(actors::histogram_snapshot::upper_us(bins[b + 1]));
    for (std::uint64_t n = 0; n < more; ++n) {
      all[bins[b]]->record(value);
    }
  }
}

void shard_mirror::show_faults(const std::map<std::string, fault_snapshot>& faults) {
  for (const auto& entry : faults) {
    const auto& name = entry.first;
    const auto& fault = entry.second;
    auto known = std::find_if(marks_.rbegin(), marks_.rend(),
                              [&name](const auto* m) { return m->name == name; });
    if (known == marks_.rend()) {
      auto* const made = shard_.faults.add(name, static_cast<faults::effect>(fault.effect));
      if (made == nullptr) {
        return;
      }
      marks_.push_back(made);
      known = marks_.rbegin();
    }
    (*known)->selected.store(fault.selected, std::memory_order_relaxed);
    (*known)->hit.store(fault.hit, std::memory_order_relaxed);
    (*known)->strikes.store(fault.strikes, std::memory_order_relaxed);
  }
}

void shard_mirror::lose(std::size_t piece) {
  const auto found = pieces_.find(piece);
  if (found == pieces_.end()) {
    return;
  }
  // As many as were shown: what begins again has no more than that.
  const auto first = first_of(piece);
  devices_before_[first] = devices_of(first);
  auto left = std::move(found->second.now);
  pieces_.erase(found);
  const auto& goes = counters_that_go();
  for (auto& product : left.products) {
    for (std::size_t at = 0; at < product.size(); ++at) {
      product[at] = goes[at] ? 0 : product[at];
    }
  }
  add(before_, left);
  show_all();
}

std::unique_ptr<shard_mirror> shard_mirror::counts_of(std::size_t piece) const {
  auto out = std::make_unique<shard_mirror>(products_);
  if (const auto found = pieces_.find(piece); found != pieces_.end()) {
    out->pieces_[piece].now = found->second.now;
    out->show_all();
  }
  return out;
}

actors::histogram_snapshot shard_mirror::latency_of(std::size_t piece,
                                                    actors::latency which) const {
  actors::histogram_snapshot out;
  const auto found = pieces_.find(piece);
  if (found == pieces_.end()) {
    return out;
  }
  for (const auto& product : found->second.bins) {
    for (const auto& [bin, count] : product) { // latencies are the first of each_histogram()
      if (bin.first == static_cast<std::uint64_t>(which)) {
        const auto value = actors::histogram_snapshot::upper_us(bin.second);
        out.buckets[bin.second] += count;
        out.count += count;
        out.sum_us += count * value;
        out.max_us = std::max(out.max_us, value);
      }
    }
  }
  return out;
}

} // namespace fleet::program
