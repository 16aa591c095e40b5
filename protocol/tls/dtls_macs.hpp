// The MACs of an established session with a CBC suite and encrypt-then-MAC (RFC 7366), judged
// before OpenSSL sees a record: it ends the session over the first that is wrong, though anybody
// can forge one and DTLS is to drop it (RFC 6347 §4.1.2.7). Without encrypt-then-MAC, and with AEAD
// suites, such records are dropped as they are. Internal to this folder.
#pragma once

#include <array>
#include <cstdint>
#include <memory>

#include "protocol/tls/dtls_records.hpp"

namespace fleet::tls {

class record_macs {
public:
  /// Of what the other side of an established session says; null where the suite is AEAD.
  static std::unique_ptr<record_macs> of(const SSL* ssl, bool server);
  ~record_macs();
  record_macs(const record_macs&) = delete;
  record_macs& operator=(const record_macs&) = delete;

  /// Whether a record of epoch 1 is the other side's, unchanged.
  [[nodiscard]] bool right(const record_view& record) const;

private:
  record_macs() = default;

  std::array<std::uint8_t, 48> key_{};
  std::size_t size_ = 0;         ///< of the key and of a MAC
  const EVP_MD* hash_ = nullptr; ///< OpenSSL's own
};

} // namespace fleet::tls
