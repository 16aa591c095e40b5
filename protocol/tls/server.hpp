// TLS as the twin offers it: to modern clients with an elliptic certificate, to the vendor's old
// mbedTLS clients with an RSA one and static-RSA suites (aliyun-iot.md §7). No client certificates.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "protocol/base/result.hpp"
#include "protocol/base/stream_filter.hpp"
#include "protocol/tls/options.hpp"

namespace fleet::tls {

struct shared_context;

/// A server's certificate, its intermediates after it, and its key; all PEM.
struct key_pair {
  std::string chain_pem;
  std::string key_pem;
};

/// Settings of the server's side.
struct server_options {
  /// The one for everybody: RSA, if the vendor's clients are to connect.
  key_pair identity;
  /// A second one for clients that can use it, an ECDSA one: a tenth of the CPU of RSA. May be
  /// empty.
  key_pair cheap_identity;
  version_range versions;
  /// Offer tickets (RFC 5077, RFC 8446 §4.6.1). Nothing is stored here: the client keeps them.
  bool resumption = false;
};

/// Makes server sessions. Safe to use from several threads, the sessions each from one at a time;
/// sessions may outlive it.
class server_context final : public stream_filter_factory {
public:
  /// The error is a sentence: which certificate or setting cannot be used, and why.
  static result<std::unique_ptr<server_context>, std::string> create(const server_options& options);

  /// The name is not used: whatever SNI asks for, the same certificates are shown.
  std::unique_ptr<stream_filter> make(std::string_view server_name) override;

  [[nodiscard]] const filter_model& model() const override { return model_; }

private:
  explicit server_context(std::shared_ptr<shared_context> shared);

  std::shared_ptr<shared_context> shared_;
  filter_model model_;
};

} // namespace fleet::tls
