// The console of firmware and campaigns of a twin in another process, by its admin API: as much of
// it as a rollout needs. Blocks.
#pragma once

#include <memory>
#include <string>

#include "cloud_sim/firmware_operations.hpp"
#include "fleet/console/admin_api.hpp"

namespace fleet::program {

class admin_firmware final : public cloud::firmware_operations {
public:
  /// `api` outlives it.
  explicit admin_firmware(admin_api& api) : api_(api) {}

  firmware_result add_firmware(const cloud::firmware_order& what) override;
  firmware_result put_content(std::uint32_t firmware, std::uint64_t offset,
                              bytes_view octets) override;
  [[nodiscard]] firmware_result firmware(std::uint32_t id) const override;
  campaign_result add_campaign(const cloud::campaign_order& what) override;
  [[nodiscard]] campaign_result campaign(std::uint32_t id) const override;

  // What no rollout asks for: unsupported, or nothing.
  [[nodiscard]] std::vector<cloud::firmware_view> firmwares() const override { return {}; }
  [[nodiscard]] std::vector<cloud::campaign_view> campaigns() const override { return {}; }
  cloud::operation_result delete_firmware(std::uint32_t id) override;
  [[nodiscard]] result<std::vector<cloud::campaign_device_view>, cloud::operation_failure>
  campaign_devices(std::uint32_t id, std::optional<cloud::rollout_state> state, std::uint32_t from,
                   std::uint32_t limit) const override;
  campaign_result change_campaign(std::uint32_t id, cloud::campaign_change what) override;
  cloud::operation_result delete_campaign(std::uint32_t id) override;

private:
  [[nodiscard]] result<std::string, cloud::operation_failure> ask(const admin_request& what) const;

  admin_api& api_;
};

} // namespace fleet::program
