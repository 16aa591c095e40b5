// Their keys stand before all others in the key block (RFC 5246 §6.3).
#include "protocol/tls/dtls_macs.hpp"

#include <algorithm>
#include <span>
#include <vector>

#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include "protocol/base/hmac.hpp"

namespace fleet::tls {

namespace {

const EVP_MD* hash_of(const SSL_CIPHER* suite) {
  switch (SSL_CIPHER_get_digest_nid(suite)) { // an int of OpenSSL's, not an enum of ours
    case NID_sha1: return EVP_sha1();
    case NID_sha256: return EVP_sha256();
    case NID_sha384: return EVP_sha384();
    default: return nullptr;
  }
}

} // namespace

std::unique_ptr<record_macs> record_macs::of(const SSL* ssl, bool server) {
  const SSL_CIPHER* suite = SSL_get_current_cipher(ssl);
  std::unique_ptr<record_macs> made{new record_macs};
  made->hash_ = SSL_CIPHER_is_aead(suite) == 1 ? nullptr : hash_of(suite);
  if (made->hash_ == nullptr) {
    return nullptr;
  }
  made->size_ = static_cast<std::size_t>(EVP_MD_get_size(made->hash_));
  std::array<std::uint8_t, 2 * 48> block{};
  const auto both = std::span{block}.first(2 * made->size_);
  const bool known = expand_keys(ssl, both);
  const auto theirs = server ? both.first(made->size_) : both.last(made->size_);
  std::copy(theirs.begin(), theirs.end(), made->key_.begin());
  OPENSSL_cleanse(block.data(), block.size());
  return known ? std::move(made) : nullptr;
}

record_macs::~record_macs() {
  OPENSSL_cleanse(key_.data(), key_.size());
}

// RFC 7366 §3: over what is authenticated of the header, with the length of what is encrypted, and
// that.
bool record_macs::right(const record_view& record) const {
  if (!record.sound || record.fragment.size() < size_) {
    return false;
  }
  const bytes_view sealed = record.fragment.first(record.fragment.size() - size_);
  const auto bound = bound_data(record.whole, sealed.size());
  std::vector<std::uint8_t> content(bound.begin(), bound.end());
  content.insert(content.end(), sealed.begin(), sealed.end());
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> mac{};
  unsigned size = 0;
  HMAC(hash_, key_.data(), static_cast<int>(size_), content.data(), content.size(), mac.data(),
       &size);
  return constant_time_equal(bytes_view{mac.data(), size}, record.fragment.last(size_));
}

} // namespace fleet::tls
