// The addresses where devices fetch the configurations of their products (aliyun-iot.md §14.6),
// with a token each. Knows no configuration and no door; whoever opens one says where it is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cloud_sim/campaigns/url_tokens.hpp"

namespace fleet::cloud {

/// How long an address is good; a device that comes later asks again.
inline constexpr std::int64_t config_token_life_s = 24 * 3600;
/// In the place of a device, for the console's own look.
inline constexpr std::uint32_t config_for_nobody = 0xffffffff;

class config_links {
public:
  /// What tokens are signed with; empty: there are none, and nothing is served.
  void sign_with(std::string key);
  /// The address without id and token, such as `https://twin:8443/config/`; empty: there is no
  /// door, and nothing is served.
  void serve_at(std::string base) { base_ = std::move(base); }

  /// Whether there is a place to send devices to.
  [[nodiscard]] bool served() const noexcept { return tokens_.has_value() && !base_.empty(); }
  /// The address of configuration `id` for a device; only where served(). `now_s` since 1970.
  [[nodiscard]] std::string url(std::string_view id, std::uint32_t device,
                                std::int64_t now_s) const;
  /// Whether the bearer of `token` may have the configuration `id`.
  [[nodiscard]] token_verdict judge(std::string_view id, std::string_view token,
                                    std::int64_t now_s) const;

private:
  std::optional<url_tokens> tokens_;
  std::string base_;
};

} // namespace fleet::cloud
