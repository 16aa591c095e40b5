// The tables of faults, expectations and growth.
#include "fleet/report/judged.hpp"

#include <fmt/format.h>

#include "fleet/judging/amount.hpp"

namespace fleet::report {

namespace {

using judging::fault_finding;
using judging::said;
using judging::unit;

std::string seconds_said(double s) {
  return said(s, unit::duration);
}

std::string recovered_text(const fault_finding& f) {
  if (!f.ended_s) {
    return "in force";
  }
  if (f.recovered_s) {
    return seconds_said(*f.recovered_s);
  }
  return f.whole_for_s ? "unknown" : "never";
}

std::string backoff_text(const judging::backoff_finding& b) {
  if (b.kept()) {
    return b.waits == 0 ? "no waits" : "kept";
  }
  std::string out;
  for (const auto& [kept, text] :
       {std::pair{b.capped, "beyond its cap"}, std::pair{b.spaced, "too often"},
        std::pair{b.jittered, "no jitter"}}) {
    if (!kept) {
      out += (out.empty() ? "" : ", ") + std::string{text};
    }
  }
  return out;
}

void append_faults(std::string& out, const judged_facts& j) {
  if (j.faults.empty()) {
    return;
  }
  out += fmt::format("\n{:<24}{:>9}{:>9}{:>16}{:>10}{:>12}{:>9}{:>9}  {}\n", "fault", "at",
                     "lasted", "hit", "whole in", "reconn./s", "delayed", "repeated", "back-off");
  for (const auto& f : j.faults) {
    out += fmt::format("{:<24}{:>9}{:>9}{:>16}{:>10}{:>12}{:>9}{:>9}  {}\n", f.name,
                       seconds_said(f.at_s),
                       f.ended_s ? seconds_said(*f.ended_s - f.at_s) : std::string{"-"},
                       fmt::format("{}/{}", f.hit, f.selected), recovered_text(f),
                       f.reconnect_peak_per_s, f.delayed, f.repeated, backoff_text(f.backoff));
    if (f.whole_for_s) {
      out += fmt::format("  whole for the last {} of the run, too short to know that it stays so\n",
                         seconds_said(*f.whole_for_s));
    }
    if (!f.followed_by.empty()) {
      out += fmt::format("  {} began before the fleet was whole again\n", f.followed_by);
    }
  }
}

void append_spells(std::string& out, const judged_facts& j) {
  if (j.spells.empty()) {
    return;
  }
  out +=
      fmt::format("\n{:<24}{:>9}{:>9}{:>10}{:>9}{:>12}{:>11}{:>10}{:>12}\n", "slow spell", "from",
                  "to", "affected", "skipped", "unanswered", "later than", "slowest", "usual p99");
  for (const auto& s : j.spells) {
    out += fmt::format("{:<24}{:>9}{:>9}{:>10}{:>9}{:>12}{:>11}{:>10}{:>12}\n",
                       s.faulted ? "under a fault" : "no fault in force", seconds_said(s.from_s),
                       seconds_said(s.to_s), s.affected, s.skipped, s.unanswered,
                       seconds_said(s.above_s), seconds_said(s.slowest_s), seconds_said(s.usual_s));
  }
}

void append_expectations(std::string& out, const judged_facts& j) {
  if (j.expectations.empty()) {
    return;
  }
  out += "\nexpectations\n";
  for (const auto& e : j.expectations) {
    out += fmt::format("  {:<8}{}\n", e.ok ? "met" : "failed", e.line);
  }
}

void append_soak(std::string& out, const judged_facts& j) {
  if (!j.soak) {
    return;
  }
  const auto& s = *j.soak;
  if (!s.never_began.empty()) {
    out += fmt::format("\n{:<24}never began, since {}\n", "soak", s.never_began);
    return;
  }
  out += fmt::format("\n{:<24}{} of steady running from {} on, {} samples{}\n", "soak",
                     seconds_said(s.steady_s), seconds_said(s.steady_from_s), s.samples,
                     s.too_short ? ": too short to judge" : "");
  for (const auto& g : s.all) {
    const auto kind = g.octets ? unit::size : unit::plain;
    const char* const state = !g.judged     ? "not judged"
                              : s.too_short ? ""
                              : g.grew      ? "grew"
                                            : "steady";
    out += fmt::format("  {:<22}{:>12} median, {} an hour, {} in all of {} allowed  {}{}\n", g.text,
                       said(g.median, kind), said(g.per_hour, kind), said(g.growth, kind),
                       said(g.limit, kind), state,
                       g.process.empty() ? "" : ", the most of " + g.process);
  }
}

} // namespace

std::string judged_text(const judged_facts& j) {
  std::string out;
  append_faults(out, j);
  append_spells(out, j);
  append_expectations(out, j);
  append_soak(out, j);
  return out;
}

void judge_expected(const judged_facts& j, std::vector<std::string>& out) {
  if (!j.stopped_early.empty()) {
    out.push_back("stopped early: " + j.stopped_early);
  }
  for (const auto& e : j.expectations) {
    // What the run stopped for has been said, with what it was then.
    if (!e.ok && !j.stopped_early.starts_with("expected " + e.text + ": ")) {
      out.push_back(e.line);
    }
  }
  if (j.soak) {
    const auto wrong = judging::failures_of(*j.soak);
    out.insert(out.end(), wrong.begin(), wrong.end());
  }
}

} // namespace fleet::report
