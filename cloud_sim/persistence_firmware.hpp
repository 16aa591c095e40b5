// What the platform tells of firmware and campaigns, as rows of the store. Translates; the batch is
// the persistence's.
#pragma once

#include "cloud_sim/firmware_keeper.hpp"
#include "cloud_sim/store/store.hpp"

namespace fleet::cloud {

class kept_firmware final : public firmware_keeper {
public:
  explicit kept_firmware(store& into) noexcept : store_(into) {}

  void firmware_changed(const firmware_row& row) override;
  void firmware_gone(std::uint32_t firmware) override;
  void block_changed(const firmware_block_row& row) override;
  bool read_block(std::uint32_t firmware, std::uint32_t block, byte_buffer& out) override;
  void campaign_changed(const campaign_row& row) override;
  void campaign_gone(std::uint32_t campaign) override;
  void rollout_changed(const rollout_row& row) override;
  void number_changed(const number_row& row) override;

private:
  store& store_;
};

} // namespace fleet::cloud
