// One cipher context a message.
#include "protocol/base/aes_cbc.hpp"

#include <memory>

#include <openssl/evp.h>

#include "protocol/base/check.hpp"

namespace fleet {

namespace {

constexpr std::size_t most_at_once = 1U << 30; ///< OpenSSL counts in int

struct release {
  void operator()(EVP_CIPHER_CTX* context) const noexcept {
    EVP_CIPHER_CTX_free(context); // cleanses the key
  }
};
using context_ptr = std::unique_ptr<EVP_CIPHER_CTX, release>;

context_ptr make_context() {
  context_ptr made{EVP_CIPHER_CTX_new()};
  FLEET_CHECK(made != nullptr);
  return made;
}

} // namespace

void aes_cbc_encrypt(const aes_cbc_block& key, const aes_cbc_block& vector, bytes_view plain,
                     byte_buffer& out) {
  FLEET_CHECK(plain.size() <= most_at_once);
  const context_ptr context = make_context();
  FLEET_CHECK(
      EVP_EncryptInit_ex(context.get(), EVP_aes_128_cbc(), nullptr, key.data(), vector.data())
      == 1);
  const auto room = out.prepare(aes_cbc_size(plain.size()));
  int body = 0;
  int tail = 0;
  FLEET_CHECK(EVP_EncryptUpdate(context.get(), room.data(), &body, plain.data(),
                                static_cast<int>(plain.size()))
              == 1);
  FLEET_CHECK(EVP_EncryptFinal_ex(context.get(), room.data() + body, &tail) == 1);
  out.commit(static_cast<std::size_t>(body) + static_cast<std::size_t>(tail));
}

bool aes_cbc_decrypt(const aes_cbc_block& key, const aes_cbc_block& vector, bytes_view cipher,
                     byte_buffer& out) {
  if (cipher.empty() || cipher.size() % 16 != 0 || cipher.size() > most_at_once) {
    return false;
  }
  const context_ptr context = make_context();
  FLEET_CHECK(
      EVP_DecryptInit_ex(context.get(), EVP_aes_128_cbc(), nullptr, key.data(), vector.data())
      == 1);
  const auto room = out.prepare(cipher.size() + 16);
  int body = 0;
  int tail = 0;
  const bool good = EVP_DecryptUpdate(context.get(), room.data(), &body, cipher.data(),
                                      static_cast<int>(cipher.size()))
                        == 1
                    && EVP_DecryptFinal_ex(context.get(), room.data() + body, &tail) == 1;
  out.commit(good ? static_cast<std::size_t>(body) + static_cast<std::size_t>(tail) : 0);
  return good;
}

} // namespace fleet
