// Adding up and judging.
#include "fleet/report/facts.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace fleet::report {

namespace {

std::uint64_t load(const actors::counter& c) noexcept {
  return c.load(std::memory_order_relaxed);
}

template <std::size_t N>
void add(std::array<std::uint64_t, N>& to, const std::array<actors::counter, N>& from) noexcept {
  for (std::size_t i = 0; i < N; ++i) {
    to[i] += load(from[i]);
  }
}

void add(totals& t, const actors::meters& m) noexcept {
  add(t.in_phase, m.in_phase);
  add(t.outcomes, m.outcomes);
  add(t.published, m.published);
  add(t.received, m.received);
  t.acknowledged += load(m.acknowledged);
  t.resent += load(m.resent);
  t.replies += load(m.replies);
  t.replies_bad += load(m.replies_bad);
  t.commands += load(m.commands);
  t.skipped_offline += load(m.skipped_offline);
  t.skipped_window += load(m.skipped_window);
  t.oversized += load(m.oversized);
  t.subscribe_refused += load(m.subscribe_refused);
  t.reconnects += load(m.reconnects);
  t.disconnects_unplanned += load(m.disconnects_unplanned);
  t.restarts += load(m.restarts);
  t.in_flight += load(m.in_flight);
  t.abandoned += load(m.abandoned);
  t.late_sends += load(m.late_sends);
  t.downlink_corrupted += load(m.downlink_corrupted);
  t.sub_devices_online += load(m.sub_devices_online);
  for (std::size_t i = 0; i < dialect_counts.size(); ++i) {
    t.dialect[i] += load(m.*dialect_counts[i].from);
  }
}

} // namespace

totals read_totals(const std::vector<actors::shard*>& shards) {
  totals t;
  std::vector<const hal::home*> homes;
  for (const actors::shard* s : shards) {
    for (const auto& part : s->parts) {
      add(t, part.counts);
    }
    t.started += s->started.load(std::memory_order_relaxed);
    t.stopped += s->stopped.load(std::memory_order_relaxed);
    if (std::find(homes.begin(), homes.end(), &s->home) == homes.end()) {
      homes.push_back(&s->home);
      t.bytes_sent += load(s->home.meters().bytes_sent);
      t.bytes_received += load(s->home.meters().bytes_received);
    }
  }
  return t;
}

totals read_totals(const std::vector<actors::shard*>& shards, std::size_t product) {
  totals t;
  for (const actors::shard* s : shards) {
    add(t, s->parts[product].counts);
  }
  return t;
}

actors::histogram_snapshot read_latency(const std::vector<actors::shard*>& shards,
                                        actors::latency which) {
  actors::histogram_snapshot out;
  for (const actors::shard* s : shards) {
    for (const auto& part : s->parts) {
      part.counts.latencies[static_cast<std::size_t>(which)].read(out);
    }
  }
  return out;
}

void judge(run_facts& facts) {
  auto& out = facts.failures;
  const auto check = [&out](std::uint64_t value, std::string_view direction,
                            std::string_view what) {
    if (value != 0) {
      out.push_back(fmt::format("{} {} {}: expected 0", direction, value, what));
    }
  };
  if (facts.ledger_known) {
    for (const auto& [name, l] :
         {std::pair{"uplink:", &facts.uplink}, std::pair{"downlink:", &facts.downlink}}) {
      check(l->lost, name, "messages acknowledged and lost");
      check(l->unexplained, name, "duplicates without DUP on one connection");
      check(l->unexpected, name, "messages that nobody sent");
      check(l->corrupted, name, "messages corrupted");
      check(l->out_of_order, name, "messages out of order");
    }
  }
  if (!facts.interrupted && facts.online_max == 0 && facts.expected_end != 0) {
    out.push_back("no device came online");
  } else if (!facts.interrupted && facts.online_end < facts.expected_end) {
    out.push_back(fmt::format("{} of {} devices were not online at the end",
                              facts.expected_end - facts.online_end, facts.expected_end));
  }
  if (!facts.interrupted && facts.shadows_waiting.value_or(0) != 0) {
    out.push_back(fmt::format("{} shadows have a desired part that their devices, online, have not "
                              "taken: expected 0",
                              *facts.shadows_waiting));
  }
  if (facts.counts.abandoned != 0) {
    out.push_back(fmt::format("{} devices crashed again and again and were given up",
                              facts.counts.abandoned));
  }
}

} // namespace fleet::report
