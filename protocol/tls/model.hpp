// TLS that is imitated, not executed: what the virtual world uses, since OpenSSL's randomness is
// not ours (design, part 4). It answers how a session looks from outside, and never runs one.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "protocol/base/check.hpp"
#include "protocol/base/stream_filter.hpp"
#include "protocol/tls/verdict.hpp"

namespace fleet::tls {

/// Settings of the imitation.
struct model_options {
  /// Two round trips and the octets of TLS 1.2, or one of TLS 1.3.
  bool tls13 = true;
  /// Not empty: every handshake ends with this sentence; refusal_sentence() makes one.
  std::string failure;
};

/// A factory with a model and no sessions.
class modelled_tls final : public stream_filter_factory {
public:
  explicit modelled_tls(model_options options = {}) {
    if (options.tls13) {
      model_ = {1, 310, 1050, 22, {}}; // measured here: P-256 certificate, AES-128-GCM
    } else {
      model_ = {2, 300, 950, 29, {}};
    }
    model_.failure = std::move(options.failure);
  }

  /// Only a world that executes TLS calls this, and such a world must not be given a model.
  std::unique_ptr<stream_filter> make(std::string_view /*server_name*/) override {
    FLEET_CHECK(false);
  }

  [[nodiscard]] const filter_model& model() const override { return model_; }

private:
  filter_model model_;
};

} // namespace fleet::tls
