// All of them at once.
#include "fleet/run/judges.hpp"

#include <algorithm>

#include "fleet/judging/amount.hpp"
#include "fleet/run/machine.hpp"

namespace fleet::program {

namespace {

std::vector<std::string> lines_of(const judged_run& run) {
  std::vector<std::string> out;
  if (run.ready.plan) {
    for (const auto& line : run.ready.plan->expect) {
      out.push_back(line.text);
    }
  }
  const auto& given = run.options.judged.expect;
  out.insert(out.end(), given.begin(), given.end());
  return out;
}

/// Looks of a whole run; a second apart in a short one.
constexpr double looks = 2000;

} // namespace

judges::judges(const judged_run& run)
    : run_(run), recovery_(run.shards, recovery_limits_of(run.ready)),
      series_(run.shards, run.world, run.others), expectations_(lines_of(run)),
      every_s_(std::max(1.0, seconds(run.options.run_for) / looks)) {
  if (run.options.judged.soak) {
    soak_.emplace(run.world, run.far, seconds(run.options.run_for), run.others);
  }
}

void judges::look(const run_moment& now, const fault_teller& faults, report::run_facts& facts) {
  if (faults && now.now_s >= faults_next_s_) {
    faults_ = faults();
    faults_next_s_ = now.now_s + std::min(every_s_ / 10, 1.0);
  }
  recovery_.look(now.now_s, now.wanted, faults_, facts.counts);
  const auto in_force = std::count_if(faults_.begin(), faults_.end(),
                                      [](const auto& fault) { return fault.in_force; });
  if (now.over && !over_) {
    over_ = true;
    series_.load_is_over();
  }
  const auto& t = facts.counts;
  if (series_.look(now.now_s, now.wanted.connected, static_cast<std::uint64_t>(in_force), t)) {
    spells_.look({now.now_s, t.skipped[static_cast<std::size_t>(actors::skip::window)], t.in_flight,
                  static_cast<std::uint64_t>(in_force)},
                 series_.acknowledgements());
  }
  if (now.over) {
    return;
  }
  if (soak_) {
    soak_->look({now.now_s, now.wanted.connected, t.online() + t.off_by_fault, now.ramp,
                 memory_bytes(facts)},
                facts);
  }
  if (!expectations_.live() || now.now_s < next_s_) {
    return;
  }
  next_s_ = now.now_s + every_s_;
  const auto there = run_.others == nullptr ? machine_use{} : run_.others->elsewhere();
  facts.process.rss_max_bytes = resident_peak_bytes() + there.resident_bytes;
  facts.process.cpu_s = cpu_seconds() + there.cpu_s;
  if (expectations_.live_latencies()) {
    for (std::size_t i = 0; i < actors::latency_count; ++i) {
      facts.latencies[i] = report::read_latency(run_.shards, static_cast<actors::latency>(i));
    }
    facts.firmware = report::read_firmware(run_.shards);
  }
  recovery_.tell(facts);
  if (expectations_.look(facts, now.now_s) && stop_early()) {
    facts.judged.stopped_early = expectations_.hopeless();
  }
}

std::uint64_t judges::memory_bytes(const report::run_facts& facts) const noexcept {
  const auto told = facts.judged.faults.capacity() * sizeof(judging::fault_finding);
  return series_.series().memory_bytes() + recovery_.memory_bytes() + told + soak_->memory_bytes();
}

bool judges::stop_early() const noexcept {
  return !run_.options.judged.no_early_stop && !expectations_.hopeless().empty();
}

void judges::finish(report::run_facts& facts) {
  facts.course.series = series_.series();
  facts.course.environment =
      environment_of(static_cast<std::uint32_t>(run_.world.device_homes().size()),
                     run_.options.target.scheme == text::scheme::embedded,
                     wall_clock_ms() - static_cast<std::int64_t>(facts.wall_s * 1000));
  recovery_.finish(facts);
  spells_.finish();
  facts.judged.spells = spells_.spells();
  if (soak_) {
    facts.judged.soak = soak_->judge(run_.options.devices);
  }
  facts.judged.by_hand = expectations_.names();
  expectations_.decide(facts);
}

std::string news_text(double now_s, const std::string& line) {
  return "at " + judging::said(now_s, judging::unit::duration) + ": " + line;
}

} // namespace fleet::program
