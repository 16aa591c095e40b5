// The runs of a sweep, some at once; results are judged in the order of their seeds.
#include "fleet/sweep/sweep_command.hpp"

#include <algorithm>
#include <cstdio>
#include <map>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

#include "fleet/run/machine.hpp"
#include "fleet/sweep/invariants.hpp"
#include "fleet/sweep/make_plan.hpp"
#include "fleet/sweep/shrink_plan.hpp"
#include "fleet/sweep/workshop.hpp"
#include "fleet/text/quantities.hpp"

namespace fleet::program {

namespace {

using namespace std::chrono_literals;

/// Of one seed in so many the run is repeated and the digests compared.
constexpr std::uint32_t twice_every = 10;
constexpr duration look_every = 10ms;
constexpr std::uint32_t line_every = 25; ///< seeds, where no line can be redrawn

struct failure {
  sweep::sweep_plan plan;
  std::vector<std::string> wrong;
};

class sweep_run {
public:
  sweep_run(const run_options& o, std::uint64_t first)
      : asked_(o.sweep), first_(first), quiet_(o.quiet),
        redraws_(!o.plain && !o.quiet && ::isatty(STDERR_FILENO) == 1), shop_(o.sweep.folder) {}

  exit_code execute() {
    if (const auto wrong = shop_.open()) {
      std::fprintf(stderr, "fleet run: %s\n", wrong->c_str());
      return exit_code::environment_failed;
    }
    announce();
    try_all();
    wipe();
    for (const auto& [index, each] : failures_) {
      if (asked_.all || index == failures_.begin()->first) {
        tell(each);
      }
    }
    if (asked_.shrink && !failures_.empty() && !interrupted_) {
      shrink(failures_.begin()->second);
    }
    summarize();
    return interrupted_        ? exit_code::interrupted
           : failures_.empty() ? exit_code::passed
                               : exit_code::expectation_failed;
  }

private:
  [[nodiscard]] std::size_t jobs() const { return asked_.jobs != 0 ? asked_.jobs : usable_cores(); }
  /// Seeds from here on need not be tried any more.
  [[nodiscard]] std::uint32_t end() const {
    return asked_.all || failures_.empty() ? asked_.count : failures_.begin()->first;
  }

  void announce() const {
    if (!quiet_) {
      std::printf("sweep of %u seeds from %llu, %zu at once, in %s\n", asked_.count,
                  static_cast<unsigned long long>(first_), jobs(), asked_.folder.c_str());
      std::fflush(stdout);
    }
  }

  void try_all() {
    began_ = monotonic_seconds();
    std::uint32_t next = 0;
    while (!interrupted_ && (next < end() || !running_.empty())) {
      while (next < end() && running_.size() < jobs()) {
        auto plan = sweep::make_plan(first_ + next);
        auto name = sweep::name_of(plan);
        running_.emplace(next++, shop_.start(std::move(plan), std::move(name)));
      }
      const bool any = collect();
      interrupted_ =
          stop_signals::wait(any ? duration::zero() : look_every).has_value() || interrupted_;
    }
    for (auto& [index, left] : running_) {
      shop_.drop(left);
    }
    running_.clear();
  }

  /// Takes in those that are over; whether there was one.
  bool collect() {
    bool any = false;
    for (auto at = running_.begin(); at != running_.end();) {
      auto& [index, trial] = *at;
      sweep::outcome came;
      if (index >= end()) {
        shop_.drop(trial); // a smaller seed has failed
        at = running_.erase(at);
      } else if (!shop_.over(trial, came)) {
        ++at;
      } else if (any = true; came.interrupted) {
        interrupted_ = true;
        return any;
      } else if (came.wrong.empty() && !trial.second && index % twice_every == 0) {
        shop_.again(trial);
      } else {
        finish(index, trial, std::move(came));
        at = running_.erase(at);
      }
    }
    return any;
  }

  void finish(std::uint32_t index, const sweep::trial& trial, sweep::outcome came) {
    ++done_;
    devices_ += trial.plan.devices();
    simulated_ += trial.plan.run_for;
    shop_.keep(trial, !came.wrong.empty());
    if (!came.wrong.empty()) {
      failures_.emplace(index, failure{trial.plan, std::move(came.wrong)});
    }
    progress();
  }

