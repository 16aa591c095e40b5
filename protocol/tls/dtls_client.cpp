// Building the DTLS client's SSL_CTX, and what both roles set.
#include <algorithm>

#include "protocol/base/hmac.hpp"
#include "protocol/tls/context.hpp"
#include "protocol/tls/dtls_context.hpp"
#include "protocol/tls/dtls_session.hpp"

namespace fleet::tls {

// Level 0: OpenSSL holds CCM8's short tag and CBC's SHA-1 against them. Certificates are judged at
// level 2 all the same (verify.hpp).
const char* const dtls_key_suites =
    "PSK-AES128-CCM8:PSK-AES128-CCM:PSK-AES128-GCM-SHA256:PSK-AES256-GCM-SHA384:"
    "PSK-CHACHA20-POLY1305:PSK-AES128-CBC-SHA256:PSK-AES128-CBC-SHA:PSK-AES256-CBC-SHA:"
    "@SECLEVEL=0";
const char* const dtls_certificate_suites =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-CCM8:"
    "ECDHE-ECDSA-AES128-CCM:ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:AES128-GCM-SHA256:AES256-GCM-SHA384:"
    "AES128-SHA256:AES256-SHA256:AES128-SHA:AES256-SHA:@SECLEVEL=0";

std::string prepare(dtls_shared& shared, const SSL_METHOD* method, const dtls_common& common) {
  constexpr std::uint16_t least_mtu = 228; // OpenSSL's, and RFC 791's 256 less UDP and IP
  constexpr std::uint8_t most_repeats = 10;
  const dtls_patience& patience = common.patience;
  if (common.mtu < least_mtu || common.mtu > datagram_bytes_max) {
    return "a datagram of DTLS has 228 to 4096 octets";
  }
  if (patience.first_wait <= duration::zero() || patience.longest_wait < patience.first_wait
      || patience.repeats_max > most_repeats) {
    return "DTLS waits a while for an answer, then no less long, and repeats 10 times at most";
  }
  ERR_clear_error();
  shared.ctx.reset(SSL_CTX_new(method));
  SSL_CTX* ctx = shared.ctx.get();
  if (ctx == nullptr || SSL_CTX_set_min_proto_version(ctx, DTLS1_2_VERSION) != 1
      || SSL_CTX_set_max_proto_version(ctx, DTLS1_2_VERSION) != 1) {
    return "DTLS 1.2 cannot be used: " + last_complaint();
  }
  SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_NO_QUERY_MTU);
  SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(ctx, 1); // a record is read with its datagram or not at all
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
  if (!common.resumption) {
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
  }
  shared.resume = common.resumption;
  shared.mtu = common.mtu;
  shared.patience = patience;
  return {};
}

dtls_client_context::dtls_client_context(std::shared_ptr<dtls_shared> shared)
    : shared_(std::move(shared)) {}

result<std::unique_ptr<dtls_client_context>, std::string>
dtls_client_context::create(const dtls_client_options& options) {
  auto shared = std::make_shared<dtls_shared>();
  if (std::string why = prepare(*shared, DTLS_client_method(), options.common); !why.empty()) {
    return fail(std::move(why));
  }
  SSL_CTX* ctx = shared->ctx.get();
  const std::string& chosen = options.common.ciphers;
  if (SSL_CTX_set_cipher_list(ctx, chosen.empty() ? dtls_certificate_suites : chosen.c_str())
      != 1) {
    return fail("the cipher list names no suite: " + last_complaint());
  }
  shared->key_suites = chosen.empty() ? dtls_key_suites : chosen;
  if (options.verify) {
    if (std::string why = trust(ctx, options.ca_pem); !why.empty()) {
      return fail(std::move(why));
    }
  }
  shared->verify = options.verify;
  shared->unix_time = options.unix_time;
  shared->resume = options.common.resumption && options.unix_time;
  SSL_CTX_set_verify(ctx, options.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_cert_verify_callback(ctx, dtls_session::judge_chain, shared.get());
  ERR_clear_error();
  return std::unique_ptr<dtls_client_context>{new dtls_client_context{std::move(shared)}};
}

std::unique_ptr<datagram_filter> dtls_client_context::make(const datagram_filter_request& request) {
  return std::make_unique<dtls_session>(shared_, &request);
}

} // namespace fleet::tls
