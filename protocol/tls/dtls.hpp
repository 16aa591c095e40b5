// DTLS 1.2 (RFC 6347) as a device uses it and as the twin offers it: certificates as over TLS
// (aliyun-iot.md §17.1), or a key both sides know (RFC 4279; [DOC] in §17.1). No client
// certificates.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "protocol/base/datagram_filter.hpp"
#include "protocol/base/result.hpp"
#include "protocol/tls/server.hpp"

namespace fleet::tls {

struct dtls_shared;
class dtls_session;

/// How a handshake waits for its answers (RFC 6347 §4.2.4.1): `first_wait` for each flight, then
/// twice as long each time, up to `longest_wait`. After `repeats_max` repeats and one more wait
/// without an answer it has failed.
struct dtls_patience {
  duration first_wait = std::chrono::seconds{1}; ///< the vendor's SDK: 2 s (aliyun-iot.md §17.1)
  duration longest_wait = std::chrono::seconds{60}; ///< the vendor's SDK: 8 s
  std::uint8_t repeats_max = 6;                     ///< up to 10; OpenSSL gives up behind 12
};

/// What both sides set.
struct dtls_common {
  /// Octets of a UDP payload, 228 to datagram_bytes_max; flights and records keep within it. 1,232
  /// is what IPv6 carries everywhere.
  std::uint16_t mtu = 1232;
  dtls_patience patience;
  /// Client: sessions can be remembered, as long as client_options::resumption says. Server:
  /// tickets are offered (RFC 5077); none is stored.
  bool resumption = true;
  /// Suites in OpenSSL's notation; empty: AEAD suites first, then the vendor's CBC ones.
  std::string ciphers;
};

struct dtls_client_options {
  dtls_common common;
  /// As client_options: who is trusted, whether anything is verified, and when it is.
  std::string ca_pem;
  bool verify = true;
  std::function<std::int64_t()> unix_time;
};

/// Makes clients' sessions: with a key where the request has an identity, else with certificates.
/// Safe to use from several threads, the sessions each from one at a time; sessions may outlive it.
/// With an AEAD suite an idle session takes less than 1 KiB, with a CBC one 34 KiB.
class dtls_client_context final : public datagram_filter_factory {
public:
  /// The error is a sentence: which setting cannot be used, and why.
  static result<std::unique_ptr<dtls_client_context>, std::string>
  create(const dtls_client_options& options);

  /// A session for an empty or unusable name and no key fails from the start, unless nothing is
  /// verified.
  std::unique_ptr<datagram_filter> make(const datagram_filter_request& request) override;

private:
  explicit dtls_client_context(std::shared_ptr<dtls_shared> shared);
  std::shared_ptr<dtls_shared> shared_;
};

struct dtls_server_options {
  dtls_common common;
  /// As server_options; both may be empty where keys are enough.
  key_pair identity;
  key_pair cheap_identity;
  /// The key of whoever calls itself so, up to 256 octets; empty: nobody. Called once a handshake.
  std::function<std::string(std::string_view identity)> key_of;
  /// How long a cookie is good, at least; twice that at most.
  duration cookie_life = std::chrono::seconds{30};
};

/// Makes servers' sessions. accept() from one thread at a time; the sessions each likewise, and
/// they may outlive it. Nobody gets one, and so any memory, before a cookie came back from where it
/// was sent to (RFC 6347 §4.2.1).
class dtls_server_context final : public datagram_filter_door {
public:
  static result<std::unique_ptr<dtls_server_context>, std::string>
  create(const dtls_server_options& options);
  ~dtls_server_context() override;

  std::unique_ptr<datagram_filter> accept(bytes_view from, bytes_view datagram, time_point now,
                                          datagram_batch& out) override;
  [[nodiscard]] std::uint64_t attempt_of(bytes_view datagram) const override;

private:
  explicit dtls_server_context(std::shared_ptr<dtls_shared> shared);
  std::shared_ptr<dtls_shared> shared_;
  std::unique_ptr<dtls_session> next_; ///< whoever comes with a cookie gets it
};

} // namespace fleet::tls
