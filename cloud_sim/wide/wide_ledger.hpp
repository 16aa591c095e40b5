// The ledgers of a twin's homes as one. A device has its account on the home that it belongs to.
#pragma once

#include <vector>

#include "cloud_sim/ledger_desk.hpp"

namespace fleet::cloud {

class wide_ledger final : public ledger_desk {
public:
  /// They outlive it; at least one. Called while their homes stand still.
  explicit wide_ledger(std::vector<ledger_desk*> each) : each_(std::move(each)) {}

  void begin(std::uint32_t first, std::uint32_t count) override;
  [[nodiscard]] std::optional<std::uint32_t> next(std::uint32_t from) const override;
  void save(std::uint32_t device, byte_buffer& uplink, byte_buffer& downlink) const override;
  void save_refused(std::uint32_t device, byte_buffer& refused) const override;
  [[nodiscard]] std::uint64_t doubled(std::uint32_t device) const override;
  [[nodiscard]] unbooked_tags unbooked() const override;
  [[nodiscard]] std::string name(std::uint32_t device) const override;

private:
  /// Whose account it is. Of several, which the open broker alone can have, where clients of more
  /// than one home report for one device: the first.
  [[nodiscard]] const ledger_desk& of(std::uint32_t device) const;

  std::vector<ledger_desk*> each_;
};

} // namespace fleet::cloud
