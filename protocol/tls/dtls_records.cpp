// Keys of a session (RFC 5246 §6.3) and its records (RFC 6347 §4.1).
#include "protocol/tls/dtls_records.hpp"

#include <algorithm>
#include <string_view>

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include "protocol/base/check.hpp"

namespace fleet::tls {

namespace {

using cipher_ptr = std::unique_ptr<EVP_CIPHER_CTX, freed_by<EVP_CIPHER_CTX_free>>;

constexpr std::size_t random_bytes = 32;
constexpr std::size_t secret_bytes = 48;
constexpr std::uint64_t sequence_limit = std::uint64_t{1} << 48;

std::size_t key_bytes(aead kind) noexcept {
  return kind == aead::gcm128 || kind == aead::ccm128 ? 16 : 32;
}

/// OpenSSL's implementation, fetched once a process and never freed.
const EVP_CIPHER* cipher_of(aead kind) {
  static const std::array<const EVP_CIPHER*, 5> all{
      EVP_CIPHER_fetch(nullptr, "AES-128-GCM", nullptr),
      EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr),
      EVP_CIPHER_fetch(nullptr, "AES-128-CCM", nullptr),
      EVP_CIPHER_fetch(nullptr, "AES-256-CCM", nullptr),
      EVP_CIPHER_fetch(nullptr, "ChaCha20-Poly1305", nullptr)};
  return all[static_cast<std::size_t>(kind)];
}

std::optional<aead> kind_of(const SSL_CIPHER* suite) {
  switch (SSL_CIPHER_get_cipher_nid(suite)) { // an int of OpenSSL's, not an enum of ours
    case NID_aes_128_gcm: return aead::gcm128;
    case NID_aes_256_gcm: return aead::gcm256;
    case NID_aes_128_ccm: return aead::ccm128;
    case NID_aes_256_ccm: return aead::ccm256;
    case NID_chacha20_poly1305: return aead::chacha20;
    default: return std::nullopt;
  }
}

/// One of each kind and direction for each thread: sessions have none of their own, it is set to
/// their key for each record. It keeps its cipher and the length of its nonce, all else is set
/// anew: naming the cipher each time would free and allocate all that is inside.
cipher_ptr& place_of(aead kind, bool seals) {
  thread_local std::array<cipher_ptr, 10> all;
  return all[2 * static_cast<std::size_t>(kind) + (seals ? 1 : 0)];
}

EVP_CIPHER_CTX* worker(aead kind, bool seals) {
  cipher_ptr& one = place_of(kind, seals);
  if (one == nullptr) {
    one.reset(EVP_CIPHER_CTX_new());
    FLEET_CHECK(one != nullptr);
    FLEET_CHECK(
        EVP_CipherInit_ex2(one.get(), cipher_of(kind), nullptr, nullptr, seals ? 1 : 0, nullptr)
        == 1);
    FLEET_CHECK(EVP_CIPHER_CTX_ctrl(one.get(), EVP_CTRL_AEAD_SET_IVLEN, 12, nullptr) == 1);
  }
  return one.get();
}

/// What it was set to last goes when a session does, and not with each record, which would cost
/// as much as the next one's key.
void clear_worker(aead kind, bool seals) noexcept {
  static constexpr std::array<std::uint8_t, 32> nothing{};
  if (EVP_CIPHER_CTX* const c = place_of(kind, seals).get()) {
    static_cast<void>(
        EVP_CipherInit_ex2(c, nullptr, nothing.data(), nothing.data(), seals ? 1 : 0, nullptr));
  }
}

int as_int(std::size_t count) noexcept {
  return static_cast<int>(count);
}

void put_number(std::span<std::uint8_t> to, std::uint64_t value) noexcept {
  for (std::size_t i = to.size(); i > 0; --i, value >>= 8) {
    to[i - 1] = static_cast<std::uint8_t>(value);
  }
}

} // namespace

record_view first_record(bytes_view datagram) noexcept {
  record_view out;
  out.whole = datagram;
  if (datagram.size() < record_header_bytes) {
    return out;
  }
  const std::size_t length = std::size_t{datagram[11]} << 8 | datagram[12];
  out.type = datagram[0];
  out.epoch = static_cast<std::uint16_t>(datagram[3] << 8 | datagram[4]);
  for (std::size_t i = 5; i < 11; ++i) {
    out.sequence = out.sequence << 8 | datagram[i];
  }
  if (datagram[1] != 0xfe || length > datagram.size() - record_header_bytes) {
    return out;
  }
  out.whole = datagram.first(record_header_bytes + length);
  out.fragment = out.whole.subspan(record_header_bytes);
  out.sound = true;
  return out;
}

