// The run's facts as the table that ends a run.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "fleet/report/facts.hpp"
#include "fleet/report/figures.hpp"

namespace fleet::report {

namespace {

std::string time_text(double s) {
  if (s < 1e-3) {
    return fmt::format("{:.0f} µs", s * 1e6);
  }
  if (s < 1.0) {
    return fmt::format("{:.1f} ms", s * 1e3);
  }
  return fmt::format("{:.2f} s", s);
}

void append_latencies(std::string& out, const run_facts& f) {
  out += fmt::format("\n{:<15}{:>10}{:>11}{:>11}{:>11}{:>11}{:>11}\n", "latency", "count", "p50",
                     "p90", "p99", "p99.9", "max");
  for (std::size_t i = 0; i < actors::latency_count; ++i) {
    const auto& h = f.latencies[i];
    if (h.count == 0) {
      continue;
    }
    // fmt counts octets of the micro sign, not columns: pad by code points.
    out += fmt::format("{:<15}{:>10}", actors::to_string(static_cast<actors::latency>(i)), h.count);
    for (const double v :
         {h.quantile(0.5), h.quantile(0.9), h.quantile(0.99), h.quantile(0.999), h.max_seconds()}) {
      out += fmt::format("{:>11}", time_text(v));
    }
    out += '\n';
  }
}

constexpr std::string_view not_judged = "not judged";

void append_ledger(std::string& out, const run_facts& f) {
  out += fmt::format("\n{:<15}{:>14}{:>14}\n", "ledger", "uplink", "downlink");
  const auto cell = [&f](const ledger::totals& l, const ledger_figure& figure, ledger_direction d) {
    const bool known = d == ledger_direction::uplink ? f.uplink_known : f.ledger_known;
    return known || own(figure, d) ? std::to_string(l.*figure.value) : std::string{not_judged};
  };
  for (const auto& figure : ledger_figures) {
    const bool always =
        figure.value != &ledger::totals::missing_qos0 && figure.value != &ledger::totals::oversized
        && figure.value != &ledger::totals::refused && figure.value != &ledger::totals::learned
        && figure.value != &ledger::totals::orphaned;
    if (always || f.uplink.*figure.value + f.downlink.*figure.value != 0) {
      out += fmt::format("{:<15}{:>14}{:>14}\n", figure.name,
                         cell(f.uplink, figure, ledger_direction::uplink),
                         cell(f.downlink, figure, ledger_direction::downlink));
    }
  }
}

/// Why the reports of a product whose far side is known are not judged.
std::string unjudged_text(const product_fact& p, const run_facts& f) {
  return p.uplink_tagged ? fmt::format(
             "judged without the reports: {} messages the twin had no room for", f.unkept)
                         : "judged without the reports, which carry no {ledger}";
}

/// What the verdict rests on, unless it is everything. Products of one reason stand together.
std::string reach_text(const run_facts& f) {
  const auto reach = reach_of(f);
  if (reach == ledger_reach::both_sides) {
    return "";
  }
  if (reach == ledger_reach::devices_side) {
    return ", judged by the devices' side alone: the far side's account is not known";
  }
  std::vector<std::pair<std::string, std::string>> reasons; // and the names
  for (const auto& p : f.products) {
    if (p.uplink_known() || p.devices == 0) {
      continue;
    }
    const auto why =
        p.ledger_known ? unjudged_text(p, f) : std::string{"judged by the devices' side alone"};
    const auto same = std::find_if(reasons.begin(), reasons.end(),
                                   [&why](const auto& each) { return each.first == why; });
    if (same == reasons.end()) {
      reasons.emplace_back(why, p.name);
    } else {
      same->second += ", " + p.name;
    }
  }
  if (reach == ledger_reach::downlink && reasons.size() == 1) {
    return ", " + reasons.front().first;
  }
  std::string out;
  for (const auto& [why, names] : reasons) {
    out += fmt::format(", of {} {}", names, why);
  }
  return out;
}

void append_counts(std::string& out, const totals& t) {
  if (t.skipped_all() != 0) {
    out += fmt::format("{:<15}reports not sent: {}\n", "", skipped_text(t));
  }
  if (t.oversized != 0) {
    out += fmt::format("{:<15}too large for the board's receive buffer: {}\n", "", t.oversized);
  }
  std::string rest;
  for (const auto& [count, text] :
       {std::pair{t.late_sends, "sent late"}, std::pair{t.replies_bad, "replies with an error"},
        std::pair{t.subscribe_refused, "filters refused"}}) {
    if (count != 0) {
      rest += fmt::format("{}{} {}", rest.empty() ? "" : ", ", count, text);
    }
  }
  if (!rest.empty()) {
    out += fmt::format("{:<15}{}\n", "", rest);
  }
  if (const auto [on_us, asleep_us] = t.radio_us; asleep_us != 0) {
    out += fmt::format("{:<15}radios on for {:.3g} % of the time that CoAP links were open\n", "",
                       100 * static_cast<double>(on_us) / static_cast<double>(on_us + asleep_us));
  }
}

void append_products(std::string& out, const run_facts& f) {
  if (f.products.size() < 2) {
    return;
  }
  out += fmt::format("\n{:<20}{:<13}{:>9}{:>9}{:>9}{:>11}{:>11}{:>9}{:>12}\n", "product", "profile",
                     "devices", "online", "at end", "published", "acked", "commands", "lost");
  for (const auto& p : f.products) {
    out += fmt::format("{:<20}{:<13}{:>9}{:>9}{:>9}{:>11}{:>11}{:>9}{:>12}{}\n", p.name, p.profile,
                       p.devices, p.online_max, p.online_end, p.counts.published_all(),
                       p.counts.acknowledged, p.counts.commands,
                       p.uplink_known() ? std::to_string(p.uplink.lost + p.downlink.lost)
                                        : std::string{not_judged},
                       p.behind_gateway       ? "   behind gateways"
                       : p.protocol != "mqtt" ? "   " + p.protocol
                                              : std::string{});
  }
}

void append_topics(std::string& out, const run_facts& f) {
  for (const auto& p : f.products) {
    for (std::size_t i = 0; i < p.topics.size(); ++i) {
      out += fmt::format("{:<15}{} messages by {} of {}\n", i == 0 ? "topics" : "",
                         p.counts.by_topic[i], p.topics[i], p.name);
    }
  }
}

void append_sub_devices(std::string& out, const run_facts& f) {
  std::uint64_t requested = 0;
  std::uint64_t online = 0;
  std::uint64_t expected = 0;
  for (const auto& p : f.products) {
    if (p.behind_gateway) {
      requested += p.devices;
      online += p.online_end;
      expected += p.expected_end;
    }
  }
  if (requested != 0) {
    out += fmt::format("{:<15}{} of them behind gateways, {} logged in at the end of {} expected\n",
                       "", requested, online, expected);
  }
}

void append_dialect(std::string& out, const run_facts& f) {
  std::string text;
  std::size_t told = 0;
  for (std::size_t i = 0; i < dialect_counts.size(); ++i) {
    if (f.counts.dialect[i] != 0) {
      text += fmt::format("{}{} {}",
                          told == 0       ? ""
                          : told % 4 == 0 ? ",\n               "
                                          : ", ",
                          f.counts.dialect[i], dialect_counts[i].text);
      ++told;
    }
  }
  if (f.shadows_waiting) {
    text += fmt::format("{}{} shadows left to converge", told == 0 ? "" : ", ", *f.shadows_waiting);
  }
  if (!text.empty()) {
    out += fmt::format("{:<15}{}\n", "dialect", text);
  }
}

/// What some of an entry's attempts were, more closely.
void append_reasons(std::string& out, const traffic_fact& t) {
  std::string text;
  for (const auto& [count, how] :
       {std::pair{t.not_subscribed, "not subscribed"}, std::pair{t.busy, "busy"},
        std::pair{t.unknown, "unknown"}, std::pair{t.absent, "offline though to be on"}}) {
    if (count != 0) {
      text += fmt::format("{}{} {}", text.empty() ? "" : ", ", count, how);
    }
  }
  if (!text.empty()) {
    out += fmt::format("{:<17}of them {}\n", "", text);
  }
}

void append_traffic(std::string& out, const run_facts& f) {
  if (f.traffic.empty()) {
    return;
  }
  out +=
      fmt::format("\n{:<17}{:<20}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}\n", "cloud traffic",
                  "product", "attempted", "answered", "timed out", "refused", "offline", "skipped");
  for (const auto& t : f.traffic) {
    out += fmt::format("{:<17}{:<20}{:>10}{:>10}{:>10}{:>10}{:>10}{:>10}\n", t.kind, t.product,
                       t.attempted, t.answered, t.timed_out, t.refused, t.offline, t.skipped);
    append_reasons(out, t);
  }
}

void append_troubles(std::string& out, const run_facts& f) {
  if (!f.troubles.empty()) {
    out += "\ntroubles\n";
    for (const auto& t : f.troubles) {
      out += fmt::format("  {:<24}{:>9}   e.g. {}{}{}\n", t.reason, t.count, t.example_device,
                         t.example_detail.empty() ? "" : ": ", t.example_detail);
    }
  }
  for (const auto& c : f.crashes) {
    out += fmt::format("\ncrash of {}: {}\n  last events: {}\n", c.device, c.what, c.last_events);
  }
}

/// Loud where the run says more about this machine than about its target.
void append_limit(std::string& out, const run_facts& f) {
  const auto& limit = f.course.limit;
  if (limit.text.empty()) {
    return;
  }
  const bool loud = limit.who == limiter::generator;
  out += fmt::format("\n{:<15}{}{}\n", "limit", loud ? "ATTENTION: " : "", limit.text);
  for (const auto& line : limit.evidence) {
    out += fmt::format("  - {}\n", line);
  }
}

} // namespace

std::string to_text(const run_facts& f, std::string_view workers) {
  const totals& t = f.counts;
  std::string out;
  out += fmt::format("\n{:<15}{} requested, {} online at most, {} at the end", "devices",
                     f.requested, f.online_max, f.online_end);
  if (f.expected_end != f.requested) {
    out += fmt::format(" of {} expected", f.expected_end);
  }
  out += fmt::format("; {} reconnects, {} restarts\n", t.reconnects, t.restarts);
  append_sub_devices(out, f);
  const double span = f.duration_s > 0 ? f.duration_s : 1;
  out += fmt::format("{:<15}{} published ({:.1f}/s), {} acknowledged, {} resent, {} commands\n",
                     "messages", t.published_all(), static_cast<double>(t.published_all()) / span,
                     t.acknowledged, t.resent, t.commands);
  append_counts(out, t);
  append_dialect(out, f);
  append_topics(out, f);
  append_products(out, f);
  append_traffic(out, f);
  out += rollouts_text(f.rollouts, f.firmware);
  append_latencies(out, f);
  append_ledger(out, f);
  append_troubles(out, f);
  out += judged_text(f.judged);
  out +=
      fmt::format("\n{:<15}{:.2f} s CPU, {:.1f} MiB at most; {} and {:.1f} KiB a device", "process",
                  f.process.cpu_s, static_cast<double>(f.process.rss_max_bytes) / 1048576.0,
                  time_text(f.process.cpu_s_per_device(f.requested)),
                  f.process.user_bytes_per_device(f.requested) / 1024.0);
  if (f.world == "virtual" && f.wall_s > 0) {
    out += fmt::format("; {:.0f} × real time", f.duration_s / f.wall_s);
  }
  out += '\n';
  if (f.digest) {
    out += fmt::format("{:<15}{}\n", "digest", *f.digest);
  }
  append_limit(out, f);
  out += workers;
  out += fmt::format("\n{:<15}{}{}{}\n", "verdict", f.passed() ? "passed" : "failed",
                     f.interrupted ? " (interrupted)" : "", reach_text(f));
  for (const auto& why : f.failures) {
    out += fmt::format("  - {}\n", why);
  }
  return out;
}

} // namespace fleet::report
