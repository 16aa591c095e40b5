// Trimming through public calls only: SSL_set_SSL_CTX and SSL_set_session.
#include "protocol/tls/resting.hpp"

#include <memory>

namespace fleet::tls {

resting_place::~resting_place() {
  for (std::atomic<slot*>& each : slots_) {
    delete each.load();
  }
}

const resting_place::slot* resting_place::slot_of(SSL* ssl) {
  const int index = SSL_version(ssl) - TLS1_VERSION;
  if (index < 0 || index >= static_cast<int>(slots_.size())) {
    return nullptr;
  }
  std::atomic<slot*>& place = slots_[static_cast<std::size_t>(index)];
  slot* found = place.load(std::memory_order_acquire);
  if (found == nullptr) {
    auto made = std::make_unique<slot>();
    made->context.reset(SSL_CTX_new(SSL_get_ssl_method(ssl)));
    made->session.reset(SSL_SESSION_new());
    if (!made->context || !made->session) {
      return nullptr;
    }
    // Another thread may have been faster: then its slot serves, and ours goes.
    if (place.compare_exchange_strong(found, made.get(), std::memory_order_acq_rel)) {
      found = made.release();
    }
  }
  return found;
}

void resting_place::trim(SSL* ssl) {
  const slot* rest = slot_of(ssl);
  if (rest == nullptr || SSL_get_session(ssl) == rest->session.get()
      || SSL_CTX_get_ssl_method(rest->context.get()) != SSL_get_ssl_method(ssl)) {
    return;
  }
  // The fragment length a client asked for (RFC 6066 §4: 1 … 4 for 512 … 4096) lives in the
  // session that is about to go. A repeated call sees a copy of the empty session: nothing asked.
  if (const SSL_SESSION* former = SSL_get_session(ssl)) {
    const auto code = SSL_SESSION_get_max_fragment_length(former);
    if (code >= TLSEXT_max_fragment_length_512 && code <= TLSEXT_max_fragment_length_4096) {
      SSL_set_max_send_fragment(ssl, 256L << code);
    }
  }
  if (SSL_set_SSL_CTX(ssl, rest->context.get()) == rest->context.get()) {
    SSL_set_session(ssl, rest->session.get());
  }
}

} // namespace fleet::tls
