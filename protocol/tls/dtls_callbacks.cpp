// What a session sets before its handshake, and what OpenSSL asks it during one: names, keys,
// verdicts, cookies.
#include <algorithm>
#include <cstring>
#include <optional>

#include <openssl/crypto.h>
#include <openssl/hmac.h>

#include "protocol/base/check.hpp"
#include "protocol/base/hmac.hpp"
#include "protocol/tls/complaint.hpp"
#include "protocol/tls/dtls_session.hpp"
#include "protocol/tls/verify.hpp"

namespace fleet::tls {

namespace {

constexpr std::size_t cookie_bytes = 16;

} // namespace

dtls_session::credentials::~credentials() {
  OPENSSL_cleanse(key.data(), key.size());
}

void dtls_session::aim_at(const datagram_filter_request& request) {
  std::string_view server = request.server_name;
  name_ = std::string{server} + '\n' + std::string{request.psk_identity};
  if (!request.psk_identity.empty()) {
    const bool fits = request.psk_identity.size() <= PSK_MAX_IDENTITY_LEN
                      && request.psk_identity.find('\0') == std::string_view::npos
                      && !request.psk_key.empty() && request.psk_key.size() <= PSK_MAX_PSK_LEN;
    if (!fits || SSL_set_cipher_list(ssl_.get(), shared_->key_suites.c_str()) != 1) {
      fail("DTLS cannot use this identity or this key: too long, or none");
      return;
    }
    credentials_ = std::make_unique<credentials>(request.psk_identity, request.psk_key);
    SSL_set_psk_client_callback(ssl_.get(), give_key);
    recall(request.former);
    return;
  }
  if (server.ends_with('.')) {
    server.remove_suffix(1); // the root's dot is for the resolver, not for the certificate
  }
  if (server.empty() && shared_->verify) {
    fail("DTLS needs the server's name, to know whose certificate to accept");
    return;
  }
  const std::string name{server};
  X509_VERIFY_PARAM* wanted = SSL_get0_param(ssl_.get());
  bool set = server.empty();
  if (const ip_ptr address = parse_ip(name)) {
    // No SNI: it carries DNS names only (RFC 6066 §3).
    set = X509_VERIFY_PARAM_set1_ip(wanted, ASN1_STRING_get0_data(address.get()),
                                    static_cast<std::size_t>(ASN1_STRING_length(address.get())))
          == 1;
  } else if (!set && name.find('\0') == std::string::npos
             && name.size() <= TLSEXT_MAXLEN_host_name) {
    X509_VERIFY_PARAM_set_hostflags(wanted, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    set = X509_VERIFY_PARAM_set1_host(wanted, name.data(), name.size()) == 1
          && SSL_ctrl(ssl_.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                      const_cast<char*>(name.c_str()))
                 == 1;
  }
  if (!set) {
    fail("DTLS cannot use the server's name " + quoted(name));
    return;
  }
  recall(request.former);
}

void dtls_session::recall(const filter_memory* former) {
  const auto* known = dynamic_cast<const dtls_memory*>(former);
  if (known == nullptr || known->name != name_ || !shared_->resume
      || !known->term.allows(shared_->unix_time())) {
    return;
  }
  const auto* at = reinterpret_cast<const unsigned char*>(known->octets.data());
  const session_ptr session{d2i_SSL_SESSION(nullptr, &at, static_cast<long>(known->octets.size()))};
  if (session) {
    SSL_set_session(ssl_.get(), session.get());
    term_ = known->term;
  }
}

int dtls_session::judge_chain(X509_STORE_CTX* store, void* context) {
  const auto& shared = *static_cast<const dtls_shared*>(context);
  const void* ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
  dtls_session& self = of(static_cast<const SSL*>(ssl));
  std::optional<std::int64_t> now;
  if (shared.unix_time) {
    now = shared.unix_time();
  }
  std::string verdict = shared.verify ? judge(store, now) : std::string{};
  if (now) {
    self.term_.verdict_until = tls::verdict_until(*now, shared.verify ? store : nullptr);
  }
  if (verdict.empty()) {
    return 1;
  }
  self.error_ = std::move(verdict);
  return 0;
}

unsigned dtls_session::give_key(SSL* ssl, const char* /*hint*/, char* identity,
                                unsigned identity_room, unsigned char* key, unsigned key_room) {
  const credentials* known = of(ssl).credentials_.get();
  if (known == nullptr || known->identity.size() >= identity_room || known->key.size() > key_room) {
    return 0;
  }
  std::memcpy(identity, known->identity.c_str(), known->identity.size() + 1);
  std::memcpy(key, known->key.data(), known->key.size());
  return static_cast<unsigned>(known->key.size());
}

unsigned dtls_session::find_key(SSL* ssl, const char* identity, unsigned char* key,
                                unsigned key_room) {
  dtls_session& self = of(ssl);
  std::string found = identity == nullptr ? std::string{} : self.shared_->key_of(identity);
  const std::size_t size = found.size();
  if (size > key_room) {
    return 0;
  }
  std::memcpy(key, found.data(), size);
  OPENSSL_cleanse(found.data(), size);
  return static_cast<unsigned>(size);
}

// The one word about encrypt-then-MAC that there is: OpenSSL tells nobody whether it is in use. It
// is where a peer has it, for neither side here is told to leave it out.
void dtls_session::hear_extension(SSL* ssl, int /*from_client*/, int type,
                                  const unsigned char* /*data*/, int /*size*/, void* /*unused*/) {
  if (type == TLSEXT_TYPE_encrypt_then_mac) {
    of(ssl).offered_etm_ = true;
  }
}

namespace {

/// A cookie: the beginning of an HMAC over the place it is sent to and the time in steps of its
/// life, so that nothing about it need be remembered.
std::array<std::uint8_t, cookie_bytes> cookie_for(const dtls_shared& shared, bytes_view from,
                                                  std::int64_t step) {
  std::string content = std::to_string(step) + '\n';
  content += as_text(from);
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  HMAC(EVP_sha256(), shared.cookie_secret.data(), static_cast<int>(shared.cookie_secret.size()),
       reinterpret_cast<const unsigned char*>(content.data()), content.size(), digest.data(),
       &size);
  std::array<std::uint8_t, cookie_bytes> out{};
  std::copy_n(digest.begin(), out.size(), out.begin());
  return out;
}

std::int64_t step_of(const dtls_shared& shared, time_point now) {
  return now.time_since_epoch() / shared.cookie_life;
}

} // namespace

int dtls_session::bake_cookie(SSL* ssl, unsigned char* cookie, unsigned* size) {
  const dtls_session& self = of(ssl);
  const auto made = cookie_for(*self.shared_, self.from_, step_of(*self.shared_, self.now_));
  std::copy(made.begin(), made.end(), cookie);
  *size = static_cast<unsigned>(made.size());
  return 1;
}

int dtls_session::check_cookie(SSL* ssl, const unsigned char* cookie, unsigned size) {
  const dtls_session& self = of(ssl);
  if (self.admitted_) {
    return 1; // the same hello, now that its handshake begins
  }
  const std::int64_t step = step_of(*self.shared_, self.now_);
  for (const std::int64_t at : {step, step - 1}) {
    if (constant_time_equal(bytes_view{cookie, size}, cookie_for(*self.shared_, self.from_, at))) {
      return 1;
    }
  }
  return 0;
}

bool dtls_session::listen(bytes_view from, bytes_view datagram, time_point now,
                          datagram_batch& out) {
  if (!looks_like_hello(datagram)) {
    return false;
  }
  now_ = now;
  from_ = from;
  io_.in = datagram;
  io_.filled = true;
  io_.out = &out;
  forget_errors();
  BIO_ADDR* const nobody = BIO_ADDR_new();
  FLEET_CHECK(nobody != nullptr);
  admitted_ = DTLSv1_listen(ssl_.get(), nobody) == 1;
  BIO_ADDR_free(nobody);
  forget_errors();
  io_.filled = false;
  io_.out = nullptr;
  from_ = {};
  return admitted_;
}

} // namespace fleet::tls
