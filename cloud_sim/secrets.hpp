// What the platform makes for a device (aliyun-iot.md §2, §5.5): its secret by chance, its token
// from its secret, so that none has to be kept, its identity from its names. Knows no registry.
#pragma once

#include <string>
#include <string_view>

#include "protocol/alink/registration.hpp"

namespace fleet::cloud {

/// 32 hexadecimal digits that nobody can guess.
std::string make_device_secret();

/// What the platform calls a device internally (§2): a name that nobody else has. No secret.
std::string iot_id_of(std::string_view product_key, std::string_view device_name);

/// What a device that was on no list logs on with from now on; as long as its secret, which it is
/// never told, stays the same.
alink::device_token token_of(const alink::identity& who);
/// Whether that is what it shows. In a time that depends on lengths only.
bool shows_token(const alink::identity& who, std::string_view client_id, std::string_view token);

} // namespace fleet::cloud
