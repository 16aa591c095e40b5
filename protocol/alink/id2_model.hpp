// The ID2 model (aliyun-iot.md §5.6): who a device with an ID2 element is and which keys it has,
// derived from its triple. A model: the vendor's elements cannot be reproduced without its library.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "protocol/alink/logon.hpp"
#include "protocol/base/aes_ctr.hpp"

namespace fleet::alink {

/// `id2model.` and the device name: whoever reads it knows that it is none of the vendor's.
inline constexpr std::string_view id2_model_prefix = "id2model.";
/// What the model calls its payload encryption, as field `codec` of /auth/id2.
inline constexpr std::string_view id2_codec = "aes-128-ctr";

/// The element of a device: id2 as above, device code its name, and the key of its authentication
/// code HMAC-SHA256(device secret, "id2 model: element") in hexadecimal.
id2_identity model_id2(const identity& who);
/// The device name that an id2 of the model holds, or nothing.
std::optional<std::string_view> id2_device(std::string_view id2) noexcept;

/// The stream key of securemode 4 and 7: the first 32 digits of HMAC-SHA256(device secret, "id2
/// model: stream"), hexadecimal. That of 1 and 5 is `resources.codec.key`, likewise 32 digits.
std::string id2_stream_key(const identity& who);

/// `resources.codec.key` that a platform with the secret `platform_key` gives a device: the first
/// 32 digits of HMAC-SHA256(platform_key, "id2 model: codec " iotId).
std::string id2_codec_key(std::string_view platform_key, std::string_view iot_id);

/// The 16 octets of 32 hexadecimal digits, or nothing.
std::optional<aes_ctr::block> read_stream_key(std::string_view hexadecimal) noexcept;

/// Whether a securemode means that the stream itself is encrypted by the model (§5.2).
constexpr bool id2_encrypts(int secure_mode) noexcept {
  return secure_mode == 1 || secure_mode == 4 || secure_mode == 5 || secure_mode == 7;
}
/// Whether a securemode is one of ID2 at all.
constexpr bool id2_mode(int secure_mode) noexcept {
  return id2_encrypts(secure_mode) || secure_mode == 8;
}

} // namespace fleet::alink
