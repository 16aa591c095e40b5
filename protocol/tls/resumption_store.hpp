// What clients remember of their sessions, to resume them: a few hundred octets for each device and
// server. Internal to this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "protocol/tls/openssl.hpp"
#include "protocol/tls/session_term.hpp"

namespace fleet::tls {

/// A session to resume, and until when that may be.
struct former_session {
  session_ptr session; ///< null: none
  session_term term;
};

/// The last session of each device with each server. Safe to use from several threads. Kept as
/// OpenSSL writes it down, without the server's certificate: a resumed session shows none.
class resumption_store {
public:
  /// Whose sessions are not kept.
  static constexpr std::uint64_t nobody = ~std::uint64_t{0};
  /// Servers; sessions with others are not kept.
  static constexpr std::size_t servers_max = 256;

  /// Beyond `sessions_max` no device more is remembered.
  explicit resumption_store(std::size_t sessions_max = 1U << 20);
  ~resumption_store();
  resumption_store(const resumption_store&) = delete;
  resumption_store& operator=(const resumption_store&) = delete;

  /// Of the server of that name at that place, for keep() and take(); servers_max: there are too
  /// many.
  std::size_t number_of(std::string_view name, std::string_view place);

  /// Keeps a copy: OpenSSL declares the one in use not resumable when it is dropped without a
  /// close_notify, and trimming drops it.
  void keep(std::size_t server, std::uint64_t who, const SSL_SESSION& session,
            const session_term& term);
  /// The last session, or none, as where its term is over at `now` (seconds since 1970); it is not
  /// kept any more (RFC 8446 C.4).
  former_session take(std::size_t server, std::uint64_t who, std::int64_t now);
  [[nodiscard]] std::size_t size() const;
  /// Octets of the sessions, without the table they stand in.
  [[nodiscard]] std::size_t octets() const;

private:
  struct kept {
    std::string octets;
    session_term term;
  };

  static std::uint64_t key(std::size_t server, std::uint64_t who) {
    return who * servers_max + server;
  }

  CRYPTO_RWLOCK* lock_;
  std::size_t sessions_max_;
  std::size_t octets_ = 0;
  std::vector<std::string> servers_;
  std::unordered_map<std::uint64_t, kept> sessions_;
};

} // namespace fleet::tls
