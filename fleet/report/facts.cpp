// Adding up and judging.
#include "fleet/report/facts.hpp"

#include <algorithm>
#include <numeric>
#include <string_view>

#include <fmt/format.h>

#include "fleet/report/figures.hpp"

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
  t.replies_unexcused += load(m.replies_unexcused);
  t.commands += load(m.commands);
  t.ledger_commands += load(m.ledger_commands);
  add(t.skipped, m.skipped);
  t.oversized += load(m.oversized);
  t.subscribe_refused += load(m.subscribe_refused);
  t.reconnects += load(m.reconnects);
  t.attempts += load(m.attempts);
  t.disconnects_unplanned += load(m.disconnects_unplanned);
  t.restarts += load(m.restarts);
  t.off_by_fault += load(m.powered_off_by_fault);
  t.in_flight += load(m.in_flight);
  t.abandoned += load(m.abandoned);
  t.late_sends += load(m.late_sends);
  t.downlink_corrupted += load(m.downlink_corrupted);
  t.shadow_updates += load(m.shadow_updates);
  t.sub_devices_online += load(m.sub_devices_online);
  add(t.radio_us, m.radio_us);
  add(t.by_topic, m.messages_by_topic);
  for (std::size_t i = 0; i < dialect_counts.size(); ++i) {
    t.dialect[i] += load(m.*dialect_counts[i].from);
  }
}

std::string_view sentence_of(actors::skip why) noexcept {
  switch (why) {
    case actors::skip::offline: return "while offline";
    case actors::skip::window: return "while the window was full";
    case actors::skip::memory: return "while the board's memory was full";
    case actors::skip::too_large: return "too large for the board's memory or the platform";
    case actors::skip::bad_topic: return "to a topic that nothing can be published to";
  }
  FLEET_CHECK(false);
}

/// A run that was to report and did not is no good run, whatever its ledger says.
void judge_reports(const totals& counts, const std::string& who, std::vector<std::string>& out) {
  if (counts.published_all() + counts.shadow_updates == 0 && counts.skipped_all() != 0) {
    out.push_back(
        fmt::format("{}reports were due and none was sent: {}", who, skipped_text(counts)));
  }
}

/// Devices behind gateways are as much a part of the run as those with a connection.
void judge_sub_devices(const product_fact& product, std::vector<std::string>& out) {
  if (product.behind_gateway && product.online_end < product.expected_end) {
    out.push_back(fmt::format("product {}: {} of {} sub-devices were not online at the end",
                              product.name, product.expected_end - product.online_end,
                              product.expected_end));
  }
}

/// How many of those refused were so for a reason that people can do something about.
std::string refused_text(const traffic_fact& traffic) {
  std::string why;
  for (const auto& [count, how] :
       {std::pair{traffic.not_subscribed, "not subscribed"}, std::pair{traffic.busy, "busy"},
        std::pair{traffic.unknown, "unknown"}}) {
    if (count != 0) {
      why += fmt::format("{}{} {}", why.empty() ? " (" : ", ", count, how);
    }
  }
  return "refused" + (why.empty() ? "" : why + ")");
}

/// Commands that a product's devices did not carry out, unless the scenario expects such.
void judge_commands(const run_facts& facts, const product_fact& product,
                    std::vector<std::string>& out) {
  const auto refused = dialect_count_of(product.counts.dialect, &actors::meters::commands_refused);
  const bool expected =
      std::any_of(facts.traffic.begin(), facts.traffic.end(), [&product](const traffic_fact& t) {
        return t.may_fail && t.product == product.name;
      });
  if (refused != 0 && !expected) {
    out.push_back(fmt::format("product {}: its devices refused {} commands: expected 0",
                              product.name, refused));
  }
}

/// What the cloud would not have of a product's devices, and the configurations that they could not
/// take, unless the scenario expects such.
void judge_answers(const run_facts& facts, const product_fact& product,
                   std::vector<std::string>& out) {
  const auto errors =
      product.errors_expected ? product.counts.replies_unexcused : product.counts.replies_bad;
  if (errors != 0) {
    out.push_back(fmt::format("product {}: {} replies of the cloud with an error: expected 0",
                              product.name, errors));
  }
  const auto failed = dialect_count_of(product.counts.dialect, &actors::meters::configs_failed);
  const bool expected =
      std::any_of(facts.traffic.begin(), facts.traffic.end(), [&product](const traffic_fact& t) {
        return t.may_fail && t.pushes_configs && t.product == product.name;
      });
  if (failed != 0 && !expected) {
    out.push_back(fmt::format("product {}: {} configurations offered and not fetched: expected 0",
                              product.name, failed));
  }
}

