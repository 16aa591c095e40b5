// HMAC and friends through libcrypto's one-shot calls.
#include "protocol/base/hmac.hpp"

#include <array>
#include <climits>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include "protocol/base/check.hpp"

namespace fleet {

namespace {

const EVP_MD* evp_of(hmac_hash hash) noexcept {
  switch (hash) {
    case hmac_hash::md5: return EVP_md5();
    case hmac_hash::sha1: return EVP_sha1();
    case hmac_hash::sha256: return EVP_sha256();
  }
  FLEET_CHECK(false);
}

std::string hex_of(bytes_view digest) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out(2 * digest.size(), '0');
  for (std::size_t i = 0; i < digest.size(); ++i) {
    out[2 * i] = digits[digest[i] >> 4];
    out[2 * i + 1] = digits[digest[i] & 0xf];
  }
  return out;
}

} // namespace

std::size_t digest_size(hmac_hash hash) noexcept {
  switch (hash) {
    case hmac_hash::md5: return 16;
    case hmac_hash::sha1: return 20;
    case hmac_hash::sha256: return 32;
  }
  FLEET_CHECK(false);
}

std::string hmac_hex(hmac_hash hash, std::string_view key, std::string_view content) {
  FLEET_CHECK(key.size() <= INT_MAX);
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  const bytes_view input = as_bytes(content);
  // An empty key needs an address all the same: a null one means "the key of last time".
  const char* key_at = key.empty() ? "" : key.data();
  const auto* done = HMAC(evp_of(hash), key_at, static_cast<int>(key.size()), input.data(),
                          input.size(), digest.data(), &length);
  FLEET_CHECK(done != nullptr && length == digest_size(hash));
  std::string out = hex_of({digest.data(), length});
  OPENSSL_cleanse(digest.data(), digest.size());
  return out;
}

std::string sha256_hex(std::string_view content) {
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned int length = 0;
  const bytes_view input = as_bytes(content);
  FLEET_CHECK(EVP_Digest(input.data(), input.size(), digest.data(), &length, EVP_sha256(), nullptr)
              == 1);
  return hex_of({digest.data(), length});
}

bool constant_time_equal(bytes_view a, bytes_view b) noexcept {
  return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

bool constant_time_equal(std::string_view a, std::string_view b) noexcept {
  return constant_time_equal(as_bytes(a), as_bytes(b));
}

void secure_random(std::span<std::uint8_t> out) {
  FLEET_CHECK(out.size() <= INT_MAX);
  FLEET_CHECK(RAND_bytes(out.data(), static_cast<int>(out.size())) == 1);
}

} // namespace fleet
