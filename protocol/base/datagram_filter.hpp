// The seam between datagrams and what encrypts them: the counterpart of stream_filter for links
// that lose, repeat and reorder. Executed in both worlds; a model of it (tls::modelled_dtls) serves
// where randomness must be ours. A machine without I/O and without a clock: time is an argument.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "protocol/base/bytes.hpp"
#include "protocol/base/datagrams.hpp"
#include "protocol/base/stream_filter.hpp"
#include "protocol/base/time.hpp"

namespace fleet {

/// What a client may keep of one session to make the next one with that server shorter. Opaque; of
/// use to the kind of factory it came from, and ignored by any other.
class filter_memory {
public:
  virtual ~filter_memory() = default;
};

/// One end of one encrypted conversation.
class datagram_filter {
public:
  virtual ~datagram_filter() = default;

  /// Emits the first flight (client), or the answer to the hello it was made for (server).
  virtual filter_state start(time_point now, datagram_batch& out) = 0;

  /// Takes one datagram; appends what it decrypts, one record a datagram, and what it must answer.
  /// What is damaged, forged, old or repeated is dropped without a word (RFC 6347 §4.1.2.7).
  virtual filter_state receive(bytes_view datagram, time_point now, datagram_batch& plain,
                               datagram_batch& out) = 0;

  /// Encrypts one datagram of at most payload_max() octets, only while open; a longer one is not
  /// sent, and false comes back.
  [[nodiscard]] virtual bool send(bytes_view plain, datagram_batch& out) = 0;

  /// Sends the last flight again if that is due, and gives up after as many times as was set.
  virtual filter_state handle_timeout(time_point now, datagram_batch& out) = 0;
  /// When handle_timeout() wants to be called; never once open.
  [[nodiscard]] virtual time_point next_timeout() const = 0;

  /// Emits the closing alert.
  virtual void close(datagram_batch& out) = 0;

  /// Octets that one send() can carry.
  [[nodiscard]] virtual std::size_t payload_max() const = 0;
  /// Why it failed, in one clear sentence without secrets; empty otherwise.
  [[nodiscard]] virtual std::string error() const = 0;
  /// It failed because no answer came.
  [[nodiscard]] virtual bool timed_out() const = 0;
  /// Once open: the handshake was the short one.
  [[nodiscard]] virtual bool resumed() const = 0;
  /// Server, once open: the identity a client with a pre-shared key gave; empty with certificates.
  [[nodiscard]] virtual std::string_view peer_identity() const = 0;
  /// Client, once open: what a later session may be made with; null when there is nothing. May be
  /// asked for once.
  [[nodiscard]] virtual std::unique_ptr<filter_memory> memory() = 0;
};

/// What a client's session is made of. Nothing it points to needs to outlive the call.
struct datagram_filter_request {
  std::string_view server_name{};  ///< what the server's certificate must bear; unused with a key
  std::string_view psk_identity{}; ///< empty: certificates
  bytes_view psk_key{};            ///< the key that goes with the identity
  const filter_memory* former = nullptr; ///< of an earlier session with that server and identity
};

/// Makes clients' ends.
class datagram_filter_factory {
public:
  virtual ~datagram_filter_factory() = default;
  virtual std::unique_ptr<datagram_filter> make(const datagram_filter_request& request) = 0;
};

/// Makes servers' ends, for strangers who have shown that they receive what is sent to them.
class datagram_filter_door {
public:
  virtual ~datagram_filter_door() = default;
  /// Takes a datagram of somebody without a session, `from` being any octets that name the place it
  /// came from. Answers null and keeps nothing of it, with a cookie in `out` where it was a hello
  /// without the right one (RFC 6347 §4.2.1); or an end whose start() is to be called next.
  virtual std::unique_ptr<datagram_filter> accept(bytes_view from, bytes_view datagram,
                                                  time_point now, datagram_batch& out) = 0;

  /// Tells hellos apart: the same number for all those of one attempt of one client, so that a
  /// repeated one can be told from that of a client that began anew; 0 for anything else.
  [[nodiscard]] virtual std::uint64_t attempt_of(bytes_view datagram) const = 0;
};

} // namespace fleet
