// A small certificate authority: the twin makes itself one on first start, and tests make every
// kind of certificate a client must refuse. Keeps no register and revokes nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/result.hpp"
#include "protocol/tls/server.hpp"

namespace fleet::tls {

/// From when until when a certificate is good, both in seconds since 1970.
struct validity {
  std::int64_t from_unix_s = 0;
  std::int64_t until_unix_s = 0;
};

enum class key_kind : std::uint8_t { rsa2048, p256 };

/// The ways in which a certificate can deserve refusal.
enum class flaw : std::uint8_t {
  none,
  expired,              ///< ended a day before the asked validity begins
  not_yet_valid,        ///< begins a day after the asked validity ends
  wrong_name,           ///< bears `somebody-else.invalid` instead of the names
  unknown_issuer,       ///< signed by another authority of the same make
  weak_key,             ///< RSA of 1024 bits
  weak_signature,       ///< signed over SHA-1
  self_signed,          ///< signed with its own key
  issuer_not_authority, ///< signed by a server's certificate, which follows it in the chain
  wrong_purpose         ///< for clients, not for servers
};

/// What to issue.
struct leaf_request {
  /// DNS names and IP literals, at least one, at most 64; the first DNS name is the common name
  /// too.
  std::vector<std::string> names;
  validity valid;
  key_kind key = key_kind::p256;
  flaw spoiled_by = flaw::none;
};

/// Holds the authority's key. RSA-2048, because clients verify RSA signatures four times faster
/// than P-256 ones and the vendor's clients know nothing else.
class authority {
public:
  /// A new one. The error is a sentence (validity turned around, name empty or over 64 octets).
  static result<authority, std::string> make(std::string_view common_name, validity valid);

  /// One that was stored. The error is a sentence.
  static result<authority, std::string> load(std::string_view certificate_pem,
                                             std::string_view key_pem);

  authority(authority&&) noexcept;
  authority& operator=(authority&&) noexcept;
  ~authority();

  /// What clients must trust.
  [[nodiscard]] std::string certificate_pem() const;
  /// The secret: for the authority's owner alone.
  [[nodiscard]] std::string key_pem() const;

  /// A server's certificate (RFC 5280, server authentication) with a new key; the chain without
  /// this authority's own certificate. The error is a sentence.
  [[nodiscard]] result<key_pair, std::string> issue(const leaf_request& request) const;

private:
  struct keys;
  explicit authority(std::unique_ptr<keys> held);

  std::unique_ptr<keys> keys_;
};

} // namespace fleet::tls
