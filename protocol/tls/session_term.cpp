// The ends of certificates and tickets as seconds.
#include "protocol/tls/session_term.hpp"

#include <algorithm>
#include <ctime>

namespace fleet::tls {

namespace {

using time_ptr = std::unique_ptr<ASN1_TIME, freed_by<ASN1_TIME_free>>;

/// Seconds from `now` to an end; none left where the end cannot be read.
std::int64_t seconds_left(const ASN1_TIME& now, const ASN1_TIME* end) {
  int days = 0;
  int seconds = 0;
  if (ASN1_TIME_diff(&days, &seconds, &now, end) != 1) {
    return 0;
  }
  return std::int64_t{days} * 24 * 3600 + seconds;
}

} // namespace

std::int64_t verdict_until(std::int64_t now, X509_STORE_CTX* store) {
  std::int64_t left = verdict_life_s;
  if (store != nullptr) {
    const time_ptr moment{ASN1_TIME_set(nullptr, static_cast<std::time_t>(now))};
    const STACK_OF(X509)* chain = X509_STORE_CTX_get0_chain(store);
    for (int i = 0; i < sk_X509_num(chain); ++i) {
      const ASN1_TIME* end = X509_get0_notAfter(sk_X509_value(chain, i));
      left = std::min(left, moment ? seconds_left(*moment, end) : 0);
    }
  }
  return now + left;
}

std::int64_t ticket_until(std::int64_t now, const SSL_SESSION& session) {
  const auto hint =
      static_cast<std::int64_t>(SSL_SESSION_get_ticket_lifetime_hint(&session)); // seconds
  // Up to TLS 1.2 zero says nothing (RFC 5077 §3.3), then it says not to use it (RFC 8446 §4.6.1).
  const bool unsaid = hint == 0 && SSL_SESSION_get_protocol_version(&session) != TLS1_3_VERSION;
  return now + (unsaid ? verdict_life_s : hint);
}

} // namespace fleet::tls
