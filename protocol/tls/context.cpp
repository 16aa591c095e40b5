// The settings common to both roles, and the store of sessions to resume.
#include "protocol/tls/context.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"

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

resumption_store::resumption_store() : lock_(CRYPTO_THREAD_lock_new()) {
  FLEET_CHECK(lock_ != nullptr);
}

resumption_store::~resumption_store() {
  CRYPTO_THREAD_lock_free(lock_);
}

void resumption_store::keep(std::string_view server_name, const SSL_SESSION& session) {
  session_ptr copy{SSL_SESSION_dup(&session)};
  if (!copy) {
    return;
  }
  CRYPTO_THREAD_write_lock(lock_);
  const auto at = std::ranges::find(entries_, server_name, &entry::server_name);
  if (at != entries_.end()) {
    at->session = std::move(copy);
  } else {
    if (entries_.size() == limit) {
      entries_.erase(entries_.begin());
    }
    entries_.push_back({std::string{server_name}, std::move(copy)});
  }
  CRYPTO_THREAD_unlock(lock_);
}

session_ptr resumption_store::find(std::string_view server_name) const {
  session_ptr found;
  CRYPTO_THREAD_read_lock(lock_);
  const auto at = std::ranges::find(entries_, server_name, &entry::server_name);
  if (at != entries_.end()) {
    found.reset(SSL_SESSION_dup(at->session.get()));
  }
  CRYPTO_THREAD_unlock(lock_);
  return found;
}

std::size_t resumption_store::size() const {
  CRYPTO_THREAD_read_lock(lock_);
  const std::size_t count = entries_.size();
  CRYPTO_THREAD_unlock(lock_);
  return count;
}

} // namespace fleet::tls
