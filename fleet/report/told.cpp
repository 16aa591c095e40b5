// The summary of an earlier run: what table.cpp tells of one that ended just now, from its JSON.
#include <array>

#include <fmt/format.h>

#include "fleet/report/document.hpp"
#include "fleet/report/earlier.hpp"
#include "fleet/report/figures.hpp"

namespace fleet::report {

namespace {

std::string count_at(const json& from, std::string_view dotted) {
  return count_text(number_at(from, dotted));
}

void append_run(std::string& out, const earlier_run& run) {
  const auto& root = run.facts().root;
  const auto scenario = text_at(root, "run.scenario");
  out += fmt::format("{:<15}{}\n", "report", run.name());
  out += fmt::format("{:<15}{}{} against {}, profile {}, {} world, seed {}\n", "run",
                     scenario.empty() ? "" : scenario + ", ",
                     time_text(number_at(root, "run.duration_s")), text_at(root, "run.target"),
                     text_at(root, "run.profile"), text_at(root, "run.world"),
                     number_at(root, "run.seed") ? object_at(root, "run")["seed"].dump() : "-");
  const auto& where = object_at(root, "environment");
  if (!where.empty()) {
    out += fmt::format("{:<15}{}, fleet {} ({}), {} processors, {}\n", "where",
                       text_at(where, "began"), text_at(where, "version"), text_at(where, "build"),
                       count_at(where, "cores"), text_at(where, "system"));
  }
  out += fmt::format("{:<15}{}\n", "repeat with", text_at(root, "run.command"));
}

void append_counts(std::string& out, const json& root) {
  out += fmt::format("\n{:<15}{} requested, {} online at most, {} at the end of {} expected; {} "
                     "reconnects, {} restarts\n",
                     "devices", count_at(root, "devices.requested"),
                     count_at(root, "devices.online_max"), count_at(root, "devices.online_end"),
                     count_at(root, "devices.expected_end"), count_at(root, "devices.reconnects"),
                     count_at(root, "devices.restarts"));
  double published = 0;
  for (const auto* qos : {"qos0", "qos1", "qos2"}) {
    published += number_at(object_at(root, "messages.published"), qos).value_or(0);
  }
  const double span = number_at(root, "run.duration_s").value_or(0);
  out += fmt::format("{:<15}{} published ({:.1f}/s), {} acknowledged, {} resent, {} commands\n",
                     "messages", count_text(published), span > 0 ? published / span : 0,
                     count_at(root, "messages.acknowledged"), count_at(root, "messages.resent"),
                     count_at(root, "messages.commands"));
  const auto on = number_at(root, "radio.on_s");
  const auto asleep = number_at(root, "radio.asleep_s");
  if (on && asleep && *asleep > 0) {
    out += fmt::format("{:<15}radios on for {:.3g} % of the time that CoAP links were open\n", "",
                       100 * *on / (*on + *asleep));
  }
}

void append_latencies(std::string& out, const json& root) {
  constexpr std::array<std::string_view, 5> columns{"p50", "p90", "p99", "p999", "max"};
  out += fmt::format("\n{:<15}{:>10}{:>11}{:>11}{:>11}{:>11}{:>11}\n", "latency", "count", "p50",
                     "p90", "p99", "p99.9", "max");
  for (const auto& [name, values] : object_at(root, "latency").items()) {
    if (number_at(values, "count").value_or(0) <= 0) {
      continue;
    }
    out += fmt::format("{:<15}{:>10}", name, count_at(values, "count"));
    for (const auto column : columns) {
      out += fmt::format("{:>11}", time_text(number_at(values, column)));
    }
    out += '\n';
  }
}

void append_ledger(std::string& out, const json& root) {
  out += fmt::format("\n{:<15}{:>14}{:>14}\n", "ledger", "uplink", "downlink");
  const auto& ledger = object_at(root, "ledger");
  for (const auto& figure : ledger_figures) {
    const auto up = number_at(object_at(ledger, "uplink"), figure.key);
    const auto down = number_at(object_at(ledger, "downlink"), figure.key);
    if (up || down) {
      const auto cell = [](std::optional<double> n) {
        return n ? count_text(n) : std::string{"not judged"};
      };
      out += fmt::format("{:<15}{:>14}{:>14}\n", figure.name, cell(up), cell(down));
    }
  }
}

void append_troubles(std::string& out, const json& root) {
  const auto& troubles = list_at(root, "troubles");
  out += troubles.empty() ? "" : "\ntroubles\n";
  for (const auto& t : troubles) {
    const auto detail = text_at(t, "example_detail");
    out += fmt::format("  {:<24}{:>9}   e.g. {}{}{}\n", text_at(t, "reason"), count_at(t, "count"),
                       text_at(t, "example_device"), detail.empty() ? "" : ": ", detail);
  }
}

void append_faults(std::string& out, const json& root) {
  const auto& faults = list_at(root, "faults");
  if (faults.empty()) {
    return;
  }
  out += fmt::format("\n{:<24}{:>13}{:>13}{:>12}{:>13}{:>12}{:>9}{:>9}\n", "fault", "at", "ended",
                     "hit", "whole in", "reconn./s", "delayed", "repeated");
  for (const auto& f : faults) {
    const auto ended = number_at(f, "ended_s");
    const auto whole = number_at(f, "recovered_s");
    out += fmt::format("{:<24}{:>13}{:>13}{:>12}{:>13}{:>12}{:>9}{:>9}\n", text_at(f, "name"),
                       time_text(number_at(f, "at_s")), time_text(ended), count_at(f, "hit"),
                       !ended  ? "in force"
                       : whole ? time_text(whole)
                               : "never",
                       count_at(f, "reconnect_peak_per_s"), count_at(f, "delayed"),
                       count_at(f, "repeated"));
  }
}

void append_spells(std::string& out, const json& root) {
  const auto& spells = list_at(root, "slow_spells");
  if (spells.empty()) {
    return;
  }
  out += fmt::format("\n{:<24}{:>13}{:>13}{:>10}{:>9}{:>12}{:>11}{:>10}\n", "slow spell", "from",
                     "to", "affected", "skipped", "unanswered", "later than", "slowest");
  for (const auto& s : spells) {
    out += fmt::format("{:<24}{:>13}{:>13}{:>10}{:>9}{:>12}{:>11}{:>10}\n",
                       flag_at(s, "faulted") ? "under a fault" : "no fault in force",
                       time_text(number_at(s, "from_s")), time_text(number_at(s, "to_s")),
                       count_at(s, "affected"), count_at(s, "skipped"), count_at(s, "unanswered"),
                       time_text(number_at(s, "above_s")), time_text(number_at(s, "slowest_s")));
  }
}

void append_expectations(std::string& out, const json& root) {
  const auto& all = list_at(root, "expectations");
  out += all.empty() ? "" : "\nexpectations\n";
  for (const auto& e : all) {
    out += fmt::format("  {:<8}{}\n", flag_at(e, "ok") ? "met" : "failed", text_at(e, "line"));
  }
}

void append_lines(std::string& out, const json& lines) {
  for (const auto& line : lines) {
    if (line.is_string()) {
      out += fmt::format("  - {}\n", line.get<std::string>());
    }
  }
}

} // namespace

std::string to_text(const earlier_run& run) {
  const auto& root = run.facts().root;
  std::string out;
  append_run(out, run);
  append_counts(out, root);
  append_latencies(out, root);
  append_ledger(out, root);
  append_troubles(out, root);
  append_faults(out, root);
  append_spells(out, root);
  append_expectations(out, root);
  const auto cpu_each = number_at(root, "process.cpu_s_per_device"); // older runs did not tell it
  out += fmt::format("\n{:<15}{:.2f} s CPU, {} at most; {}{} a device\n", "process",
                     number_at(root, "process.cpu_s").value_or(0),
                     size_text(number_at(root, "process.rss_max_bytes")),
                     cpu_each ? time_text(cpu_each) + " and " : std::string{},
                     size_text(number_at(root, "process.user_bytes_per_device")));
  if (const auto digest = text_at(root, "digest"); !digest.empty()) {
    out += fmt::format("{:<15}{}\n", "digest", digest);
  }
  if (const auto limit = text_at(root, "limit.text"); !limit.empty()) {
    const bool loud = text_at(root, "limit.who") == "generator";
    out += fmt::format("\n{:<15}{}{}\n", "limit", loud ? "ATTENTION: " : "", limit);
    append_lines(out, list_at(root, "limit.evidence"));
  }
  out += workers_text(list_at(root, "workers"));
  out += fmt::format("\n{:<15}{}{}\n", "verdict", text_at(root, "verdict"),
                     flag_at(root, "run.interrupted") ? " (interrupted)" : "");
  append_lines(out, list_at(root, "failures"));
  return out;
}

} // namespace fleet::report
