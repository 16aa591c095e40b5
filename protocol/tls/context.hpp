// What client and server contexts have in common and their sessions share. Internal to this folder.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/tls/openssl.hpp"
#include "protocol/tls/options.hpp"
#include "protocol/tls/resting.hpp"

namespace fleet::tls {

struct key_pair;

/// Sessions to resume, one per server name, at most `limit` names; the oldest makes room. Safe to
/// use from several threads.
class resumption_store {
public:
  static constexpr std::size_t limit = 64;

  resumption_store();
  ~resumption_store();
  resumption_store(const resumption_store&) = delete;
  resumption_store& operator=(const resumption_store&) = delete;

  /// Keeps a copy: OpenSSL declares the one in use not resumable when it is dropped without a
  /// close_notify, and trimming drops it.
  void keep(std::string_view server_name, const SSL_SESSION& session);
  /// A copy of the last session with that server, or null.
  session_ptr find(std::string_view server_name) const;
  std::size_t size() const;

private:
  struct entry {
    std::string server_name;
    session_ptr session;
  };
  CRYPTO_RWLOCK* lock_;
  std::vector<entry> entries_;
};

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
