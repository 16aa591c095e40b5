// AES-128 in counter mode (NIST SP 800-38A, 6.5): the key stream of one direction of one stream,
// through libcrypto. Where key and counter come from is the caller's; nothing is authenticated.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>

struct evp_cipher_ctx_st; // OpenSSL's, without its headers

namespace fleet {

class aes_ctr {
public:
  using block = std::array<std::uint8_t, 16>;

  /// The same key must never meet the same first counter again.
  aes_ctr(const block& key, const block& counter);
  ~aes_ctr();
  aes_ctr(aes_ctr&&) noexcept;
  aes_ctr& operator=(aes_ctr&&) noexcept;

  /// Encrypts or decrypts the next octets, in place.
  void apply(std::span<std::uint8_t> octets);

private:
  struct release {
    void operator()(evp_cipher_ctx_st* context) const noexcept;
  };
  std::unique_ptr<evp_cipher_ctx_st, release> context_;
};

} // namespace fleet