std::array<std::uint8_t, 13> bound_data(bytes_view header, std::size_t content) noexcept {
  std::array<std::uint8_t, 13> out{};
  std::copy_n(header.begin() + 3, 8, out.begin());
  std::copy_n(header.begin(), 3, out.begin() + 8);
  put_number(std::span{out}.subspan(11), content);
  return out;
}

bool expand_keys(const SSL* ssl, std::span<std::uint8_t> block) {
  std::array<std::uint8_t, secret_bytes> master{};
  SSL_SESSION_get_master_key(SSL_get_session(ssl), master.data(), master.size());
  constexpr std::string_view label = "key expansion";
  std::array<std::uint8_t, label.size() + 2 * random_bytes> seed{};
  std::copy(label.begin(), label.end(), seed.begin());
  SSL_get_server_random(ssl, seed.data() + label.size(), random_bytes);
  SSL_get_client_random(ssl, seed.data() + label.size() + random_bytes, random_bytes);
  EVP_KDF* const prf = EVP_KDF_fetch(nullptr, OSSL_KDF_NAME_TLS1_PRF, nullptr);
  EVP_KDF_CTX* const how = EVP_KDF_CTX_new(prf);
  // What says MD5 and SHA-1 together is older than TLS 1.2, which has SHA-256 there (RFC 5246 §5).
  const EVP_MD* named = SSL_CIPHER_get_handshake_digest(SSL_get_current_cipher(ssl));
  const char* digest = EVP_MD_get_type(named) == NID_md5_sha1 ? "SHA256" : EVP_MD_get0_name(named);
  const std::array<OSSL_PARAM, 4> params{
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, const_cast<char*>(digest), 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SECRET, master.data(), master.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SEED, seed.data(), seed.size()),
      OSSL_PARAM_construct_end()};
  const bool made = EVP_KDF_derive(how, block.data(), block.size(), params.data()) == 1;
  EVP_KDF_CTX_free(how);
  EVP_KDF_free(prf);
  OPENSSL_cleanse(master.data(), master.size());
  return made;
}

bool looks_like_hello(bytes_view datagram) noexcept {
  constexpr std::uint8_t client_hello = 1; // RFC 5246 §7.4
  const record_view record = first_record(datagram);
  return record.sound && record.epoch == 0
         && record.type == static_cast<std::uint8_t>(record_type::handshake)
         && !record.fragment.empty() && record.fragment[0] == client_hello;
}

bool replay_window::admits(std::uint64_t sequence) const noexcept {
  if (seen_ == 0 || sequence > highest_) {
    return true;
  }
  const std::uint64_t behind = highest_ - sequence;
  return behind < 64 && (seen_ >> behind & 1) == 0;
}

void replay_window::take(std::uint64_t sequence) noexcept {
  if (seen_ == 0) {
    highest_ = sequence;
    seen_ = 1;
  } else if (sequence > highest_) {
    const std::uint64_t ahead = sequence - highest_;
    seen_ = ahead < 64 ? seen_ << ahead | 1 : 1;
    highest_ = sequence;
  } else if (highest_ - sequence < 64) {
    seen_ |= std::uint64_t{1} << (highest_ - sequence);
  }
}

bool record_keys::begin(const SSL* ssl, bool server) {
  const SSL_CIPHER* suite = SSL_get_current_cipher(ssl);
  const std::optional<aead> kind = kind_of(suite);
  if (!kind || cipher_of(*kind) == nullptr) {
    return false;
  }
  kind_ = *kind;
  tag_bytes_ = std::string_view{SSL_CIPHER_get_name(suite)}.ends_with("CCM8") ? 8 : 16;
  const std::size_t key = key_bytes(kind_);
  const std::size_t iv = kind_ == aead::chacha20 ? 12 : 4;
  std::array<std::uint8_t, 2 * (32 + 12)> block{};
  if (!expand_keys(ssl, std::span{block}.first(2 * (key + iv)))) {
    return false;
  }
  direction& client = server ? theirs_ : ours_;
  direction& cloud = server ? ours_ : theirs_;
  auto take = [from = block.data()](auto& to, std::size_t count) mutable {
    std::copy_n(from, count, to.begin());
    from += count;
  };
  take(client.key, key);
  take(cloud.key, key);
  take(client.iv, iv);
  take(cloud.iv, iv);
  OPENSSL_cleanse(block.data(), block.size());
  ready_ = true;
  return true;
}

record_keys::~record_keys() {
  if (ready_) {
    clear_worker(kind_, true);
    clear_worker(kind_, false);
  }
  OPENSSL_cleanse(&ours_, sizeof ours_);
  OPENSSL_cleanse(&theirs_, sizeof theirs_);
}

