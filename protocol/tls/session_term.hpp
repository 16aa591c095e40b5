// How long a client may offer what it keeps of a session: nobody judges the server's certificates
// again when a session is resumed. Internal to this folder.
#pragma once

#include <cstdint>

#include "protocol/tls/openssl.hpp"

namespace fleet::tls {

/// How long the verdict of a full handshake holds, however often its session is resumed: the most
/// that RFC 5246 F.1.4 suggests, and less than RFC 8446 §4.6.1 allows a ticket.
inline constexpr std::int64_t verdict_life_s = 24 * 3600;

/// Both in seconds since 1970, both the first moment at which it is over.
struct session_term {
  std::int64_t verdict_until = 0; ///< a day, and no longer than the certificates last
  std::int64_t ticket_until = 0;  ///< what the server said of its ticket

  /// Not where the clock stands before the full handshake either: the age is not known then.
  [[nodiscard]] bool allows(std::int64_t now) const noexcept {
    return now < verdict_until && now < ticket_until && verdict_until - now <= verdict_life_s;
  }
};

/// Of a verdict given at `now`. `store` holds the chain it was given on, which bounds it; null
/// where no certificate counted.
std::int64_t verdict_until(std::int64_t now, X509_STORE_CTX* store);

/// Of a ticket, or of a session's number, that came at `now`.
std::int64_t ticket_until(std::int64_t now, const SSL_SESSION& session);

} // namespace fleet::tls
