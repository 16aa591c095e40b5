// TLS that tells what it does: the handshake's beginning and the verdict on the certificate, for a
// person to read. It changes no octet of what the TLS behind it does.
#pragma once

#include <functional>
#include <string>

#include "protocol/base/stream_filter.hpp"

namespace fleet::program {

class watched_tls final : public stream_filter_factory {
public:
  using sink = std::function<void(const std::string&)>;

  /// `inner` must outlive it, and it its filters. `verified`: whether inner looks at certificates.
  /// `tell` is called from whoever runs a filter.
  watched_tls(stream_filter_factory& inner, bool verified, sink tell);

  std::unique_ptr<stream_filter> make(std::string_view server_name) override;
  [[nodiscard]] const filter_model& model() const override { return inner_.model(); }

private:
  stream_filter_factory& inner_;
  sink tell_;
  bool verified_;
};

} // namespace fleet::program
