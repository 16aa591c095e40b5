// A connected byte stream as boards and the twin see it, in either world: bytes are appended to its
// output and leave once per turn of the home; what happens to it comes back as calls. It never
// blocks, never loses and never reorders.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "protocol/base/bytes.hpp"
#include "protocol/base/stream_filter.hpp"
#include "protocol/base/time.hpp"

namespace fleet::hal {

/// Why a stream ended or never began.
enum class close_reason : std::uint8_t {
  local,          ///< we closed it
  closed_by_peer, ///< orderly end of the peer's bytes
  reset,          ///< torn down by the peer or the network
  refused,        ///< nobody listens there
  unreachable,    ///< no route
  timed_out,      ///< no answer to the connection attempt in time
  dns_failed,     ///< the name has no address
  tls_failed,     ///< handshake or certificate; the detail names which
  exhausted       ///< this process is out of descriptors, ports or memory
};

/// The snake_case word of a reason, as metrics and reports print it.
std::string_view to_string(close_reason reason) noexcept;

/// Receives what happens to one stream, on the thread of its home. Any of these calls may drop the
/// stream_ptr: the home frees the stream after the turn.
class stream_events {
public:
  /// The stream is usable; for an encrypted one, after the handshake and the verdict.
  virtual void on_connected() = 0;
  /// Bytes arrived; the view dies with the call.
  virtual void on_received(bytes_view bytes) = 0;
  /// output() was over the high-water mark, or tell_when_sent() was called, and it has drained.
  virtual void on_drained() {}
  /// The last call for this stream. `detail` is one clear sentence or empty.
  virtual void on_closed(close_reason reason, std::string_view detail) = 0;
  /// Something arrives soon: as timer::foresee(), with steps up to 3.
  virtual void foresee(unsigned /*step*/) const noexcept {}

protected:
  ~stream_events() = default;
};

/// One stream, owned through stream_ptr.
class stream {
public:
  /// Where to append what shall be sent; flushed when the home's turn ends. Valid for this turn
  /// only: ask again in the next one.
  virtual byte_buffer& output() = 0;

  /// Octets accepted and not yet taken by the network.
  [[nodiscard]] virtual std::size_t unsent() const = 0;

  /// Asks for one on_drained() once what is unsent now, which must be something, is on its way:
  /// for who sends more than it wants to have waiting here.
  virtual void tell_when_sent() = 0;

  /// Sends what is unsent, then ends the stream; on_closed(local) follows, or on_closed(reset)
  /// where the peer tore the connection first. What arrives meanwhile is thrown away.
  virtual void close() = 0;

  /// Ends the stream at once and drops what is unsent (a TCP reset where there is such a thing);
  /// on_closed(local) follows.
  virtual void reset() = 0;

  /// Stops and resumes reading from the network: the receiver's back-pressure.
  virtual void pause_reading(bool paused) = 0;

  /// The peer's address as text, for messages to people.
  [[nodiscard]] virtual std::string peer() const = 0;

  /// Whoever will be told from now on; for hand-over after accept.
  virtual void set_events(stream_events& events) = 0;

protected:
  virtual ~stream() = default;

private:
  friend struct stream_release;
  /// The owner lets go: what is unsent goes as far as the network takes it at once, then the stream
  /// is closed and freed at the end of the turn. No event follows.
  virtual void abandon() noexcept = 0;
};

struct stream_release {
  void operator()(stream* s) const noexcept { s->abandon(); }
};

using stream_ptr = std::unique_ptr<stream, stream_release>;

/// Octets of unsent output from which on_drained() will be told.
inline constexpr std::size_t high_water_bytes = 256 * 1024;

} // namespace fleet::hal