void judge_traffic(const traffic_fact& traffic, std::vector<std::string>& out) {
  std::string what;
  const auto add = [&what](std::uint64_t count, std::string_view how) {
    if (count != 0) {
      what += fmt::format("{}{} {}", what.empty() ? "" : ", ", count, how);
    }
  };
  if (!traffic.may_fail) {
    add(traffic.refused, refused_text(traffic));
    add(traffic.timed_out, "timed out");
    add(traffic.unanswered, "without an answer");
    add(traffic.absent, "offline though the load has them on");
  }
  add(traffic.skipped, "not attempted because too many had no answer");
  if (!what.empty()) {
    out.push_back(fmt::format("cloud traffic, {} of product {}: {} of {}: expected 0", traffic.kind,
                              traffic.product, what, traffic.attempted + traffic.skipped));
  }
}

} // namespace

std::uint64_t totals::skipped_all() const noexcept {
  return std::accumulate(skipped.begin(), skipped.end(), std::uint64_t{0});
}

std::string skipped_text(const totals& t) {
  std::string out;
  for (std::size_t i = 0; i < actors::skip_count; ++i) {
    if (t.skipped[i] != 0) {
      out += fmt::format("{}{} {}", out.empty() ? "" : ", ", t.skipped[i],
                         sentence_of(static_cast<actors::skip>(i)));
    }
  }
  return out;
}

