// The seam between a stream and what encrypts it. A world calls a filter without knowing TLS; the
// TLS folder implements it without knowing sockets. Plain streams have none.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "protocol/base/bytes.hpp"

namespace fleet {

/// What a filter has to say after it was fed.
enum class filter_state : std::uint8_t {
  handshaking, ///< not yet; keep feeding and sending
  open,        ///< application data flows
  ended,       ///< the peer closed in order (close_notify)
  failed       ///< see stream_filter::error(); nothing more will come out
};

/// One end of one encrypted stream: a machine without I/O.
class stream_filter {
public:
  virtual ~stream_filter() = default;

  /// Emits the first flight (client) or nothing (server).
  virtual filter_state start(byte_buffer& cipher_out) = 0;

  /// Feeds ciphertext; appends what it decrypts and what it must answer.
  virtual filter_state receive(bytes_view cipher, byte_buffer& plain_out,
                               byte_buffer& cipher_out) = 0;

  /// Encrypts application data; only while open.
  virtual filter_state send(bytes_view plain, byte_buffer& cipher_out) = 0;

  /// Emits the closing alert.
  virtual void close(byte_buffer& cipher_out) = 0;

  /// Why it failed, in one clear sentence without secrets; empty otherwise.
  [[nodiscard]] virtual std::string error() const = 0;
};

/// How the virtual world imitates an encrypted stream (design, part 4): round trips and octets, and
/// the verdict the certificate would get.
struct filter_model {
  std::uint8_t handshake_round_trips = 2;
  std::uint16_t handshake_bytes_up = 700;
  std::uint16_t handshake_bytes_down = 3000;
  std::uint16_t record_overhead_bytes = 29;
  std::string failure{}; ///< not empty: the handshake ends with this sentence
};

/// Makes filters for one role and one set of settings; shared by many streams.
class stream_filter_factory {
public:
  virtual ~stream_filter_factory() = default;
  /// `server_name` is what the peer's certificate must bear (client), or empty (server).
  virtual std::unique_ptr<stream_filter> make(std::string_view server_name) = 0;
  [[nodiscard]] virtual const filter_model& model() const = 0;
};

} // namespace fleet
