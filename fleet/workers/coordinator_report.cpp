// The coordinator after the run: one report of what each worker came to.
#include <algorithm>

#include <fmt/format.h>

#include "fleet/report/merge.hpp"
#include "fleet/workers/coordinator.hpp"

namespace fleet::program {

/// What its devices had sent and been acknowledged when it was last heard of; what the far side had
/// of them nobody can tell any more.
report::run_facts coordinator::lost_part(const worker& w,
                                         const std::vector<device_range>& products) const {
  // The mirror's shard is asked as any other; it is read alone.
  const std::vector<actors::shard*> alone{&w.mirror->shard()};
  report::run_facts out;
  for (std::size_t i = 0; i < products.size(); ++i) {
    auto& product = out.products.emplace_back();
    const auto counts = report::read_totals(alone, i);
    product.ledger_known = common(products[i], w.devices).count == 0;
    product.uplink.attempted = counts.published_all();
    product.uplink.acknowledged = counts.acknowledged;
    out.uplink += product.uplink;
  }
  for (std::size_t i = 0; i < out.latencies.size(); ++i) {
    out.latencies[i] = report::read_latency(alone, static_cast<actors::latency>(i));
  }
  out.process.cpu_s = w.last.cpu_s;
  out.process.rss_max_bytes = w.last.rss_bytes;
  return out;
}

void coordinator::complete(report::run_facts& facts) {
  std::vector<device_range> products;
  std::uint32_t first = 0;
  for (const auto& product : facts.products) {
    products.push_back({first, static_cast<std::uint32_t>(product.devices)});
    first += products.back().count;
  }
  report::begin_parts(facts);
  for (auto& w : workers_) {
    if (!w.report && !w.lost_at_s) {
      lose(w, "it gave no report in time");
    }
    report::add_part(facts, w.report ? *w.report : lost_part(w, products));
    const auto who = fmt::format("worker {}", number_of(w));
    if (w.lost_at_s) {
      facts.failures.push_back(fmt::format(
          "{} with devices {} to {} was lost at {:.1f} s ({}): of it the report has what was heard "
          "until {:.1f} s",
          who, w.devices.first, w.devices.first + w.devices.count - 1, *w.lost_at_s, w.why,
          w.last.at_s));
    } else {
      for (const auto& why : w.report->failures) {
        facts.failures.push_back(who + ": " + why);
      }
      if (w.report->interrupted) {
        facts.failures.push_back(who + " was interrupted");
      }
    }
  }
  facts_ = told();
}

std::vector<report::worker_fact> coordinator::told() const {
  std::vector<report::worker_fact> out;
  for (const auto& w : workers_) {
    auto& fact = out.emplace_back();
    fact.number = static_cast<std::uint32_t>(number_of(w));
    fact.first = w.devices.first;
    fact.devices = w.devices.count;
    fact.process = w.process;
    fact.reported = w.report.has_value();
    fact.lost_at_s = w.lost_at_s;
    fact.why = w.why;
    const auto counts = report::read_totals({&w.mirror->shard()});
    fact.published = counts.published_all();
    fact.acknowledged = counts.acknowledged;
    fact.cpu_s = w.last.cpu_s;
    fact.rss_max_bytes = w.last.rss_bytes;
    if (w.lost_at_s) {
      fact.seen_at_s = w.last.at_s;
    }
    if (w.report) {
      fact.ledger_known = w.report->uplink_known;
      fact.uplink = w.report->uplink;
      fact.downlink = w.report->downlink;
      fact.cpu_s = w.report->process.cpu_s;
      fact.rss_max_bytes = w.report->process.rss_max_bytes;
    }
  }
  return out;
}

std::string coordinator::ledger_lines() const {
  std::string out;
  for (const auto& w : workers_) {
    out += w.ledger_lines;
  }
  return out;
}

std::string coordinator::with_workers(std::string json) const {
  return report::with_workers(std::move(json), facts_);
}

std::string coordinator::workers_text() const {
  return report::to_text(facts_);
}

} // namespace fleet::program
