// Building the server's SSL_CTX.
#include "protocol/tls/server.hpp"

#include "protocol/tls/context.hpp"
#include "protocol/tls/session.hpp"

namespace fleet::tls {

namespace {

// Forward secrecy first, the cheap certificate first, AES-128 before AES-256; at the end the four
// static-RSA CBC suites that the vendor's SDK offers and nothing else. Level 0 for their SHA-1.
constexpr const char* suites =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:"
    "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-RSA-AES256-GCM-SHA384:"
    "ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305:"
    "ECDHE-ECDSA-AES128-SHA256:ECDHE-RSA-AES128-SHA256:ECDHE-ECDSA-AES128-SHA:"
    "ECDHE-RSA-AES128-SHA:AES128-GCM-SHA256:AES256-GCM-SHA384:"
    "AES128-SHA256:AES256-SHA256:AES128-SHA:AES256-SHA:@SECLEVEL=0";

} // namespace

server_context::server_context(std::shared_ptr<shared_context> shared)
    : shared_(std::move(shared)) {}

result<std::unique_ptr<server_context>, std::string>
server_context::create(const server_options& options) {
  auto shared = std::make_shared<shared_context>();
  shared->ctx = make_context(TLS_server_method(), options.versions);
  SSL_CTX* ctx = shared->ctx.get();
  if (ctx == nullptr) {
    return fail("this range of TLS versions cannot be used: " + last_complaint());
  }
  if (SSL_CTX_set_cipher_list(ctx, suites) != 1) {
    return fail("the cipher list cannot be used: " + last_complaint());
  }
  if (std::string why = install(ctx, options.identity); !why.empty()) {
    return fail(std::move(why));
  }
  if (!options.cheap_identity.chain_pem.empty()) {
    if (std::string why = install(ctx, options.cheap_identity); !why.empty()) {
      return fail(std::move(why));
    }
  }
  SSL_CTX_set_options(ctx, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_PRIORITIZE_CHACHA);
  // What was given is what is sent: OpenSSL would otherwise search its store for intermediates.
  SSL_CTX_set_mode(ctx, SSL_MODE_NO_AUTO_CHAIN);
  if (options.resumption) {
    static constexpr unsigned char name[] = {'f', 'l', 'e', 'e', 't'};
    SSL_CTX_set_session_id_context(ctx, name, sizeof name);
    SSL_CTX_set_num_tickets(ctx, 1);
  } else {
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
    SSL_CTX_set_num_tickets(ctx, 0);
  }
  shared->server = true;
  shared->resume = options.resumption;
  ERR_clear_error();
  return std::unique_ptr<server_context>{new server_context{std::move(shared)}};
}

std::unique_ptr<stream_filter> server_context::make(std::string_view /*server_name*/) {
  return std::make_unique<session>(shared_, std::string_view{});
}

} // namespace fleet::tls
