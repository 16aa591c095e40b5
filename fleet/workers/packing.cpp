// Fields to rows of numbers, by tables that both ways read.
#include "fleet/workers/packing.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include <fmt/format.h>

#include "fleet/run/soak.hpp"
#include "fleet/text/quantities.hpp"

namespace fleet::program {

namespace {

using ledger_totals = ledger::totals;
constexpr std::array<std::uint64_t ledger_totals::*, 16> ledger_fields{
    &ledger_totals::attempted,  &ledger_totals::acknowledged, &ledger_totals::accepted,
    &ledger_totals::lost,       &ledger_totals::oversized,    &ledger_totals::refused,
    &ledger_totals::duplicated, &ledger_totals::unexplained,  &ledger_totals::unexpected,
    &ledger_totals::corrupted,  &ledger_totals::out_of_order, &ledger_totals::recovered,
    &ledger_totals::unfinished, &ledger_totals::missing_qos0, &ledger_totals::learned,
    &ledger_totals::orphaned};
static_assert(sizeof(ledger_totals) == ledger_fields.size() * sizeof(std::uint64_t));

using report::traffic_fact;
constexpr std::array<std::uint64_t traffic_fact::*, 11> traffic_fields{
    &traffic_fact::attempted, &traffic_fact::answered,  &traffic_fact::timed_out,
    &traffic_fact::refused,   &traffic_fact::offline,   &traffic_fact::not_subscribed,
    &traffic_fact::busy,      &traffic_fact::unknown,   &traffic_fact::absent,
    &traffic_fact::skipped,   &traffic_fact::unanswered};

constexpr std::uint64_t no_number = std::numeric_limits<std::uint64_t>::max();

/// Those of the run itself; the order is the message's.
template <class Facts, class F>
void each_number(Facts& facts, F f) {
  f(facts.unkept);
  f(facts.over_bound);
  f(facts.online_end);
  f(facts.expected_end);
  f(facts.process.rss_start_bytes);
  f(facts.process.rss_steady_bytes);
  f(facts.process.rss_max_bytes);
}
constexpr std::size_t numbers = 8; // and the shadows

template <class T, std::size_t N>
wire_counts row_of(const T& from, const std::array<std::uint64_t T::*, N>& fields) {
  wire_counts out;
  for (const auto field : fields) {
    out.push_back(from.*field);
  }
  return out;
}

template <class T, std::size_t N>
bool read_row(T& to, const std::array<std::uint64_t T::*, N>& fields, const wire_counts& row) {
  if (row.size() != N) {
    return false;
  }
  for (std::size_t i = 0; i < N; ++i) {
    to.*fields[i] = row[i];
  }
  return true;
}

wire_counts row_of(const actors::histogram_snapshot& h) {
  wire_counts out;
  for (std::size_t i = 0; i < h.buckets.size(); ++i) {
    if (h.buckets[i] != 0) {
      out.insert(out.end(), {i, h.buckets[i]});
    }
  }
  out.insert(out.end(), {h.sum_us, h.max_us});
  return out;
}

bool read_row(actors::histogram_snapshot& to, const wire_counts& row) {
  if (row.size() < 2 || row.size() % 2 != 0) {
    return false;
  }
  to.sum_us = row[row.size() - 2];
  to.max_us = row[row.size() - 1];
  for (std::size_t i = 0; i + 2 < row.size(); i += 2) {
    if (row[i] >= to.buckets.size()) {
      return false;
    }
    to.buckets[row[i]] = row[i + 1];
    to.count += row[i + 1];
  }
  return true;
}

bool read_products(report::run_facts& to, const std::vector<packed_product>& from) {
  for (const auto& one : from) {
    auto& product = to.products.emplace_back();
    product.ledger_known = one.ledger_known;
    product.uplink_tagged = one.uplink_tagged;
    product.uplink_whole = one.uplink_whole;
    product.online_end = one.online_end;
    product.expected_end = one.expected_end;
    if (!read_row(product.uplink, ledger_fields, one.uplink)
        || !read_row(product.downlink, ledger_fields, one.downlink)) {
      return false;
    }
  }
  return true;
}

bool read_traffic(report::run_facts& to, const std::vector<packed_traffic>& from) {
  for (const auto& one : from) {
    auto& traffic = to.traffic.emplace_back();
    traffic.kind = one.kind;
    traffic.product = one.product;
    traffic.rate = one.rate;
    traffic.may_fail = one.may_fail;
    traffic.pushes_configs = one.pushes_configs;
    if (!read_row(traffic, traffic_fields, one.counts)) {
      return false;
    }
  }
  return true;
}

} // namespace

crew_end packed(const report::run_facts& part) {
  crew_end out;
  out.interrupted = part.interrupted;
  out.ledger_known = part.ledger_known;
  out.uplink_known = part.uplink_known;
  each_number(part, [&out](std::uint64_t n) { out.numbers.push_back(n); });
  out.numbers.push_back(part.shadows_waiting.value_or(no_number));
  out.uplink = row_of(part.uplink, ledger_fields);
  out.downlink = row_of(part.downlink, ledger_fields);
  out.cpu_s = part.process.cpu_s;
  for (const auto& product : part.products) {
    out.products.push_back({product.ledger_known, product.uplink_tagged, product.uplink_whole,
                            product.online_end, product.expected_end,
                            row_of(product.uplink, ledger_fields),
                            row_of(product.downlink, ledger_fields)});
  }
  for (const auto& t : part.traffic) {
    out.traffic.push_back(
        {t.kind, t.product, t.rate, t.may_fail, t.pushes_configs, row_of(t, traffic_fields)});
  }
  for (const auto& t : part.troubles) {
    out.troubles.push_back({t.reason, t.example_device, t.example_detail, t.count});
  }
  for (const auto& c : part.crashes) {
    out.crashes.push_back({c.what, c.device, c.last_events, 0});
  }
  for (const auto& latency : part.latencies) {
    out.latencies.push_back(row_of(latency));
  }
  out.failures = part.failures;
  return out;
}

wire_counts packed(const std::vector<std::optional<double>>& sample) {
  wire_counts out;
  for (const auto& value : sample) {
    out.push_back(value ? static_cast<std::uint64_t>(*value) : no_number);
  }
  return out;
}

std::optional<std::vector<std::optional<double>>> unpacked_sample(const wire_counts& from) {
  if (from.size() != soak_watched().size()) {
    return std::nullopt;
  }
  std::vector<std::optional<double>> out;
  for (const auto n : from) {
    out.push_back(n == no_number ? std::nullopt : std::optional{static_cast<double>(n)});
  }
  return out;
}

std::optional<report::run_facts> unpacked(const crew_end& from, std::size_t products) {
  report::run_facts out;
  if (from.products.size() != products || from.numbers.size() != numbers
      || from.latencies.size() != out.latencies.size()
      || !read_row(out.uplink, ledger_fields, from.uplink)
      || !read_row(out.downlink, ledger_fields, from.downlink) || !read_products(out, from.products)
      || !read_traffic(out, from.traffic)) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < from.latencies.size(); ++i) {
    if (!read_row(out.latencies[i], from.latencies[i])) {
      return std::nullopt;
    }
  }
  std::size_t at = 0;
  each_number(out, [&](std::uint64_t& n) { n = from.numbers[at++]; });
  if (from.numbers[at] != no_number) {
    out.shadows_waiting = from.numbers[at];
  }
  out.interrupted = from.interrupted;
  out.ledger_known = from.ledger_known;
  out.uplink_known = from.uplink_known;
  out.process.cpu_s = from.cpu_s;
  for (const auto& t : from.troubles) {
    out.troubles.push_back({t.reason, t.count, t.device, t.detail});
  }
  for (const auto& c : from.crashes) {
    out.crashes.push_back({c.device, c.reason, c.detail});
  }
  out.failures = from.failures;
  return out;
}

void put_ledger_lines(crew_end& into, std::string lines, std::size_t most) {
  most -= std::min(most, into.last.accounts.size());
  if (lines.size() <= most) {
    into.ledger_lines = std::move(lines);
    return;
  }
  into.failures.push_back(fmt::format(
      "the ledger file lacks its devices: their lines have {} octets, and {} at most are sent; "
      "share the devices among more workers",
      lines.size(), text::format_size(most)));
}

} // namespace fleet::program
