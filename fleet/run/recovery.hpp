// The recovery of a run from its faults: what judging::recovery_watch is fed with, read from the
// shards' meters.
#pragma once

#include <span>
#include <vector>

#include "fleet/judging/recovery.hpp"
#include "fleet/report/facts.hpp"
#include "fleet/run/fault_desk.hpp"
#include "fleet/run/prepare.hpp"

namespace fleet::program {

/// What the products' settings say together. A fleet must stay whole for as long as it may take
/// until a device has something to say: a connection that is half open is noticed then.
judging::recovery_limits recovery_limits_of(const prepared& ready);

/// The desk's list, as recovery looks at it.
std::vector<judging::fault_look> looks_of(const std::vector<fault_row>& rows);

/// Devices that are to be online at a moment.
struct wanted_devices {
  std::uint64_t connected = 0; ///< with a connection of their own
  std::uint64_t children = 0;  ///< behind gateways, less those whose gateway a fault has powerless
};

class recovery final : private judging::distributions {
public:
  /// `shards` outlive it.
  recovery(const std::vector<actors::shard*>& shards, const judging::recovery_limits& limits)
      : shards_(shards), watch_(limits, *this) {}
  recovery(const recovery&) = delete;
  recovery& operator=(const recovery&) = delete;

  /// Once a slice of the run.
  void look(double now_s, const wanted_devices& wanted, std::span<const judging::fault_look> faults,
            const report::totals& counts);
  /// Fills in what is known by now.
  void tell(report::run_facts& facts) const;
  void finish(report::run_facts& facts);
  /// Allocated by its findings.
  [[nodiscard]] std::uint64_t memory_bytes() const noexcept {
    return watch_.findings().capacity() * sizeof(judging::fault_finding);
  }
  /// Lines for people since the last call.
  std::vector<std::string> take_news() { return watch_.take_news(); }

private:
  [[nodiscard]] actors::histogram_snapshot acknowledgements() const override {
    return report::read_latency(shards_, actors::latency::publish_ack);
  }
  [[nodiscard]] actors::histogram_snapshot waits() const override {
    return report::read_waits(shards_);
  }

  const std::vector<actors::shard*>& shards_;
  judging::recovery_watch watch_;
};

} // namespace fleet::program
