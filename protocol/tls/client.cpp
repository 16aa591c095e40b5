// Building the client's SSL_CTX.
#include "protocol/tls/client.hpp"

#include "protocol/tls/context.hpp"
#include "protocol/tls/session.hpp"

namespace fleet::tls {

namespace {

/// The extension's code for a fragment length (RFC 6066 §4), or -1.
int fragment_code(std::uint16_t octets) {
  switch (octets) {
    case 0: return TLSEXT_max_fragment_length_DISABLED;
    case 512: return TLSEXT_max_fragment_length_512;
    case 1024: return TLSEXT_max_fragment_length_1024;
    case 2048: return TLSEXT_max_fragment_length_2048;
    case 4096: return TLSEXT_max_fragment_length_4096;
    default: return -1;
  }
}

} // namespace

client_context::client_context(std::shared_ptr<shared_context> shared)
    : shared_(std::move(shared)) {}

result<std::unique_ptr<client_context>, std::string>
client_context::create(const client_options& options) {
  auto shared = std::make_shared<shared_context>();
  shared->ctx = make_context(TLS_client_method(), options.versions);
  SSL_CTX* ctx = shared->ctx.get();
  if (ctx == nullptr) {
    return fail("this range of TLS versions cannot be used: " + last_complaint());
  }
  if (!options.ciphers.empty() && SSL_CTX_set_cipher_list(ctx, options.ciphers.c_str()) != 1) {
    return fail("the cipher list names no suite: " + last_complaint());
  }
  const int code = fragment_code(options.max_fragment_bytes);
  if (code < 0
      || SSL_CTX_set_tlsext_max_fragment_length(ctx, static_cast<std::uint8_t>(code)) != 1) {
    return fail(std::string{"the fragment length must be 0, 512, 1024, 2048 or 4096"});
  }
  if (options.verify) {
    if (std::string why = trust(ctx, options.ca_pem); !why.empty()) {
      return fail(std::move(why));
    }
  }
  shared->verify = options.verify;
  shared->resume = options.resumption && options.unix_time;
  shared->unix_time = options.unix_time;
  SSL_CTX_set_verify(ctx, options.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  SSL_CTX_set_cert_verify_callback(ctx, session::judge_chain, shared.get());
  if (shared->resume) {
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
    SSL_CTX_sess_set_new_cb(ctx, session::keep_session);
  } else {
    SSL_CTX_set_options(ctx, SSL_OP_NO_TICKET);
  }
  ERR_clear_error();
  return std::unique_ptr<client_context>{new client_context{std::move(shared)}};
}

std::unique_ptr<stream_filter> client_context::make_for(std::string_view server_name,
                                                        std::string_view place, std::uint64_t who) {
  return std::make_unique<session>(shared_, server_name, place, who);
}

std::unique_ptr<stream_filter>
client_context::forgetful_context::make(std::string_view server_name) {
  return std::make_unique<session>(of.shared_, server_name, std::string_view{},
                                   resumption_store::nobody);
}

kept_sessions client_context::sessions_kept() const {
  return {shared_->resumable.size(), shared_->resumable.octets()};
}

} // namespace fleet::tls
