// Base64 (RFC 4648 §4), for payloads that are no text inside JSON. Not constant-time: no secrets.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/bytes.hpp"

namespace fleet::cloud {

/// With padding, without line breaks.
std::string to_base64(bytes_view octets);

/// Strict: padding where it belongs, no other characters, no bits left over; else nothing.
std::optional<std::vector<std::uint8_t>> from_base64(std::string_view text);

} // namespace fleet::cloud
