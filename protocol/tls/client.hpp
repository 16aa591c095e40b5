// TLS as a device uses it: who is trusted, which versions, and sessions that check the server's
// name. No client certificates: the vendor's platform has none (aliyun-iot.md §7).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "protocol/base/remembering_filters.hpp"
#include "protocol/base/result.hpp"
#include "protocol/tls/options.hpp"

namespace fleet::tls {

struct shared_context;

/// Settings of the client's side.
struct client_options {
  /// Trusted authorities, one or many certificates as PEM; empty: those of the system.
  std::string ca_pem;
  /// False accepts any certificate, as the vendor's oldest SDK does; the name is not checked
  /// either.
  bool verify = true;
  version_range versions;
  /// Resume the last session that the same device had with the same server, which is a name at a
  /// host and port (RFC 5077, RFC 8446
  /// §2.2). It is offered once: where the handshake fails, the next one is a full one; and no
  /// longer than a day after the handshake in which the certificates were judged, nor than they or
  /// the ticket last. So it takes a clock: without unix_time none is remembered.
  bool resumption = false;
  /// Suites up to TLS 1.2 in OpenSSL's notation; empty: OpenSSL's default at security level 2.
  std::string ciphers;
  /// Octets of plaintext a record may carry, asked of the server (RFC 6066 §4): 512, 1024, 2048 or
  /// 4096; 0 asks for nothing.
  std::uint16_t max_fragment_bytes = 0;
  /// Seconds since 1970 as the device believes, called a few times a handshake, from the thread
  /// that runs it; empty: the system's clock.
  std::function<std::int64_t()> unix_time;
};

/// What a context remembers, to resume it.
struct kept_sessions {
  std::size_t count = 0;
  std::size_t octets = 0;
};

/// Makes client sessions. Safe to use from several threads, the sessions each from one at a time;
/// sessions may outlive it.
class client_context final : public remembering_filter_factory {
public:
  /// The error is a sentence: which setting cannot be used, and why.
  static result<std::unique_ptr<client_context>, std::string> create(const client_options& options);

  /// `server_name` is a DNS name, sent as SNI and compared without regard to letter case (RFC 6125
  /// §6.4), or an IP address, compared with the certificate's addresses. A session for an empty or
  /// unusable name fails from the start, unless nothing is verified.
  std::unique_ptr<stream_filter> make(std::string_view server_name) override {
    return make_for(server_name, {}, 0);
  }
  std::unique_ptr<stream_filter> make_for(std::string_view server_name, std::string_view place,
                                          std::uint64_t who) override;
  stream_filter_factory& forgetful() override { return forgetful_; }

  [[nodiscard]] const filter_model& model() const override { return model_; }
  [[nodiscard]] kept_sessions sessions_kept() const;

private:
  explicit client_context(std::shared_ptr<shared_context> shared);

  /// The same settings; each handshake a full one.
  struct forgetful_context final : stream_filter_factory {
    explicit forgetful_context(client_context& whole) noexcept : of(whole) {}
    std::unique_ptr<stream_filter> make(std::string_view server_name) override;
    [[nodiscard]] const filter_model& model() const override { return of.model_; }
    client_context& of;
  };

  std::shared_ptr<shared_context> shared_;
  filter_model model_;
  forgetful_context forgetful_{*this};
};

} // namespace fleet::tls
