// What DTLS contexts and their sessions share. Internal to this folder.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>

#include "protocol/tls/dtls.hpp"
#include "protocol/tls/openssl.hpp"
#include "protocol/tls/session_term.hpp"

namespace fleet::tls {

/// Lives as long as a context or any of its sessions.
struct dtls_shared {
  ctx_ptr ctx;
  bool server = false;
  bool verify = true;
  bool resume = false;
  std::uint16_t mtu = 0;
  dtls_patience patience;
  std::function<std::int64_t()> unix_time;
  std::function<std::string(std::string_view)> key_of;
  std::string key_suites; ///< for a client's session with a key
  duration cookie_life{};
  std::array<std::uint8_t, 32> cookie_secret{};
};

/// Settings of both roles: DTLS 1.2 alone, no renegotiation. Empty, or why they cannot be used.
std::string prepare(dtls_shared& shared, const SSL_METHOD* method, const dtls_common& common);

/// Suites with a key both sides know, and those with certificates; the cheapest AEAD ones first.
extern const char* const dtls_key_suites;
extern const char* const dtls_certificate_suites;

/// What a client remembers: an SSL_SESSION as OpenSSL writes it down.
class dtls_memory final : public filter_memory {
public:
  std::string name; ///< of the server, and of the client where there is a key
  std::string octets;
  session_term term;
};

} // namespace fleet::tls
