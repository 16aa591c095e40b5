// Building the DTLS server's SSL_CTX, and the door in front of its sessions.
#include "protocol/base/hmac.hpp"
#include "protocol/base/random.hpp"
#include "protocol/tls/context.hpp"
#include "protocol/tls/dtls_context.hpp"
#include "protocol/tls/dtls_session.hpp"

namespace fleet::tls {

namespace {

/// Octets that a client's message may announce: OpenSSL sets them aside before they come.
constexpr long longest_message = 16384;

/// Empty, or why what is shown to clients cannot be used.
std::string show(SSL_CTX* ctx, const dtls_server_options& options) {
  const bool certified = !options.identity.chain_pem.empty();
  if (!certified && !options.key_of) {
    return "a DTLS server needs a certificate, or keys, or both";
  }
  const std::string usual = std::string{options.key_of ? dtls_key_suites : ""}
                            + (options.key_of && certified ? ":" : "")
                            + (certified ? dtls_certificate_suites : "");
  const std::string& chosen = options.common.ciphers;
  if (SSL_CTX_set_cipher_list(ctx, chosen.empty() ? usual.c_str() : chosen.c_str()) != 1) {
    return "the cipher list names no suite: " + last_complaint();
  }
  std::string why = certified ? install(ctx, options.identity) : std::string{};
  if (why.empty() && !options.cheap_identity.chain_pem.empty()) {
    why = install(ctx, options.cheap_identity);
  }
  return why;
}

} // namespace

dtls_server_context::dtls_server_context(std::shared_ptr<dtls_shared> shared)
    : shared_(std::move(shared)) {}

dtls_server_context::~dtls_server_context() = default;

result<std::unique_ptr<dtls_server_context>, std::string>
dtls_server_context::create(const dtls_server_options& options) {
  auto shared = std::make_shared<dtls_shared>();
  if (std::string why = prepare(*shared, DTLS_server_method(), options.common); !why.empty()) {
    return fail(std::move(why));
  }
  if (options.cookie_life <= duration::zero()) {
    return fail(std::string{"a cookie of DTLS must be good for a while"});
  }
  SSL_CTX* ctx = shared->ctx.get();
  if (std::string why = show(ctx, options); !why.empty()) {
    return fail(std::move(why));
  }
  SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_COOKIE_EXCHANGE);
  // What was given is what is sent: OpenSSL would otherwise search its store for intermediates.
  SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN);
  SSL_CTX_set_max_cert_list(ctx, longest_message);
  static constexpr unsigned char name[] = {'f', 'l', 'e', 'e', 't'};
  SSL_CTX_set_session_id_context(ctx, name, sizeof name);
  SSL_CTX_set_cookie_generate_cb(ctx, dtls_session::bake_cookie);
  SSL_CTX_set_cookie_verify_cb(ctx, dtls_session::check_cookie);
  if (options.key_of) {
    SSL_CTX_set_psk_server_callback(ctx, dtls_session::find_key);
  }
  shared->server = true;
  shared->key_of = options.key_of;
  shared->cookie_life = options.cookie_life;
  secure_random(shared->cookie_secret);
  ERR_clear_error();
  return std::unique_ptr<dtls_server_context>{new dtls_server_context{std::move(shared)}};
}

std::unique_ptr<datagram_filter> dtls_server_context::accept(bytes_view from, bytes_view datagram,
                                                             time_point now, datagram_batch& out) {
  if (next_ == nullptr) {
    next_ = std::make_unique<dtls_session>(shared_, nullptr);
  }
  return next_->listen(from, datagram, now, out) ? std::move(next_) : nullptr;
}

std::uint64_t dtls_server_context::attempt_of(bytes_view datagram) const {
  // Record header, handshake header, version; then the client's random (RFC 6347 §4.2.2).
  constexpr std::size_t random_at = record_header_bytes + 12 + 2;
  constexpr std::size_t random_bytes = 32;
  if (!looks_like_hello(datagram) || datagram.size() < random_at + random_bytes) {
    return 0;
  }
  return hash_text(as_text(datagram.subspan(random_at, random_bytes))) | 1;
}

} // namespace fleet::tls