  void progress() {
    if (quiet_ || (!redraws_ && done_ % line_every != 0)) {
      return;
    }
    std::fprintf(stderr, "%ssweep: %u of %u seeds, %zu failed, %.0f s%s", redraws_ ? "\r" : "",
                 done_, asked_.count, failures_.size(), monotonic_seconds() - began_,
                 redraws_ ? "\033[K" : "\n");
    std::fflush(stderr);
  }
  void wipe() const {
    if (redraws_) {
      std::fputs("\r\033[K", stderr);
    }
  }

  void tell(const failure& f) const {
    std::printf("seed %llu failed:\n", static_cast<unsigned long long>(f.plan.seed));
    for (const auto& sentence : f.wrong) {
      std::printf("  %s\n", sentence.c_str());
    }
    std::printf("  %s\n", shop_.command_for(f.plan, sweep::name_of(f.plan)).c_str());
    std::fflush(stdout);
  }

  void shrink(const failure& f) {
    const auto name = sweep::name_of(f.plan) + "-min";
    const auto small = sweep::shrink_plan(f.plan, [&](const sweep::sweep_plan& smaller) {
      return !interrupted_ && fails_alike(smaller, name, f.wrong);
    });
    wipe();
    if (!shop_.write(small.plan, name)) {
      std::fprintf(stderr, "fleet run: %s cannot be written\n", name.c_str());
      return;
    }
    const auto faults = small.plan.count_of(sweep::part_kind::fault);
    std::printf("%s in %zu runs to %zu products, %u devices, %zu faults and %zu other parts%s:\n"
                "  %s\n",
                interrupted_ ? "interrupted, shrunk" : "shrunk", small.tries,
                small.plan.products.size(), small.plan.devices(), faults,
                small.plan.parts.size() - faults, interrupted_ ? " so far" : "",
                shop_.command_for(small.plan, name).c_str());
  }

  /// Runs a smaller plan; whether it fails in the same way. An interruption is no failure.
  bool fails_alike(const sweep::sweep_plan& smaller, const std::string& name,
                   const std::vector<std::string>& wrong) {
    auto trial = shop_.start(smaller, name);
    sweep::outcome came;
    while (!shop_.over(trial, came) || repeat(trial, came, wrong)) {
      if (interrupted_ = stop_signals::wait(look_every).has_value(); interrupted_) {
        shop_.drop(trial);
        return false;
      }
    }
    shop_.keep(trial, false);
    ++tries_;
    if (redraws_) {
      std::fprintf(stderr, "\rshrinking: run %u\033[K", tries_);
    }
    interrupted_ = came.interrupted;
    return !interrupted_ && sweep::alike(came.wrong, wrong);
  }

  /// Starts a second run where two that differ are what is looked for.
  bool repeat(sweep::trial& trial, const sweep::outcome& came,
              const std::vector<std::string>& wrong) {
    if (trial.second || !came.wrong.empty()
        || !sweep::alike(wrong, {sweep::digests_differ("0", "0")})) {
      return false;
    }
    shop_.again(trial);
    return true;
  }

  void summarize() const {
    if (quiet_) {
      return;
    }
    std::printf(
        "%s%u of %u seeds in %.1f s, %s devices, %s simulated: %s\n",
        interrupted_ ? "interrupted: " : "", done_, asked_.count, monotonic_seconds() - began_,
        text::format_count(devices_).c_str(), text::format_duration(simulated_).c_str(),
        failures_.empty() ? "none failed" : fmt::format("{} failed", failures_.size()).c_str());
    std::fflush(stdout);
  }

  const sweep_options& asked_;
  std::uint64_t first_;
  bool quiet_;
  bool redraws_;
  sweep::workshop shop_;
  std::map<std::uint32_t, sweep::trial> running_; ///< by the seed's number in the sweep
  std::map<std::uint32_t, failure> failures_;
  bool interrupted_ = false;
  std::uint32_t done_ = 0;
  std::uint32_t tries_ = 0;
  std::uint64_t devices_ = 0;
  duration simulated_{0};
  double began_ = 0;
};

} // namespace

exit_code execute_sweep(const run_options& options) {
  stop_signals signals;
  return sweep_run{options, options.seed ? *options.seed : fresh_seed()}.execute();
}

} // namespace fleet::program
