// A worker as its run sees it: it has a range of the fleet's devices, shows what they count, and
// reports to the coordinator.
#pragma once

#include <memory>
#include <string>

#include "fleet/run/company.hpp"
#include "fleet/workers/lifeline.hpp"
#include "fleet/workers/messages.hpp"
#include "fleet/workers/snapshots.hpp"

namespace fleet::program {

class crew_member final : public company {
public:
  /// Both outlive it.
  crew_member(lifeline& coordinator, const shard_spec& part);

  [[nodiscard]] bool leads() const noexcept override { return false; }
  [[nodiscard]] device_range here() const noexcept override { return {part_.first, part_.count}; }
  std::optional<startup_error> begin(const shown_run& run, stop_signals& signals) override;
  company_news turn(double now_s) override;
  void report(const report::run_facts& facts, std::string ledger_lines) override;

private:
  void on_order(const crew_order& order, company_news& news);
  void show(double now_s);
  [[nodiscard]] bool alone() const;

  lifeline& coordinator_;
  const shard_spec& part_;
  std::optional<snapshot_maker> snapshots_;
  double next_s_ = 0;
  double now_s_ = 0;
  std::uint32_t orders_ = 0; ///< carried out
  bool dismissed_ = false;   ///< its devices are another's
};

} // namespace fleet::program
