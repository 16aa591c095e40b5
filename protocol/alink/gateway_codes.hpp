// The codes of gateways and their sub-devices (aliyun-iot.md §10.1, §16) by name, and the words
// that go with them. What to do about a code is gateway_machine.hpp's and the twin's business.
#pragma once

#include <cstdint>
#include <string_view>

namespace fleet::alink {

/// §10.1, platform to device; those of every message (200, 400, 429, 460, 500) are alink_code's.
namespace gateway_code {
inline constexpr int auth_error = 401;
inline constexpr int forbidden = 403;
inline constexpr int duplicate_login = 427;
inline constexpr int too_many_online = 428;
inline constexpr int unavailable = 503;
inline constexpr int duplicate_login_elsewhere = 527; ///< 427 in one listing (§24)
inline constexpr int no_session = 520;
inline constexpr int device_deleted = 521;
inline constexpr int device_forbidden = 522; ///< disabled, at login
inline constexpr int product_lookup_failed = 5005;
inline constexpr int device_not_found = 6100;
inline constexpr int map_too_large = 6106;
inline constexpr int device_disabled = 6204; ///< disabled, elsewhere
inline constexpr int product_not_found = 6250;
inline constexpr int device_exists = 6251;
inline constexpr int bad_device_name = 6280;
inline constexpr int invalid_sign = 6287; ///< at login; topo/add answers auth_error
inline constexpr int registration_off = 6288;
inline constexpr int already_active = 6289;
inline constexpr int method_unsupported = 6292;
inline constexpr int too_many_events = 6356;
inline constexpr int too_many_sub_devices = 6357;
inline constexpr int topology_full = 6400;
inline constexpr int no_relation = 6401;
inline constexpr int cannot_add_self = 6402;
inline constexpr int registration_sign_failed = 6600;
inline constexpr int bound_elsewhere = 6619;
} // namespace gateway_code

/// The message that accompanies a code; `request error` for one that is not known here.
std::string_view gateway_code_text(std::int64_t code) noexcept;

} // namespace fleet::alink
