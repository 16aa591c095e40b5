// A run as one of several processes', as its director sees the others: the coordinator, which has
// no devices of its own, or a worker, which has some of the fleet's.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "actors/supervision/device_set.hpp"
#include "actors/supervision/shard.hpp"
#include "fleet/judging/soak.hpp"
#include "fleet/report/facts.hpp"
#include "fleet/run/control_lines.hpp"
#include "fleet/run/fault_desk.hpp"
#include "fleet/run/machine.hpp"
#include "fleet/run/prepare.hpp"
#include "fleet/run/run_board.hpp"
#include "fleet/scenario/plan.hpp"

namespace fleet::program {

/// The devices that both have; none: an empty range that begins where `a` does.
constexpr device_range common(const device_range& a, const device_range& b) noexcept {
  const auto first = std::max(a.first, b.first);
  const auto end = std::min(a.first + a.count, b.first + b.count);
  return first < end ? device_range{first, end - first} : device_range{a.first, 0};
}

/// Commands that a device's former worker may have had and told nobody of, by the device.
using unheard_commands = std::map<std::uint32_t, ledger::receiver_account>;
using actors::device_set;

/// Of a product's devices those in `b`, which has one range of each product; of several, all from
/// the first of them to the last.
device_range common(const device_range& a, const device_set& b);
/// What has all of these, in ranges that rise.
std::vector<device_range> ranges_of(const device_set& devices);
/// `devices 0 to 9, 40 to 139`.
std::string range_text(const device_set& devices);

/// What of a run others are shown while it goes; all of it outlives the run.
struct shown_run {
  const std::vector<actors::shard*>& shards;
  const fault_desk& faults;
  /// Runs a job on a shard's home, and comes back when it has run.
  std::function<void(hal::home&, const std::function<void()>&)> on_home{};
  const unheard_commands* unheard = nullptr; ///< null: there are none
};

/// How far a run is: devices go where the load wants them, end what they have begun, or go.
enum class run_part : std::uint8_t { load, settling, leaving };

/// An order of faults, for a worker.
struct given_order {
  control_order what;
  std::uint32_t number = 0; ///< that it is answered by
  double since_s = 0;       ///< how long ago it was given, before this worker's devices ran
};

/// What comes for a director from the others.
struct company_news {
  bool end = false;               ///< the run is to end now
  bool alone = false;             ///< a worker's coordinator is gone for good
  std::vector<std::string> lines; ///< for people, at once
  std::vector<given_order> orders;
};

/// fill_in(), for a process that has the devices `here` alone.
std::optional<startup_error> fill_in_part(const run_options& options, prepared& into,
                                          const device_set& here);

/// What processes use of their machines.
struct machine_use {
  double cpu_s = 0; ///< since they began
  std::uint64_t resident_bytes = 0;
};

/// Lives in the director, on its thread.
class company {
public:
  virtual ~company() = default;

  /// Whether this is the coordinator.
  [[nodiscard]] virtual bool leads() const noexcept = 0;
  /// Those of the fleet's devices that live in this process.
  [[nodiscard]] virtual device_set here() const noexcept = 0;

  /// Of a coordinator, in place of shards of its own: those that stand for the workers'. They live
  /// as long as this.
  virtual std::vector<actors::shard*> mirrors(const actors::product_map& /*products*/) {
    return {};
  }
  /// Comes back when the devices of all are to start, which is the same moment everywhere; or says
  /// why they never will.
  virtual std::optional<startup_error> begin(const shown_run& run, stop_signals& signals) = 0;
  /// Once a slice, `now_s` after the devices started.
  virtual company_news turn(double now_s) = 0;

  // Of a worker that joins a run that goes on already:
  /// What its world's time is on at the start, so that the run's beginning is no time before it.
  [[nodiscard]] virtual duration head_start() const { return duration{0}; }
  /// After begin(): since the devices of the others started.
  [[nodiscard]] virtual double late_s() const { return 0; }
  /// Before its devices run: whatever an earlier worker left of theirs. False: it is not of these.
  virtual bool inherit(const std::vector<actors::shard*>& /*shards*/,
                       unheard_commands& /*unheard*/) {
    return true;
  }
  /// Whether that were their accounts.
  [[nodiscard]] virtual bool has_accounts() const { return false; }

  /// Of a worker: its run gets there now, and its devices do not know yet.
  virtual void enter(run_part /*part*/) {}
  /// Of a worker: an order was carried out; or why it was not.
  virtual void answer(std::uint32_t /*order*/, const std::string& /*refusal*/) {}
  /// Of a worker: what its process holds now, by soak_watched().
  virtual void sampled(std::vector<std::optional<double>> /*values*/) {}
  /// Of a worker, before report(): faults that were to be, and were not.
  virtual void miss(std::vector<std::string> /*why*/) {}

  // Of a coordinator:
  /// Nobody's devices are where the run wants them any more: it ends them.
  [[nodiscard]] virtual bool all_leave() const { return false; }
  /// What the workers missed, a sentence each.
  [[nodiscard]] virtual std::vector<std::string> missed() const { return {}; }
  /// The workers end their runs, those that have not.
  virtual void drain() {}
  /// Whether each has reported or is lost.
  [[nodiscard]] virtual bool all_over() const { return true; }
  /// Whether it waits for one that is cut off.
  [[nodiscard]] virtual bool waits() const { return false; }
  /// A live order about faults that was carried out here. Waits a moment for the workers' answers;
  /// who does not have it, and why, a sentence each.
  virtual std::vector<std::string> relay(const control_order& /*order*/) { return {}; }
  /// Adds what the workers reported to what this process has seen: all that shards and meters do
  /// not hold. Afterwards the ledger is whole.
  virtual void complete(report::run_facts& /*facts*/) {}
  /// What each worker that lives told last; what was taken before, as summed_alone() leaves it.
  virtual std::vector<judging::process_sample> take_samples() { return {}; }
  /// What the workers used when they were last heard.
  [[nodiscard]] virtual machine_use elsewhere() const { return {}; }
  [[nodiscard]] virtual std::optional<worker_counts> workers() const { return std::nullopt; }
  /// The lines of their ledgers, in the order of devices.
  [[nodiscard]] virtual std::string ledger_lines() const { return {}; }
  /// The report as JSON with the workers in it; and what people are told of them.
  [[nodiscard]] virtual std::string with_workers(std::string json) const { return json; }
  [[nodiscard]] virtual std::string workers_text() const { return {}; }

  /// Of a worker: why it will not begin. Comes back when that has arrived, or never will.
  virtual void cannot_begin(const startup_error& /*why*/) {}
  /// Of a worker: what it came to. Comes back when that has arrived, or never will.
  virtual void report(const report::run_facts& /*facts*/, std::string /*ledger_lines*/) {}
};

} // namespace fleet::program
