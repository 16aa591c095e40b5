// OpenSSL's error queue in words.
#include "protocol/tls/complaint.hpp"

#include "protocol/tls/openssl.hpp"

namespace fleet::tls {

void forget_errors() {
  if (ERR_peek_error() != 0) {
    ERR_clear_error();
  }
}

std::string explain_queue() {
  unsigned long code = ERR_get_error();
  for (unsigned long next = code; next != 0; next = ERR_get_error()) {
    if (ERR_GET_LIB(code) != ERR_LIB_SSL && ERR_GET_LIB(next) == ERR_LIB_SSL) {
      code = next;
    }
  }
  // Reasons are numbered anew in each of OpenSSL's libraries: 0 for those that are not the
  // protocol's.
  const int reason = ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
  if (reason > SSL_AD_REASON_OFFSET && reason < SSL_AD_REASON_OFFSET + 256) {
    return std::string{"the peer ended the session with the alert: "}
           + SSL_alert_desc_string_long(reason - SSL_AD_REASON_OFFSET);
  }
  switch (reason) { // an int of OpenSSL's, not an enum of ours
    case SSL_R_NO_SHARED_CIPHER: return "TLS failed: no cipher suite in common with the peer";
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW: return "TLS failed: no protocol version in common with the peer";
    case SSL_R_WRONG_VERSION_NUMBER:
      return "TLS failed: a record bears a version nobody negotiated";
    case SSL_R_DECRYPTION_FAILED_OR_BAD_RECORD_MAC:
      return "TLS failed: a record was damaged on its way";
    default: break;
  }
  const char* words = ERR_reason_error_string(code);
  return std::string{"TLS failed: "} + (words != nullptr ? words : "the peer broke the protocol");
}

} // namespace fleet::tls
