// What devices prove themselves with, where the platform makes it (aliyun-iot.md §5.5): secrets by
// chance, tokens from secrets, so that none has to be kept. Knows no registry.
#pragma once

#include <string>
#include <string_view>

#include "protocol/alink/registration.hpp"

namespace fleet::cloud {

/// 32 hexadecimal digits that nobody can guess.
std::string make_device_secret();

/// What a device that was on no list logs on with from now on; as long as its secret, which it is
/// never told, stays the same.
alink::device_token token_of(const alink::identity& who);
/// Whether that is what it shows. In a time that depends on lengths only.
bool shows_token(const alink::identity& who, std::string_view client_id, std::string_view token);

} // namespace fleet::cloud
