// The accounts of a twin behind the face for outside. Keeps nothing of its own.
#pragma once

#include "cloud_sim/accounts.hpp"
#include "cloud_sim/broker.hpp"
#include "cloud_sim/ledger_desk.hpp"
#include "cloud_sim/registry.hpp"

namespace fleet::cloud {

class account_desk final : public ledger_desk {
public:
  /// `names` may be null; all of them outlive the desk.
  account_desk(broker& core, const registry* names)
      : core_(core), books_(core.ledger()), names_(names), counters_(core.counters()) {}

  void begin(std::uint32_t first, std::uint32_t count) override { books_.renew(first, count); }
  [[nodiscard]] std::optional<std::uint32_t> next(std::uint32_t from) const override;
  void save(std::uint32_t device, byte_buffer& uplink, byte_buffer& downlink) const override;
  void save_refused(std::uint32_t device, byte_buffer& refused) const override;
  [[nodiscard]] std::uint64_t doubled(std::uint32_t device) const override {
    return core_.faults() == nullptr ? 0 : core_.faults()->doubled(device);
  }
  [[nodiscard]] unbooked_tags unbooked() const override;
  [[nodiscard]] std::string name(std::uint32_t device) const override;

private:
  broker& core_;
  accounts& books_;
  const registry* names_;
  const twin_counters& counters_;
};

} // namespace fleet::cloud