totals read_totals(const std::vector<actors::shard*>& shards) {
  totals t;
  std::vector<const hal::home*> homes;
  for (const actors::shard* s : shards) {
    for (const auto& part : s->parts) {
      add(t, part.counts);
    }
    add(t.troubles, s->trouble_counts);
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

firmware_fact read_firmware(const std::vector<actors::shard*>& shards) {
  firmware_fact out;
  for (const actors::shard* s : shards) {
    for (const auto& part : s->parts) {
      add(out, part.counts);
    }
  }
  return out;
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

actors::histogram_snapshot read_waits(const std::vector<actors::shard*>& shards) {
  actors::histogram_snapshot out;
  for (const actors::shard* s : shards) {
    for (const auto& part : s->parts) {
      part.counts.backoff_waits.read(out);
    }
  }
  return out;
}

ledger_reach reach_of(const run_facts& facts) noexcept {
  const auto any = [&facts](auto test) {
    return std::any_of(facts.products.begin(), facts.products.end(), test);
  };
  if (facts.uplink_known) {
    return ledger_reach::both_sides;
  }
  if (any([](const product_fact& p) { return p.uplink_known(); })) {
    return ledger_reach::some;
  }
  return any([](const product_fact& p) { return p.ledger_known; }) ? ledger_reach::downlink
                                                                   : ledger_reach::devices_side;
}

void add_up_ledger(run_facts& facts) {
  facts.ledger_known = facts.uplink_known = !facts.products.empty();
  for (auto& product : facts.products) {
    const bool hides_nothing = product.devices == 0;
    if (!product.uplink_known()) {
      product.uplink = own_side(product.uplink, ledger_direction::uplink);
      facts.uplink_known = facts.uplink_known && hides_nothing;
    }
    if (!product.ledger_known) {
      product.downlink = own_side(product.downlink, ledger_direction::downlink);
      facts.ledger_known = facts.ledger_known && hides_nothing;
    }
    facts.uplink += product.uplink;
    facts.downlink += product.downlink;
  }
}

namespace {

/// Judges one thing and keeps what came of it under its name.
template <class Judge>
void keep(run_facts& facts, std::string name, bool judged, Judge judge) {
  auto& kept = facts.course.invariants.emplace_back();
  kept.name = std::move(name);
  kept.judged = judged;
  judge(kept.failures);
  facts.failures.insert(facts.failures.end(), kept.failures.begin(), kept.failures.end());
}

/// What the ledger must keep, unless somebody expects something else of it by name.
void judge_ledger(run_facts& facts) {
  const auto check = [&](std::uint64_t value, std::string_view figure, ledger_direction direction,
                         std::string_view what) {
    const bool up = direction == ledger_direction::uplink;
    const auto known = std::find_if(ledger_figures.begin(), ledger_figures.end(),
                                    [figure](const auto& f) { return f.key == figure; });
    const bool whole = up ? facts.uplink_known : facts.ledger_known;
    const std::string_view side = up ? "uplink" : "downlink";
    const auto& by_hand = facts.judged.by_hand;
    if (by_hand.contains(figure) || by_hand.contains(fmt::format("{}({})", figure, side))) {
      return; // what is expected of one way says nothing of the other
    }
    keep(facts, fmt::format("ledger.{}.{}", side, figure), whole || own(*known, direction),
         [&](std::vector<std::string>& out) {
           if (value != 0) {
             out.push_back(fmt::format("{}: {} {}: expected 0", side, value, what));
           }
         });
  };
  // What could not be told is 0 here, so this judges as much as is known.
  for (const auto direction : {ledger_direction::uplink, ledger_direction::downlink}) {
    const bool up = direction == ledger_direction::uplink;
    const auto& l = up ? facts.uplink : facts.downlink;
    check(l.lost, "lost", direction,
          "messages acknowledged and lost"
              + (up && facts.over_bound != 0 ? fmt::format(
                     " (the twin dropped {} publishes as beyond its bounds)", facts.over_bound)
                                             : std::string{}));
    check(l.unexplained, "unexplained", direction, "duplicates without DUP on one connection");
    check(l.unexpected, "unexpected", direction, "messages that nobody sent");
    check(l.corrupted, "corrupted", direction, "messages corrupted");
    check(l.out_of_order, "out_of_order", direction, "messages out of order");
  }
}

/// Likewise who must be online.
void judge_devices(const run_facts& facts, std::vector<std::string>& out) {
  if (facts.online_max == 0 && facts.expected_end != 0) {
    out.push_back("no device came online");
  } else if (facts.online_end < facts.expected_end
             && !facts.judged.by_hand.contains("online_end")) {
    out.push_back(fmt::format("{} of {} devices were not online at the end",
                              facts.expected_end - facts.online_end, facts.expected_end));
  }
}

void judge_shadows(const run_facts& facts, std::vector<std::string>& out) {
  if (facts.shadows_waiting.value_or(0) != 0) {
    out.push_back(fmt::format("{} shadows have a desired part that their devices, online, have not "
                              "taken: expected 0",
                              *facts.shadows_waiting));
  }
}

void judge_all_reports(const run_facts& facts, std::vector<std::string>& out) {
  if (facts.products.size() < 2) {
    judge_reports(facts.counts, "", out);
    return;
  }
  for (const auto& product : facts.products) {
    judge_reports(product.counts, "product " + product.name + ": ", out);
  }
}

} // namespace

void judge(run_facts& facts) {
  using sentences = std::vector<std::string>;
  facts.course.invariants.clear();
  judge_ledger(facts);
  keep(facts, "reports_sent", true, [&](sentences& out) { judge_all_reports(facts, out); });
  if (!facts.interrupted) {
    keep(facts, "online_at_the_end", true, [&](sentences& out) {
      judge_devices(facts, out);
      for (const auto& product : facts.products) {
        judge_sub_devices(product, out);
      }
    });
  }
  for (const auto& traffic : facts.traffic) {
    keep(facts, "cloud_traffic." + traffic.product + "." + traffic.kind, true,
         [&](sentences& out) { judge_traffic(traffic, out); });
  }
  for (const auto& product : facts.products) {
    keep(facts, "commands_and_answers." + product.name, true, [&](sentences& out) {
      judge_commands(facts, product, out);
      judge_answers(facts, product, out);
    });
  }
  for (const auto& rollout : facts.rollouts) {
    keep(facts, "rollout." + rollout.name, true,
         [&](sentences& out) { judge_rollout(rollout, facts.interrupted, out); });
  }
  if (!facts.interrupted && !facts.judged.by_hand.contains("shadows_waiting")) {
    keep(facts, "shadows_taken", facts.shadows_waiting.has_value(),
         [&](sentences& out) { judge_shadows(facts, out); });
  }
  if (!facts.judged.by_hand.contains("abandoned")) {
    keep(facts, "devices_given_up", true, [&](sentences& out) {
      if (facts.counts.abandoned != 0) {
        out.push_back(fmt::format("{} devices crashed again and again and were given up",
                                  facts.counts.abandoned));
      }
    });
  }
  judge_expected(facts.judged, facts.failures);
  facts.course.limit = find_limit(facts);
}

} // namespace fleet::report
