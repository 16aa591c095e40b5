// The coordinator after the run: one report of what each worker came to.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "fleet/report/merge.hpp"
#include "fleet/run/soak.hpp"
#include "fleet/workers/coordinator.hpp"
#include "fleet/workers/split.hpp"

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
  const auto& mirror = *shares_[*w.share].mirror;
  const auto counted = mirror.counts_of(*w.share);
  // The mirror's shard is asked as any other; it is read alone.
  const std::vector<actors::shard*> alone{&counted->shard()};
  report::run_facts out;
  for (std::size_t i = 0; i < settings_.products.size(); ++i) {
    auto& product = out.products.emplace_back();
    const auto counts = report::read_totals(alone, i);
    product.ledger_known = common(settings_.products[i], w.devices).count == 0;
    product.uplink.attempted = counts.published_all();
    product.uplink.acknowledged = counts.acknowledged;
    out.uplink += product.uplink;
  }
  for (std::size_t i = 0; i < out.latencies.size(); ++i) {
    out.latencies[i] = mirror.latency_of(*w.share, static_cast<actors::latency>(i));
  }
  out.process.cpu_s = w.last.cpu_s;
  out.process.rss_max_bytes = w.last.rss_bytes;
  return out;
}

std::vector<std::size_t> coordinator::heirs_of(const crew_worker& w) const {
  std::vector<std::size_t> out;
  for (const auto& other : workers_) {
    if (other.report && other.after && other.devices.meets(w.devices)) {
      out.push_back(number_of(other));
    }
  }
  return out;
}

std::vector<const crew_share*> coordinator::orphans_of(const crew_worker& w) const {
  std::vector<const crew_share*> out;
  for (const auto& share : shares_) {
    if (share.last == index_of(w) && (!share.worker || !workers_[*share.worker].report)) {
      out.push_back(&share);
    }
  }
  return out;
}

/// Of its devices those are expected, and where accounts are kept have sent something, that nobody
/// took over: of all others whoever has them tells.
void coordinator::settle_left(crew_worker& w) {
  auto& left = *w.left;
  const auto orphans = orphans_of(w);
  if (settings_.accounts) {
    forget_ledger(left);
  }
  left.expected_end = 0;
  for (std::size_t i = 0; i < left.products.size(); ++i) {
    auto& product = left.products[i];
    product.expected_end = 0;
    for (const auto* share : orphans) {
      const auto count = common(settings_.products[i], share->devices).count;
      product.expected_end += count;
      if (settings_.accounts && count != 0) {
        const auto sent = share->accounts.sent(share->devices, settings_.products[i]);
        product.ledger_known = left.ledger_known = left.uplink_known = false;
        product.uplink.attempted += sent.attempted;
        product.uplink.acknowledged += sent.acknowledged;
        left.uplink.attempted += sent.attempted;
        left.uplink.acknowledged += sent.acknowledged;
      }
    }
  }
  for (const auto* share : orphans) {
    left.expected_end += connections_in(settings_.groups, share->devices);
  }
}

/// Why the run fails for it.
std::string coordinator::loss_of(const crew_worker& w) const {
  std::string heirs;
  for (const auto number : heirs_of(w)) {
    heirs += fmt::format("{}{}", heirs.empty() ? "" : ", ", number);
  }
  std::string taken;
  if (!heirs.empty() && !settings_.accounts) {
    taken =
        fmt::format("; taken over by worker {}, but their far side of until then is gone", heirs);
  }
  if (!heirs.empty() || settings_.crew.on_loss == worker_loss::takeover) {
    for (const auto* share : orphans_of(w)) {
      taken += "; nobody took over " + range_text(share->devices);
    }
  }
  return fmt::format(
      "worker {} with {} was lost at {:.1f} s ({}): of it the report has what was heard until "
      "{:.1f} s{}",
      number_of(w), range_text(w.devices), *w.lost_at_s, w.why, w.last.at_s, taken);
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
    if (!w.report) {
      settle_left(w);
    }
    report::add_part(facts, w.report ? *w.report : *w.left);
    const auto who = fmt::format("worker {}", number_of(w));
    if (!w.lost_at_s) {
      for (const auto& why : w.report->failures) {
        facts.failures.push_back(who + ": " + why);
      }
      if (w.report->interrupted) {
        facts.failures.push_back(who + " was interrupted");
      }
    } else if (!settings_.accounts || !orphans_of(w).empty()) {
      facts.failures.push_back(loss_of(w));
    }
  }
  for (const auto& share : shares_) {
    if (share.lives == 0 && !share.worker) {
      facts.expected_end += connections_in(settings_.groups, share.devices);
      facts.failures.push_back(range_text(share.devices) + " never began: " + share.why_not);
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
    auto& fact = out.emplace_back();
    fact.number = static_cast<std::uint32_t>(number_of(w));
    fact.first = w.devices.first();
    fact.devices = w.devices.count();
    for (const auto& range : w.devices.spans()) {
      fact.ranges.emplace_back(range.first, range.count);
    }
    if (const auto at = w.called ? w.called : w.door; at && !w.near) {
      fact.at = at->text();
    }
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

std::vector<judging::process_sample> coordinator::take_samples() {
  std::vector<judging::process_sample> out;
  for (auto& w : workers_) {
    if (w.sample && w.lives()) {
      out.push_back({fmt::format("worker {}", number_of(w)), shares_[*w.share].devices.count(),
                     std::exchange(w.sample_is_new, false) ? *w.sample : summed_alone(*w.sample)});
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

std::optional<worker_counts> coordinator::workers() const {
  worker_counts out{};
  for (const auto& w : workers_) {
    if (const auto state = w.state()) {
      ++out[static_cast<std::size_t>(*state)];
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
