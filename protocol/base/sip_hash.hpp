// SipHash (Aumasson and Bernstein, 2012): a hash under a key, for tables whose keys strangers
// choose. Who does not know the key cannot tell what falls into one place. No digest: nothing is
// authenticated by it here.
#pragma once

#include <array>
#include <bit>
#include <cstdint>
#include <span>

namespace fleet {

/// Sixteen octets; all zero where nobody hostile chooses what is hashed.
struct hash_key {
  std::uint64_t first = 0;
  std::uint64_t second = 0;
};

/// SipHash-c-d of octets in words of eight, the lowest first. The last word holds what is left over
/// and, in its highest octet, the number of all octets: the caller sees to it.
template <int compressions = 1, int finals = 3>
constexpr std::uint64_t sip_hash(const hash_key& key,
                                 std::span<const std::uint64_t> words) noexcept {
  std::uint64_t a = key.first ^ 0x736f6d6570736575ULL;
  std::uint64_t b = key.second ^ 0x646f72616e646f6dULL;
  std::uint64_t c = key.first ^ 0x6c7967656e657261ULL;
  std::uint64_t d = key.second ^ 0x7465646279746573ULL;
  const auto rounds = [&](int count) {
    while (count-- > 0) {
      a += b;
      c += d;
      b = std::rotl(b, 13) ^ a;
      d = std::rotl(d, 16) ^ c;
      a = std::rotl(a, 32) + d;
      c += b;
      d = std::rotl(d, 21) ^ a;
      b = std::rotl(b, 17) ^ c;
      c = std::rotl(c, 32);
    }
  };
  for (const std::uint64_t word : words) {
    d ^= word;
    rounds(compressions);
    a ^= word;
  }
  c ^= 0xff;
  rounds(finals);
  return a ^ b ^ c ^ d;
}

} // namespace fleet
