// The tokens of pre-auth (aliyun-iot.md §5.4): made for a device, and recognized at CONNECT,
// without a table of those that are out. Knows no registry and no connections.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "cloud_sim/logon_registry.hpp"

namespace fleet::cloud {

inline constexpr std::int64_t logon_token_life_s = 7 * 86'400; ///< §5.4

class logon_tokens {
public:
  /// Whoever has the key can make tokens; a twin with another key takes none of these.
  explicit logon_tokens(std::string key);

  /// For the device of that index, whose iotId the caller knows; the token is bound to it.
  [[nodiscard]] logon_token issue(std::uint32_t device, std::string iot_id,
                                  std::int64_t now_s) const;

  /// Whose token it is by index, or nothing: a wrong one, or too old. In a time that depends on
  /// lengths only. Whether that index still has that iotId, the caller knows.
  [[nodiscard]] std::optional<std::uint32_t>
  recognize(std::string_view iot_id, std::string_view iot_token, std::int64_t now_s) const;

  /// When a token was given, in seconds since 1970; nothing: it is none.
  [[nodiscard]] static std::optional<std::int64_t> given_s(std::string_view iot_token);

private:
  [[nodiscard]] std::string sign(std::string_view iot_id, std::string_view head) const;
  std::string key_;
};

} // namespace fleet::cloud
