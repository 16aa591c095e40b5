// The record layer of an established DTLS 1.2 session with an AEAD suite, on OpenSSL's ciphers:
// what is left of a session when its SSL object (34 KiB in OpenSSL 3.0, most of it a handshake
// buffer that it never gives back) has gone. No handshake, no renegotiation. Internal to this
// folder.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "protocol/base/datagrams.hpp"
#include "protocol/tls/openssl.hpp"

namespace fleet::tls {

/// Types of records (RFC 5246 §6.2.1).
enum class record_type : std::uint8_t {
  change_cipher_spec = 20,
  alert = 21,
  handshake = 22,
  application_data = 23
};

inline constexpr std::size_t record_header_bytes = 13; // RFC 6347 §4.1

/// One record within a datagram.
struct record_view {
  bytes_view whole; ///< header and fragment; never empty unless the datagram is
  bytes_view fragment;
  std::uint8_t type = 0;
  std::uint16_t epoch = 0;
  std::uint64_t sequence = 0; ///< 48 bits
  bool sound = false; ///< complete, and of a version DTLS has; else `whole` is all that is left
};

/// The first record of `datagram`.
record_view first_record(bytes_view datagram) noexcept;

/// What is authenticated beside the content of the record that `header` begins (RFC 5246 §6.2.3.3):
/// number, type, version, and the length.
std::array<std::uint8_t, 13> bound_data(bytes_view header, std::size_t content) noexcept;

/// The beginning of an established session's key block (RFC 5246 §6.3): of the master secret and
/// both randoms. False when OpenSSL refused.
bool expand_keys(const SSL* ssl, std::span<std::uint8_t> block);

/// Whether a datagram may begin with a client's hello, in the clear as they all are.
bool looks_like_hello(bytes_view datagram) noexcept;

/// Which of the last 64 records were seen (RFC 6347 §4.1.2.6).
class replay_window {
public:
  /// Whether one of that number could be new.
  [[nodiscard]] bool admits(std::uint64_t sequence) const noexcept;
  void take(std::uint64_t sequence) noexcept;

private:
  std::uint64_t highest_ = 0;
  std::uint64_t seen_ = 0; ///< bit n: highest_ − n
};

/// The AEAD suites (RFC 5288, 6655, 7905).
enum class aead : std::uint8_t { gcm128, gcm256, ccm128, ccm256, chacha20 };

class record_keys {
public:
  /// Takes the keys of an established session; false for a suite that is none of the above, and
  /// then nothing else may be called.
  bool begin(const SSL* ssl, bool server);
  ~record_keys();
  record_keys() = default;
  record_keys(const record_keys&) = delete;
  record_keys& operator=(const record_keys&) = delete;

  [[nodiscard]] bool ready() const noexcept { return ready_; }
  /// Octets of a record that are not its content.
  [[nodiscard]] std::size_t overhead() const noexcept;
  /// What was written before by whoever had the keys: the next record has this number.
  void continue_at(std::uint64_t next) noexcept { next_write_ = next; }
  /// A record of the other side that somebody else has opened.
  void note(std::uint64_t sequence) noexcept { window_.take(sequence); }

  /// Appends one datagram with one record; false when the cipher refused.
  bool seal(record_type type, bytes_view plain, datagram_batch& out);
  /// Appends the content of `record` as one datagram; false, and nothing appended, where it is not
  /// of this session, was changed, or was seen.
  bool open(const record_view& record, datagram_batch& plain);

private:
  struct direction {
    std::array<std::uint8_t, 32> key{};
    std::array<std::uint8_t, 12> iv{};
  };
  [[nodiscard]] std::size_t explicit_bytes() const noexcept {
    return kind_ == aead::chacha20 ? 0 : 8;
  }
  [[nodiscard]] std::array<std::uint8_t, 12> nonce(const direction& way,
                                                   bytes_view number) const noexcept;

  direction ours_;
  direction theirs_;
  std::uint64_t next_write_ = 0;
  replay_window window_;
  aead kind_ = aead::gcm128;
  std::uint8_t tag_bytes_ = 16;
  bool ready_ = false;
};

} // namespace fleet::tls
