// Keyed digests, constant-time comparison and random octets fit for secrets: the door to OpenSSL's
// libcrypto for everything but TLS. No keys are kept here.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "protocol/base/bytes.hpp"

namespace fleet {

/// The hash inside the HMAC (RFC 2104); the three the vendor's platform knows (aliyun-iot.md §3).
enum class hmac_hash : std::uint8_t { md5, sha1, sha256 };

/// Octets of a digest: 16, 20 or 32.
std::size_t digest_size(hmac_hash hash) noexcept;

/// HMAC over `content` under `key` (any lengths, both may be empty) in lower-case hexadecimal.
std::string hmac_hex(hmac_hash hash, std::string_view key, std::string_view content);

/// SHA-256 of `content` in lower-case hexadecimal; for files that are told by it, never for
/// secrets.
std::string sha256_hex(std::string_view content);

/// True when both hold the same octets. Takes a time that depends on the lengths only; unequal
/// lengths answer false at once, so lengths must not be secret.
bool constant_time_equal(bytes_view a, bytes_view b) noexcept;
bool constant_time_equal(std::string_view a, std::string_view b) noexcept;

/// Fills `out` from the operating system's seeded generator: for tokens and keys. Never for
/// anything a virtual run repeats; that is random_stream's part.
void secure_random(std::span<std::uint8_t> out);

} // namespace fleet
