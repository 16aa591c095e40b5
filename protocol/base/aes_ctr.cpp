// One cipher context for each direction.
#include "protocol/base/aes_ctr.hpp"

#include <algorithm>

#include <openssl/evp.h>

#include "protocol/base/check.hpp"

namespace fleet {

namespace {
constexpr std::size_t most_at_once = 1U << 20; ///< OpenSSL counts in int
} // namespace

void aes_ctr::release::operator()(evp_cipher_ctx_st* context) const noexcept {
  EVP_CIPHER_CTX_free(context); // cleanses the key
}

aes_ctr::aes_ctr(const block& key, const block& counter) : context_(EVP_CIPHER_CTX_new()) {
  FLEET_CHECK(context_ != nullptr);
  FLEET_CHECK(
      EVP_EncryptInit_ex(context_.get(), EVP_aes_128_ctr(), nullptr, key.data(), counter.data())
      == 1);
}

aes_ctr::~aes_ctr() = default;
aes_ctr::aes_ctr(aes_ctr&&) noexcept = default;
aes_ctr& aes_ctr::operator=(aes_ctr&&) noexcept = default;

void aes_ctr::apply(std::span<std::uint8_t> octets) {
  while (!octets.empty()) {
    const auto piece = octets.first(std::min(octets.size(), most_at_once));
    int done = 0;
    FLEET_CHECK(EVP_EncryptUpdate(context_.get(), piece.data(), &done, piece.data(),
                                  static_cast<int>(piece.size()))
                == 1);
    octets = octets.subspan(piece.size());
  }
}

} // namespace fleet
