// Why a certificate was refused, as a kind and as one sentence. The judging itself is OpenSSL's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fleet::tls {

/// The kinds of refusal a report tells apart (RFC 5280 §6, RFC 6125 §6).
enum class refusal : std::uint8_t {
  wrong_subject,        ///< the certificate is somebody else's
  unknown_issuer,       ///< no path to a trusted authority
  self_signed,          ///< the certificate vouches for itself and is not trusted here
  expired,              ///< its time, or its issuer's, is over
  not_yet_valid,        ///< its time, or its issuer's, has not begun
  weak_key,             ///< fewer than 112 bits of security (RSA below 2048)
  weak_signature,       ///< signed over a broken digest (MD5, SHA-1)
  issuer_not_authority, ///< issued by a certificate that may not issue
  wrong_purpose,        ///< not made for a server
  damaged,              ///< a signature that does not fit, an extension nobody can read
  other                 ///< rarer: OpenSSL's words tell
};

/// `wrong subject`, `unknown issuer`, `expired`…
std::string_view to_string(refusal kind) noexcept;

/// `certificate refused: KIND: DETAIL`; the sentence of stream_filter::error(), and what to give
/// modelled_tls so that both worlds say the same.
std::string refusal_sentence(refusal kind, std::string_view detail);

} // namespace fleet::tls
