// Reading, looking, deciding.
#include "fleet/run/expectations.hpp"

#include "fleet/judging/amount.hpp"

namespace fleet::program {

expectations::expectations(const std::vector<std::string>& lines) {
  const auto& known = report::figures();
  for (const auto& line : lines) {
    auto read = judging::read_expectation(line, known);
    FLEET_CHECK(read.ok()); // it was read before
    auto& added = all_.emplace_back();
    added.what = std::move(read).value();
    added.live = judging::can_be_hopeless(added.what, known);
    live_ = live_ || added.live;
    live_latencies_ =
        live_latencies_
        || (added.live
            && known.figures[added.what.left.what.figure].takes == judging::argument::latency);
  }
}

bool expectations::look(const report::run_facts& facts, double now_s) {
  const report::figures_of_run now{facts};
  bool found = false;
  for (auto& each : all_) {
    if (!each.live || each.early || !judging::hopeless(each.what, report::figures(), now)) {
      continue;
    }
    each.early = judging::decide(each.what, now, now_s);
    found = true;
    if (hopeless_.empty()) {
      hopeless_ = each.early->line + " at " + judging::said(now_s, judging::unit::duration);
    }
  }
  return found;
}

void expectations::decide(report::run_facts& facts) const {
  const report::figures_of_run end{facts};
  for (const auto& each : all_) {
    auto verdict = judging::decide(each.what, end, facts.duration_s);
    if (each.early) {
      verdict.decided_at_s = each.early->decided_at_s;
    }
    facts.judged.expectations.push_back(std::move(verdict));
  }
}

std::set<std::string, std::less<>> expectations::names() const {
  std::set<std::string, std::less<>> out;
  for (const auto& each : all_) {
    for (auto& name : report::figures_of(each.what)) {
      out.insert(std::move(name));
    }
  }
  return out;
}

} // namespace fleet::program
