// Who may use the admin API: a token, and the answers that keep other sites' pages, run by a
// browser on this machine, out of it. Judges the fields of a request; answers nothing itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cloud_sim/web/message.hpp"
#include "hal_sim/world/address.hpp"

namespace fleet::cloud {

/// Octets of a token that is made: 32 hexadecimal digits.
std::string make_admin_token();

inline constexpr std::size_t min_admin_token = 16;  ///< characters
inline constexpr std::size_t max_admin_token = 512; ///< characters
/// Whether `text` can be a token: visible ASCII of those lengths.
bool valid_admin_token(std::string_view text) noexcept;

struct guard_rules {
  /// Asked for as `Authorization: Bearer …`; empty: none is, which only loopback allows.
  std::string token;
  hal::address own; ///< the listener's; on loopback Host must name it, or loopback
};

enum class verdict : std::uint8_t {
  allowed,
  foreign_host,   ///< Host names another machine: a name that was made to resolve to this one
  foreign_origin, ///< a page from elsewhere asks
  unauthorized    ///< no token, or a wrong one
};

/// Judges in the order of `verdict`. The token is compared in a time that depends on lengths only.
verdict judge(const guard_rules& rules, const web_request& request) noexcept;

} // namespace fleet::cloud
