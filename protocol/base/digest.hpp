// Checksums that say "the same" or "not the same": the digest of a virtual run and the CRC that
// travels with a ledger tag. Neither resists an attacker; OpenSSL does that elsewhere.
#pragma once

#include <cstdint>
#include <string>

#include "protocol/base/bytes.hpp"

namespace fleet {

/// A running 64-bit digest over words and octets, equal on every machine for equal input.
class run_digest {
public:
  void add(std::uint64_t word) noexcept;
  /// Adds the octets and their count, so that ("ab","c") and ("a","bc") differ.
  void add(bytes_view bytes) noexcept;
  [[nodiscard]] std::uint64_t value() const noexcept;
  /// Sixteen lower-case hexadecimal digits.
  [[nodiscard]] std::string text() const;

private:
  std::uint64_t state_ = 0x6a09e667f3bcc908ULL;
};

/// CRC-32 (ISO-HDLC, the one of zlib and Ethernet); chain by passing the former value.
std::uint32_t crc32(bytes_view bytes, std::uint32_t former = 0) noexcept;

} // namespace fleet
