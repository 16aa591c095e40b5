// What an established session no longer needs – the peer's chain, the session secrets, its copy of
// the context's certificates – given back. Internal to this folder.
#pragma once

#include <array>
#include <atomic>

#include "protocol/tls/openssl.hpp"

namespace fleet::tls {

/// Shared by the sessions of one context, from any thread.
class resting_place {
public:
  resting_place() = default;
  resting_place(const resting_place&) = delete;
  resting_place& operator=(const resting_place&) = delete;
  ~resting_place();

  /// Frees 2–7 KiB of an established session by giving it an empty SSL_SESSION that all share. May
  /// be called again: a ticket that arrives later makes OpenSSL copy the session anew. Keys, record
  /// counters and a negotiated max_fragment_length are kept.
  void trim(SSL* ssl);

private:
  // SSL_set_session() starts the connection over unless the SSL's context speaks exactly the
  // version that was negotiated; hence one context per version, made when first seen.
  struct slot {
    ctx_ptr context;
    session_ptr session;
  };
  const slot* slot_of(SSL* ssl);

  std::array<std::atomic<slot*>, 4> slots_{}; // TLS 1.0 … 1.3
};

} // namespace fleet::tls
