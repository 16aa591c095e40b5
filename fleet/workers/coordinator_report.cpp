// The coordinator after the run: one report of what each worker came to.
#include <algorithm>

#include <fmt/format.h>

#include "fleet/report/merge.hpp"
#include "fleet/workers/coordinator.hpp"

namespace fleet::program {

namespace {

void forget_ledger(report::run_facts& part) {
  part.ledger_known = part.uplink_known = true;
  part.uplink = part.downlink = {};
  for (auto& product : part.products) {
    product.uplink = product.downlink = {};
    product.ledger_known = product.uplink_tagged = product.uplink_whole = true;
  }
}

} // namespace

/// What its devices had sent and been acknowledged when it was last heard of; what the far side had
/// of them nobody can tell any more.
report::run_facts coordinator::lost_part(const crew_worker& w) const {
  const auto& share = shares_[*w.share];
  // The mirror's shard is asked as any other; it is read alone.
  const std::vector<actors::shard*> alone{&share.mirror->shard()};
  report::run_facts out;
  for (std::size_t i = 0; i < settings_.products.size(); ++i) {
    auto& product = out.products.emplace_back();
    const auto counts = report::read_totals(alone, i);
    const auto here = common(settings_.products[i], share.devices).count;
    product.ledger_known = here == 0;
    product.expected_end = here; // if nobody takes them over
    out.expected_end += here;
    product.uplink.attempted = counts.published_all();
    product.uplink.acknowledged = counts.acknowledged;
  }
  for (std::size_t i = 0; i < out.latencies.size(); ++i) {
    out.latencies[i] = report::read_latency(alone, static_cast<actors::latency>(i));
  }
  for (const auto& before : workers_) { // the mirror shows them all
    if (&before == &w || before.share != w.share || !before.left) {
      continue;
    }
    for (std::size_t i = 0; i < out.products.size(); ++i) {
      out.products[i].uplink.attempted -= before.left->products[i].uplink.attempted;
      out.products[i].uplink.acknowledged -= before.left->products[i].uplink.acknowledged;
    }
    for (std::size_t i = 0; i < out.latencies.size(); ++i) {
      out.latencies[i] = out.latencies[i].since(before.left->latencies[i]);
    }
  }
  for (const auto& product : out.products) {
    out.uplink += product.uplink;
  }
  out.process.cpu_s = w.last.cpu_s;
  out.process.rss_max_bytes = w.last.rss_bytes;
  return out;
}

void coordinator::complete(report::run_facts& facts) {
  for (auto& w : workers_) {
    if (w.lives() && w.begun) {
      lose(w, "it gave no report in time");
    }
    if (w.report || w.left) {
      const auto counts = w.left ? w.left->uplink : lost_part(w).uplink;
      w.published = counts.attempted;
      w.acknowledged = counts.acknowledged;
    }
  }
  report::begin_parts(facts);
  for (auto& w : workers_) {
    if (!w.report && !w.left) {
      continue; // it never had devices
    }
    const auto* const successor = w.report ? nullptr : successor_of(w);
    if (successor != nullptr && settings_.accounts) {
      forget_ledger(*w.left); // whoever took it over has it
    }
    if (successor != nullptr) { // who expects them too
      w.left->expected_end = 0;
      for (auto& product : w.left->products) {
        product.expected_end = 0;
      }
    }
    report::add_part(facts, w.report ? *w.report : *w.left);
    const auto who = fmt::format("worker {}", number_of(w));
    if (w.lost_at_s && successor != nullptr && settings_.accounts) {
      continue; // nothing is missing
    }
    if (w.lost_at_s) {
      const auto& devices = shares_[*w.share].devices;
      const auto taken =
          successor == nullptr
              ? std::string{}
              : fmt::format("; worker {} took them over, but their far side of until then is gone",
                            number_of(*successor));
      facts.failures.push_back(fmt::format(
          "{} with devices {} to {} was lost at {:.1f} s ({}): of it the report has what was heard "
          "until {:.1f} s{}",
          who, devices.first, devices.first + devices.count - 1, *w.lost_at_s, w.why, w.last.at_s,
          taken));
    } else {
      for (const auto& why : w.report->failures) {
        facts.failures.push_back(who + ": " + why);
      }
      if (w.report->interrupted) {
        facts.failures.push_back(who + " was interrupted");
      }
    }
  }
  for (const auto& share : shares_) {
    if (share.lives == 0 && !share.worker) {
      facts.expected_end += share.devices.count;
      facts.failures.push_back(fmt::format("devices {} to {} never began: no worker came for them",
                                           share.devices.first,
                                           share.devices.first + share.devices.count - 1));
    }
  }
  facts_ = told();
}

std::vector<report::worker_fact> coordinator::told() const {
  std::vector<report::worker_fact> out;
  for (const auto& w : workers_) {
    if (!w.report && !w.left) {
      continue;
    }
    const auto& share = shares_[*w.share];
    auto& fact = out.emplace_back();
    fact.number = static_cast<std::uint32_t>(number_of(w));
    fact.first = share.devices.first;
    fact.devices = share.devices.count;
    fact.process = w.process;
    fact.reported = w.report.has_value();
    fact.lost_at_s = w.lost_at_s;
    fact.why = w.why;
    if (w.after) {
      fact.takes_over = static_cast<std::uint32_t>(*w.after + 1);
    }
    fact.events = w.events;
    fact.published = w.published;
    fact.acknowledged = w.acknowledged;
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

machine_use coordinator::elsewhere() const {
  machine_use out;
  for (const auto& w : workers_) {
    out.cpu_s += w.last.cpu_s;
    out.resident_bytes += w.lives() ? w.last.rss_bytes : 0;
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
