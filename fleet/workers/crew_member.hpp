// A worker as its run sees it: it has a range of the fleet's devices, shows what they count, and
// reports to the coordinator.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fleet/run/company.hpp"
#include "fleet/workers/lifeline.hpp"
#include "fleet/workers/local_process.hpp"
#include "fleet/workers/messages.hpp"
#include "fleet/workers/snapshots.hpp"

namespace fleet::program {

/// Tells the coordinator why a worker will not begin, and waits a little until it has read that.
void refuse_part(lifeline& coordinator, const startup_error& why);

class crew_member final : public company {
public:
  /// Both outlive it. `devices` are those of `part`.
  crew_member(lifeline& coordinator, const shard_spec& part, device_set devices);

  [[nodiscard]] bool leads() const noexcept override { return false; }
  [[nodiscard]] device_set here() const noexcept override { return devices_; }
  [[nodiscard]] duration head_start() const override;
  [[nodiscard]] double late_s() const override { return late_s_; }
  bool inherit(const std::vector<actors::shard*>& shards, unheard_commands& unheard) override;
  [[nodiscard]] bool has_accounts() const override { return !part_.accounts.empty(); }
  std::optional<startup_error> begin(const shown_run& run, stop_signals& signals) override;
  company_news turn(double now_s) override;
  void enter(run_part part) override;
  void sampled(std::vector<std::optional<double>> values) override;
  void answer(std::uint32_t order, const std::string& refusal) override;
  void miss(std::vector<std::string> why) override { missed_ = std::move(why); }
  void cannot_begin(const startup_error& why) override;
  void report(const report::run_facts& facts, std::string ledger_lines) override;

private:
  startup_error sent_off(const crew_farewell& farewell);
  void on_order(const crew_order& order, company_news& news);
  crew_snapshot snapshot(double now_s);
  void show(double now_s);
  void hire(const std::string& address);
  void see_off();
  [[nodiscard]] bool alone() const;

  lifeline& coordinator_;
  const shard_spec& part_;
  device_set devices_;
  std::optional<snapshot_maker> snapshots_;
  double next_s_ = 0;
  double now_s_ = 0;
  std::uint32_t orders_ = 0; ///< carried out
  bool dismissed_ = false;   ///< its devices are another's, or the run goes without it
  bool reported_ = false;    ///< the coordinator has its report
  double late_s_ = 0;
  run_part run_part_ = run_part::load;
  bool too_much_told_ = false;
  wire_counts sample_; ///< not told yet; empty: there is none
  std::vector<std::string> missed_;
  std::vector<std::unique_ptr<local_process>> hired_;
};

} // namespace fleet::program
