// A worker as its run sees it: it has a range of the fleet's devices, shows what they count, and
// reports to the coordinator.
#pragma once

#include <memory>
#include <string>

#include "fleet/run/company.hpp"
#include "fleet/workers/messages.hpp"
#include "fleet/workers/snapshots.hpp"
#include "fleet/workers/wire.hpp"

namespace fleet::program {

/// How long a worker whose coordinator is gone goes on; it may be the network.
inline constexpr double alone_patience_s = 5;

class crew_member final : public company {
public:
  /// `network` outlives it.
  crew_member(wire& network, peer_number coordinator, const device_range& devices)
      : wire_(network), coordinator_(coordinator), devices_(devices) {}

  [[nodiscard]] bool leads() const noexcept override { return false; }
  [[nodiscard]] device_range here() const noexcept override { return devices_; }
  std::optional<startup_error> begin(const shown_run& run, stop_signals& signals) override;
  company_news turn(double now_s) override;
  void report(const report::run_facts& facts, std::string ledger_lines) override;

private:
  void on_order(const crew_order& order, company_news& news);

  wire& wire_;
  peer_number coordinator_;
  device_range devices_;
  std::optional<snapshot_maker> snapshots_;
  double next_s_ = 0;
  double now_s_ = 0;
  std::optional<double> alone_since_s_;
};

/// The clock of this process, for a coordinator that asked.
crew_clock clock_answer(const crew_clock& question);

} // namespace fleet::program
