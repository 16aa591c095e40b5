// Whoever keeps the cloud's side of the ledger: the embedded twin, or a probe on a foreign broker.
#pragma once

#include <cstdint>

#include "fleet/metrics/exposition.hpp"
#include "fleet/report/facts.hpp"
#include "protocol/ledger/ledger.hpp"

namespace fleet::program {

class far_side {
public:
  virtual ~far_side() = default;

  /// Ends the commands to devices; callable from any thread.
  virtual void quiet() = 0;
  /// Whether all that the devices sent and all commands have arrived, as far as can be seen now;
  /// callable from any thread.
  [[nodiscard]] virtual bool settled(const report::totals& devices) const = 0;
  /// Lets go of its streams and timers; on its home's thread, or after the homes ended.
  virtual void stop() = 0;

  // After the homes ended:
  [[nodiscard]] virtual const ledger::receiver_account* uplink_of(std::uint32_t index) const = 0;
  [[nodiscard]] virtual const ledger::sender_account* downlink_of(std::uint32_t index) const = 0;
  [[nodiscard]] virtual std::uint64_t corrupted() const = 0;
  /// Whether it sees the DUP flag of the devices themselves; a probe behind a broker does not.
  [[nodiscard]] virtual bool sees_dup() const = 0;

  /// Adds its own metrics; callable from any thread.
  virtual void sample(std::vector<metrics::sample>& out) const = 0;
};

} // namespace fleet::program
