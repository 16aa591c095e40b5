// Sums, and what is known of all only if it is of each.
#include "fleet/report/merge.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"

namespace fleet::report {

namespace {

/// The entry of `all` that `one` is a part of: as many of its kind went before in both.
traffic_fact& counterpart(std::vector<traffic_fact>& all, const traffic_fact& one,
                          std::size_t before) {
  for (auto& each : all) {
    if (each.kind == one.kind && each.product == one.product && before-- == 0) {
      return each;
    }
  }
  auto& made = all.emplace_back();
  made.kind = one.kind;
  made.product = one.product;
  made.may_fail = one.may_fail;
  made.pushes_configs = one.pushes_configs;
  return made;
}

void add(traffic_fact& to, const traffic_fact& from) {
  constexpr std::array counts{
      &traffic_fact::attempted, &traffic_fact::answered,  &traffic_fact::timed_out,
      &traffic_fact::refused,   &traffic_fact::offline,   &traffic_fact::not_subscribed,
      &traffic_fact::busy,      &traffic_fact::unknown,   &traffic_fact::absent,
      &traffic_fact::skipped,   &traffic_fact::unanswered};
  for (const auto count : counts) {
    to.*count += from.*count;
  }
  // What goes to all goes to each worker's at the whole rate.
  const bool to_all = from.pushes_configs || from.kind == "broadcast";
  to.rate = to_all ? std::max(to.rate, from.rate) : to.rate + from.rate;
}

void add_traffic(run_facts& whole, const run_facts& part) {
  for (std::size_t i = 0; i < part.traffic.size(); ++i) {
    const auto& one = part.traffic[i];
    const auto same = [&one](const traffic_fact& t) {
      return t.kind == one.kind && t.product == one.product;
    };
    const auto end = part.traffic.begin() + static_cast<std::ptrdiff_t>(i);
    const auto before = std::count_if(part.traffic.begin(), end, same);
    add(counterpart(whole.traffic, one, static_cast<std::size_t>(before)), one);
  }
}

void add_troubles(run_facts& whole, const run_facts& part) {
  for (const auto& one : part.troubles) {
    const auto known = std::find_if(whole.troubles.begin(), whole.troubles.end(),
                                    [&one](const auto& t) { return t.reason == one.reason; });
    if (known == whole.troubles.end()) {
      whole.troubles.push_back(one);
    } else {
      known->count += one.count;
    }
  }
  std::stable_sort(whole.troubles.begin(), whole.troubles.end(),
                   [](const auto& a, const auto& b) { return a.count > b.count; });
  whole.crashes.insert(whole.crashes.end(), part.crashes.begin(), part.crashes.end());
}

} // namespace

void begin_parts(run_facts& whole) {
  whole.online_end = whole.expected_end = 0;
  whole.ledger_known = whole.uplink_known = true;
  whole.uplink = whole.downlink = {};
  for (auto& latency : whole.latencies) {
    latency = {};
  }
  for (auto& product : whole.products) {
    product.online_end = product.expected_end = 0;
    product.uplink = product.downlink = {};
    product.ledger_known = product.uplink_tagged = product.uplink_whole = true;
  }
}

void add_part(run_facts& whole, const run_facts& part) {
  FLEET_CHECK(whole.products.size() == part.products.size());
  whole.ledger_known = whole.ledger_known && part.ledger_known;
  whole.uplink_known = whole.uplink_known && part.uplink_known;
  whole.unkept += part.unkept;
  whole.over_bound += part.over_bound;
  whole.online_end += part.online_end;
  whole.expected_end += part.expected_end;
  whole.online_max = std::max(whole.online_max, whole.online_end);
  if (part.shadows_waiting) {
    whole.shadows_waiting = whole.shadows_waiting.value_or(0) + *part.shadows_waiting;
  }
  whole.uplink += part.uplink;
  whole.downlink += part.downlink;
  for (std::size_t i = 0; i < whole.latencies.size(); ++i) {
    whole.latencies[i].add(part.latencies[i]);
  }
  for (std::size_t i = 0; i < whole.products.size(); ++i) {
    auto& to = whole.products[i];
    const auto& from = part.products[i];
    to.online_end += from.online_end;
    to.expected_end += from.expected_end;
    to.online_max = std::max(to.online_max, to.online_end);
    to.uplink += from.uplink;
    to.downlink += from.downlink;
    to.ledger_known = to.ledger_known && from.ledger_known;
    to.uplink_tagged = to.uplink_tagged && from.uplink_tagged;
    to.uplink_whole = to.uplink_whole && from.uplink_whole;
  }
  add_traffic(whole, part);
  add_troubles(whole, part);
  whole.process.cpu_s += part.process.cpu_s;
  whole.process.rss_start_bytes += part.process.rss_start_bytes;
  whole.process.rss_steady_bytes += part.process.rss_steady_bytes;
  whole.process.rss_max_bytes += part.process.rss_max_bytes;
}

} // namespace fleet::report
