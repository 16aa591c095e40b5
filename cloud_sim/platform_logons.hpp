// The platform's side of logging on by other ways than direct mode (aliyun-iot.md §5.4, §5.5):
// looks devices and products up for the front door, and takes its tokens at CONNECT. No HTTP.
#pragma once

#include <optional>
#include <string>

#include "cloud_sim/config_links.hpp"
#include "cloud_sim/fault_desk.hpp"
#include "cloud_sim/logon_registry.hpp"
#include "cloud_sim/logon_tokens.hpp"
#include "cloud_sim/platform_products.hpp"
#include "cloud_sim/registry.hpp"
#include "hal_sim/world/home.hpp"

namespace fleet::cloud {

class platform_logons final : public logon_registry {
public:
  /// All must outlive it; `key` signs the tokens, and without one there are none.
  platform_logons(hal::home& where, const registry& devices, const product_list& products,
                  std::string key);

  [[nodiscard]] std::optional<logon_device> find(device_name_view who) const override;
  [[nodiscard]] std::optional<logon_product> product(std::string_view product_key) const override;
  [[nodiscard]] std::optional<std::string> codec_key(device_name_view who) const override;
  [[nodiscard]] logon_config config(std::string_view id, std::string_view token) const override;
  [[nodiscard]] std::optional<logon_token> grant(device_name_view who) override;

  /// Whose credentials are refused, and whose tokens forgotten, from now on; outlives this.
  void misbehave_by(fault_desk& desk) noexcept { faults_ = &desk; }
  /// Who has addresses of configurations, from now on by these links, which outlive it.
  void give_configs(const config_links& links) noexcept { links_ = &links; }
  /// Answers devices with ID2 elements, by the model, from now on.
  void emulate_id2() noexcept { id2_ = true; }

  /// The device that a CONNECT in pre-auth mode speaks for, disabled or not. Nothing: no tokens
  /// are given, or not this one.
  [[nodiscard]] std::optional<std::uint32_t> recognize(std::string_view iot_id,
                                                       std::string_view iot_token) const;

private:
  [[nodiscard]] std::int64_t now_s() const noexcept { return home_.wall_ms() / 1000; }

  hal::home& home_;
  const registry& devices_;
  const product_list& products_;
  bool gives_tokens_;
  bool id2_ = false;
  std::string key_;
  logon_tokens tokens_;
  const config_links* links_ = nullptr;
  fault_desk* faults_ = nullptr; ///< none: nobody ordered a fault
};

} // namespace fleet::cloud
