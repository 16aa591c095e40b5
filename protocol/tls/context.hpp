// What client and server contexts have in common and their sessions share. Internal to this folder.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "protocol/tls/openssl.hpp"
#include "protocol/tls/options.hpp"
#include "protocol/tls/resting.hpp"
#include "protocol/tls/resumption_store.hpp"

namespace fleet::tls {

struct key_pair;

/// Lives as long as the factory or any of its sessions.
struct shared_context {
  ctx_ptr ctx;
  bool server = false;
  bool verify = true;
  bool resume = false;
  std::function<std::int64_t()> unix_time;
  resting_place rest;
  resumption_store resumable;
};

/// Settings both roles share: versions, no renegotiation, no compression, buffers given back when
/// empty, TLS 1.3 suites. Null when OpenSSL refuses.
ctx_ptr make_context(const SSL_METHOD* method, version_range versions);

/// OpenSSL's last complaint in its own words, for a setting it refused. Empties the queue.
std::string last_complaint();

/// Trusts the authorities of a PEM text, or the system's where it is empty. Empty, or why they
/// cannot be used.
std::string trust(SSL_CTX* ctx, const std::string& ca_pem);

/// Shows this certificate. Empty, or why the pair cannot be used.
std::string install(SSL_CTX* ctx, const key_pair& pair);

} // namespace fleet::tls
