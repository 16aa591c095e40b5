// DTLS that is imitated: what the virtual world uses, since OpenSSL's randomness is not ours
// (design, part 4). A machine all the same: flights of the right number and size, cookies, repeats
// in time, numbered records, and the verdict that certificate or key would get. It keeps no secret.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "protocol/base/datagram_filter.hpp"
#include "protocol/tls/dtls.hpp"

namespace fleet::tls {

/// Settings of the imitation.
struct dtls_model_options {
  /// Not empty: a handshake by certificate ends with this sentence; refusal_sentence() makes one. A
  /// client's is its own verdict, a server's what is wrong with its certificate.
  std::string failure;
  /// Server: as dtls_server_options.
  std::function<std::string(std::string_view identity)> key_of;
  std::uint16_t mtu = 1232;
  dtls_patience patience;
  bool resumption = true;
  /// Server: tickets of one with another number are not taken, as after a restart.
  std::uint64_t ticket_secret = 1;
};

/// Both roles. Sessions may outlive it.
class modelled_dtls final : public datagram_filter_factory, public datagram_filter_door {
public:
  explicit modelled_dtls(dtls_model_options options = {});

  std::unique_ptr<datagram_filter> make(const datagram_filter_request& request) override;
  std::unique_ptr<datagram_filter> accept(bytes_view from, bytes_view datagram, time_point now,
                                          datagram_batch& out) override;
  [[nodiscard]] std::uint64_t attempt_of(bytes_view datagram) const override;

private:
  std::shared_ptr<const dtls_model_options> options_;
  std::uint64_t made_ = 0; ///< clients so far: what tells their attempts apart
};

} // namespace fleet::tls
