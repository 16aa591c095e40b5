// The settings common to both roles.
#include "protocol/tls/context.hpp"

#include "protocol/base/check.hpp"
#include "protocol/tls/server.hpp"

namespace fleet::tls {

namespace {

int wire_version(version v) {
  switch (v) {
    case version::tls10: return TLS1_VERSION;
    case version::tls11: return TLS1_1_VERSION;
    case version::tls12: return TLS1_2_VERSION;
    case version::tls13: return TLS1_3_VERSION;
  }
  FLEET_CHECK(false);
}

} // namespace

ctx_ptr make_context(const SSL_METHOD* method, version_range versions) {
  ERR_clear_error();
  ctx_ptr ctx{SSL_CTX_new(method)};
  if (!ctx) {
    return nullptr;
  }
  SSL_CTX_set_security_level(ctx.get(), versions.lowest < version::tls12 ? 0 : 2);
  SSL_CTX_set_options(ctx.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_mode(ctx.get(), SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_read_ahead(ctx.get(), 0);
  SSL_CTX_set_session_cache_mode(ctx.get(), SSL_SESS_CACHE_OFF);
  const bool set =
      SSL_CTX_set_min_proto_version(ctx.get(), wire_version(versions.lowest)) == 1
      && SSL_CTX_set_max_proto_version(ctx.get(), wire_version(versions.highest)) == 1
      // The cheapest first: AES-128 has a shorter schedule and SHA-256 a smaller state.
      && SSL_CTX_set_ciphersuites(ctx.get(), "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:"
                                             "TLS_CHACHA20_POLY1305_SHA256")
             == 1;
  return set ? std::move(ctx) : nullptr;
}

std::string last_complaint() {
  const char* words = ERR_reason_error_string(ERR_peek_last_error());
  ERR_clear_error();
  return words != nullptr ? words : "no reason given";
}

std::string trust(SSL_CTX* ctx, const std::string& ca_pem) {
  if (ca_pem.empty()) {
    return SSL_CTX_set_default_verify_paths(ctx) == 1
               ? std::string{}
               : "the system's certificate authorities cannot be read: " + last_complaint();
  }
  const std::vector<x509_ptr> authorities = read_certificates(ca_pem);
  if (authorities.empty()) {
    return "the certificate authority is not a PEM certificate, or is damaged";
  }
  X509_STORE* store = SSL_CTX_get_cert_store(ctx);
  for (const x509_ptr& authority : authorities) {
    if (X509_STORE_add_cert(store, authority.get()) != 1) {
      return "the certificate authority cannot be used: " + last_complaint();
    }
  }
  return {};
}

std::string install(SSL_CTX* ctx, const key_pair& pair) {
  const std::vector<x509_ptr> chain = read_certificates(pair.chain_pem);
  if (chain.empty()) {
    return "the server's certificate is not PEM, or is damaged";
  }
  const key_ptr key = read_key(pair.key_pem);
  if (!key) {
    return "the server's key is not PEM, is damaged, or is locked by a password";
  }
  if (X509_check_private_key(chain.front().get(), key.get()) != 1) {
    ERR_clear_error();
    return "the server's key does not belong to its certificate";
  }
  // Each kind of key has its own place in the context; the chain goes to the one set last.
  if (SSL_CTX_use_certificate(ctx, chain.front().get()) != 1
      || SSL_CTX_use_PrivateKey(ctx, key.get()) != 1) {
    return "the server's certificate cannot be used: " + last_complaint();
  }
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(ctx, chain[i].get()) != 1) {
      return "the server's chain cannot be used: " + last_complaint();
    }
  }
  return {};
}

} // namespace fleet::tls
