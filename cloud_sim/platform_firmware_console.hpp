// The console of the vendor's platform for firmware and campaigns. Every call is a turn of the
// broker of its own.
#pragma once

#include "cloud_sim/firmware_operations.hpp"
#include "cloud_sim/platform_character.hpp"

namespace fleet::cloud {

class platform_firmware_console final : public firmware_operations {
public:
  explicit platform_firmware_console(platform_character& platform) : platform_(platform) {}

  firmware_result add_firmware(const firmware_order& what) override;
  firmware_result put_content(std::uint32_t firmware, std::uint64_t offset,
                              bytes_view octets) override;
  [[nodiscard]] std::vector<firmware_view> firmwares() const override;
  [[nodiscard]] firmware_result firmware(std::uint32_t id) const override;
  operation_result delete_firmware(std::uint32_t id) override;

  campaign_result add_campaign(const campaign_order& what) override;
  [[nodiscard]] std::vector<campaign_view> campaigns() const override;
  [[nodiscard]] campaign_result campaign(std::uint32_t id) const override;
  [[nodiscard]] result<std::vector<campaign_device_view>, operation_failure>
  campaign_devices(std::uint32_t id, std::optional<rollout_state> state, std::uint32_t from,
                   std::uint32_t limit) const override;
  campaign_result change_campaign(std::uint32_t id, campaign_change what) override;
  operation_result delete_campaign(std::uint32_t id) override;

private:
  [[nodiscard]] bool knows_product(std::string_view product_key) const;
  /// The rules as the book takes them, or why they cannot be.
  result<campaign_rules, operation_failure> rules_of(const campaign_order& what,
                                                     const cloud::firmware& of) const;
  [[nodiscard]] campaign_view view(std::uint32_t id, const cloud::campaign& c) const;

  platform_character& platform_;
};

} // namespace fleet::cloud
