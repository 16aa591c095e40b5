// AES-128 in cipher block chaining mode with PKCS #7 padding (NIST SP 800-38A, 6.2; RFC 5652
// §6.3), whole messages at once, through libcrypto. Nothing is authenticated; key and first vector
// are the caller's.
#pragma once

#include <array>
#include <cstdint>

#include "protocol/base/bytes.hpp"

namespace fleet {

using aes_cbc_block = std::array<std::uint8_t, 16>;

/// Octets that a message of `plain` octets becomes: the next multiple of 16 above it.
constexpr std::size_t aes_cbc_size(std::size_t plain) noexcept {
  return (plain / 16 + 1) * 16;
}

/// Appends the message encrypted. `plain` may be empty, has 2^30 octets at most, and lies outside
/// `out`.
void aes_cbc_encrypt(const aes_cbc_block& key, const aes_cbc_block& vector, bytes_view plain,
                     byte_buffer& out);

/// Appends the message decrypted. False, and nothing is appended, when it is no whole number of
/// blocks, or its padding is none: of another key, or changed on the way.
bool aes_cbc_decrypt(const aes_cbc_block& key, const aes_cbc_block& vector, bytes_view cipher,
                     byte_buffer& out);

} // namespace fleet
