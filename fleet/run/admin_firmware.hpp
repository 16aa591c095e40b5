// The console of firmware and campaigns of a twin in another process, by its admin API: as much of
// it as a rollout needs. Blocks. A twin that does not answer is operation_error::timed_out, after
// which the same may be asked again.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "cloud_sim/firmware_operations.hpp"
#include "fleet/console/admin_api.hpp"

namespace fleet::program {

class admin_firmware final : public cloud::firmware_operations {
public:
  /// `api` outlives it.
  explicit admin_firmware(admin_api& api) : api_(api) {}

  /// Of an order whose answer was lost it looks first whether it was carried out.
  firmware_result add_firmware(const cloud::firmware_order& what) override;
  firmware_result put_content(std::uint32_t firmware, std::uint64_t offset,
                              bytes_view octets) override;
  [[nodiscard]] firmware_result firmware(std::uint32_t id) const override;
  /// Likewise.
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
  std::map<std::string, std::uint32_t> unanswered_; ///< by order: the newest firmware before it
  std::set<std::uint32_t> added_;                   ///< so that none is taken for two orders
  std::set<std::string> campaigns_unanswered_;
};

} // namespace fleet::program
