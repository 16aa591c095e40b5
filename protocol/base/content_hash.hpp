// Digests of octets that come bit by bit, such as a firmware's while it is downloaded: MD5 and
// SHA-256 through libcrypto. No keys (hmac.hpp) and no checksums (digest.hpp).
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/base/bytes.hpp"

namespace fleet {

/// The two that a firmware may be signed with (aliyun-iot.md §14.2).
enum class content_digest : std::uint8_t { md5, sha256 };

/// Octets of a digest: 16 or 32.
constexpr std::size_t digest_octets(content_digest kind) noexcept {
  return kind == content_digest::md5 ? 16 : 32;
}

/// What came out; MD5 leaves the second half zero.
struct digest_value {
  content_digest kind = content_digest::md5;
  std::array<std::uint8_t, 32> octets{};

  [[nodiscard]] bytes_view view() const noexcept {
    return bytes_view{octets}.first(digest_octets(kind));
  }
  /// Lower-case hexadecimal.
  [[nodiscard]] std::string hex() const;
  friend bool operator==(const digest_value&, const digest_value&) = default;
};

/// Reads hexadecimal digits of either case, exactly as many as the digest has.
std::optional<digest_value> digest_from_hex(content_digest kind, std::string_view hex) noexcept;

/// A digest under way. Movable; about 400 octets of heap while it lives.
class content_hash {
public:
  explicit content_hash(content_digest kind);
  content_hash(content_hash&&) noexcept;
  content_hash& operator=(content_hash&&) noexcept;
  ~content_hash();

  void add(bytes_view octets);
  /// The digest of all that was added since it was made or restarted.
  [[nodiscard]] digest_value finish();
  /// Forgets what was added.
  void restart();
  [[nodiscard]] content_digest kind() const noexcept { return kind_; }

private:
  struct state;
  std::unique_ptr<state> state_;
  content_digest kind_;
};

/// The digest of one run of octets.
digest_value digest_of(content_digest kind, bytes_view octets);

} // namespace fleet