std::size_t record_keys::overhead() const noexcept {
  return record_header_bytes + explicit_bytes() + tag_bytes_;
}

std::array<std::uint8_t, 12> record_keys::nonce(const direction& way,
                                                bytes_view number) const noexcept {
  std::array<std::uint8_t, 12> out = way.iv;
  for (std::size_t i = 0; i < 8; ++i) {
    // The suites with an explicit part have four octets of the key block and then the number;
    // ChaCha20 has twelve, changed by the number (RFC 7905 §2).
    out[4 + i] =
        static_cast<std::uint8_t>(kind_ == aead::chacha20 ? out[4 + i] ^ number[i] : number[i]);
  }
  return out;
}

bool record_keys::seal(record_type type, bytes_view plain, datagram_batch& out) {
  FLEET_CHECK(ready_);
  if (next_write_ >= sequence_limit) {
    return false;
  }
  const bool counted = kind_ == aead::ccm128 || kind_ == aead::ccm256;
  const auto to = out.prepare(overhead() + plain.size());
  to[0] = static_cast<std::uint8_t>(type);
  to[1] = 0xfe;
  to[2] = 0xfd;
  put_number(to.subspan(3, 8), std::uint64_t{1} << 48 | next_write_++);
  put_number(to.subspan(11, 2), to.size() - record_header_bytes);
  const bytes_view number = to.subspan(3, 8);
  if (explicit_bytes() > 0) {
    std::copy(number.begin(), number.end(), to.begin() + record_header_bytes);
  }
  const auto body = to.subspan(record_header_bytes + explicit_bytes(), plain.size());
  const auto tag = to.last(tag_bytes_);
  const auto once = nonce(ours_, number);
  const auto bound = bound_data(to, plain.size());
  EVP_CIPHER_CTX* const c = worker(kind_, true);
  int n = 0;
  const std::uint8_t nothing = 0;
  const std::uint8_t* const from = plain.empty() ? &nothing : plain.data();
  const bool made =
      (!counted || EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, tag_bytes_, nullptr) == 1)
      && EVP_EncryptInit_ex2(c, nullptr, ours_.key.data(), once.data(), nullptr) == 1
      && (!counted || EVP_EncryptUpdate(c, nullptr, &n, nullptr, as_int(plain.size())) == 1)
      && EVP_EncryptUpdate(c, nullptr, &n, bound.data(), as_int(bound.size())) == 1
      && EVP_EncryptUpdate(c, body.data(), &n, from, as_int(plain.size())) == 1
      && EVP_EncryptFinal_ex(c, body.data() + body.size(), &n) == 1
      && EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, tag_bytes_, tag.data()) == 1;
  if (!made) {
    out.drop_last();
  }
  return made;
}

bool record_keys::open(const record_view& record, datagram_batch& plain) {
  FLEET_CHECK(ready_);
  if (!record.sound || record.epoch != 1 || !window_.admits(record.sequence)
      || record.fragment.size() < explicit_bytes() + tag_bytes_) {
    return false;
  }
  const bool counted = kind_ == aead::ccm128 || kind_ == aead::ccm256;
  const bytes_view number =
      explicit_bytes() > 0 ? record.fragment.first(8) : record.whole.subspan(3, 8);
  const bytes_view body = record.fragment.subspan(
      explicit_bytes(), record.fragment.size() - explicit_bytes() - tag_bytes_);
  std::array<std::uint8_t, 16> tag{};
  std::copy_n(record.fragment.end() - tag_bytes_, tag_bytes_, tag.begin());
  const auto once = nonce(theirs_, number);
  const auto bound = bound_data(record.whole, body.size());
  const auto to = plain.prepare(body.size());
  EVP_CIPHER_CTX* const c = worker(kind_, false);
  int n = 0;
  // CCM judges the tag with the content, the others at the end. Its content may be empty.
  std::uint8_t nothing = 0;
  std::uint8_t* const at = body.empty() ? &nothing : to.data();
  const bool good =
      EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, tag_bytes_, tag.data()) == 1
      && EVP_DecryptInit_ex2(c, nullptr, theirs_.key.data(), once.data(), nullptr) == 1
      && (!counted || EVP_DecryptUpdate(c, nullptr, &n, nullptr, as_int(body.size())) == 1)
      && EVP_DecryptUpdate(c, nullptr, &n, bound.data(), as_int(bound.size())) == 1
      && EVP_DecryptUpdate(c, at, &n, body.empty() ? &nothing : body.data(), as_int(body.size()))
             == 1
      && (counted || EVP_DecryptFinal_ex(c, at + body.size(), &n) == 1);
  if (!good) {
    plain.drop_last();
    return false;
  }
  window_.take(record.sequence);
  return true;
}

} // namespace fleet::tls
