// Digests through libcrypto's EVP calls, which take octets in any pieces.
#include "protocol/base/content_hash.hpp"

#include <openssl/evp.h>

#include "protocol/base/check.hpp"

namespace fleet {

namespace {

const EVP_MD* evp_of(content_digest kind) noexcept {
  switch (kind) {
    case content_digest::md5: return EVP_md5();
    case content_digest::sha256: return EVP_sha256();
  }
  FLEET_CHECK(false);
}

int nibble_of(char c) noexcept {
  if (c >= '0' && c <= '9') {
    return c - '0';
  }
  if (c >= 'a' && c <= 'f') {
    return c - 'a' + 10;
  }
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

} // namespace

std::string digest_value::hex() const {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  out.reserve(2 * view().size());
  for (const std::uint8_t octet : view()) {
    out.push_back(digits[octet >> 4]);
    out.push_back(digits[octet & 0xf]);
  }
  return out;
}

std::optional<digest_value> digest_from_hex(content_digest kind, std::string_view hex) noexcept {
  digest_value out{.kind = kind, .octets = {}};
  if (hex.size() != 2 * digest_octets(kind)) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < hex.size(); i += 2) {
    const int high = nibble_of(hex[i]);
    const int low = nibble_of(hex[i + 1]);
    if (high < 0 || low < 0) {
      return std::nullopt;
    }
    out.octets[i / 2] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return out;
}

struct content_hash::state {
  struct freed {
    void operator()(EVP_MD_CTX* freed_one) const noexcept { EVP_MD_CTX_free(freed_one); }
  };
  std::unique_ptr<EVP_MD_CTX, freed> context{EVP_MD_CTX_new()};
};

content_hash::content_hash(content_digest kind) : state_(std::make_unique<state>()), kind_(kind) {
  FLEET_CHECK(state_->context != nullptr);
  restart();
}
content_hash::content_hash(content_hash&&) noexcept = default;
content_hash& content_hash::operator=(content_hash&&) noexcept = default;
content_hash::~content_hash() = default;

void content_hash::add(bytes_view octets) {
  FLEET_CHECK(EVP_DigestUpdate(state_->context.get(), octets.data(), octets.size()) == 1);
}

digest_value content_hash::finish() {
  digest_value out{.kind = kind_, .octets = {}};
  unsigned int length = 0;
  FLEET_CHECK(EVP_DigestFinal_ex(state_->context.get(), out.octets.data(), &length) == 1);
  FLEET_CHECK(length == digest_octets(kind_));
  restart();
  return out;
}

void content_hash::restart() {
  FLEET_CHECK(EVP_DigestInit_ex(state_->context.get(), evp_of(kind_), nullptr) == 1);
}

digest_value digest_of(content_digest kind, bytes_view octets) {
  content_hash hash{kind};
  hash.add(octets);
  return hash.finish();
}

} // namespace fleet
