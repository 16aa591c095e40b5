// Signing (aliyun-iot.md §3) and the CONNECT fields of direct mode (§5.1), for both ends.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "protocol/alink/identity.hpp"

namespace fleet::alink {

enum class sign_method : std::uint8_t { hmacmd5, hmacsha1, hmacsha256 };

/// `hmacmd5`, `hmacsha1`, `hmacsha256` in any case; nothing for other words.
std::optional<sign_method> parse_sign_method(std::string_view word) noexcept;
std::string_view to_string(sign_method method) noexcept;

/// One submitted parameter that takes part in a signature.
struct sign_field {
  std::string_view key;
  std::string_view value;
};

/// The digest over any parameters in lower-case hexadecimal (§3, steps 2 to 4): HMAC with `secret`
/// over key and value of each, sorted by key. Leaving out `sign`, `version`… is the caller's part.
std::string sign_fields(std::span<const sign_field> fields, std::string_view secret,
                        sign_method method);

/// The digest of direct mode in lower-case hexadecimal: HMAC with the device secret over
/// `clientId{base}deviceName{DN}productKey{PK}[timestamp{ts}]` (§3). An empty timestamp takes no
/// part.
std::string sign_direct(const identity& who, std::string_view client_id_base, sign_method method,
                        std::string_view timestamp);

/// Constant-time comparison of a digest with what a client sent, letter case ignored.
bool digest_equal(std::string_view expected_hex, std::string_view received_hex) noexcept;

/// CONNECT of direct mode.
struct direct_login {
  std::string client_id; ///< `PK.DN|securemode=…,timestamp=…,signmethod=…,gw=…,ext=…|`
  std::string username;  ///< `DN&PK`
  std::string password;
};

/// The timestamp that the vendor's C SDK signs whatever the time is (§5.1): in the year 2050.
inline constexpr std::string_view sdk_timestamp = "2524608000000";

/// What a client says it is (§5.1).
struct client_flags {
  bool gateway = false; ///< `gw=1`: it speaks for sub-devices (§16.6)
  int ext = 0;          ///< 1: it takes RRPC in the custom form (§15.2)
};

/// `secure_mode` 2 for TLS, 3 for plain TCP (§5.2). The timestamp is the SDK's constant
/// 2524608000000.
direct_login make_direct_login(const identity& who, sign_method method, int secure_mode,
                               const client_flags& flags = {});

/// The same fields taken apart as the platform does (§5.1): extras in any order, blanks trimmed,
/// unknown keys ignored, the first of a repeated key taken, signmethod absent means hmacmd5,
/// timestamp absent means unsigned, a number that is none means 0. The views point into the
/// arguments.
struct login_parts {
  std::string_view client_id_base;
  std::string_view device_name;
  std::string_view product_key;
  sign_method method = sign_method::hmacmd5;
  std::string_view timestamp;
  int secure_mode = 0;
  bool gateway = false;
  int ext = 0;
  bool auto_subscribe = false; ///< `_ss=1` (§9.4)
  std::string_view auth_type; ///< `register`, `id2`…: not direct mode, so for the caller to refuse
  std::string_view random{};  ///< of dynamic registration (§5.5)
};
enum class login_error : std::uint8_t {
  malformed_client_id,
  malformed_username,
  unknown_sign_method
};
/// Longest part of a client id before its first `|` (§2).
inline constexpr std::size_t max_client_id_base = 64;

/// A client id alone, names left empty: `base|extras|`, its last bar optional.
result<login_parts, login_error> parse_client_id(std::string_view client_id);

/// A client id as above and a username `DN&PK` of valid names.
result<login_parts, login_error> parse_direct_login(std::string_view client_id,
                                                    std::string_view username);

} // namespace fleet::alink
