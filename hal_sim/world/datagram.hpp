// Datagrams as boards and the twin see them, in either world: each goes and comes whole or not at
// all, perhaps late, perhaps twice. What a turn of the home sends leaves when the turn ends. No
// connection, no repeats, no encryption: those are a datagram_filter's and the owner's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "hal_sim/world/address.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/base/datagrams.hpp"

namespace fleet::hal {

enum class link_kind : std::uint8_t;

/// What befell a socket or something that was sent. Advice, not an end: the socket goes on, but for
/// `exhausted` when it was opened, after which it is deaf and mute.
enum class datagram_trouble : std::uint8_t {
  refused,     ///< nobody listens there (ICMP port unreachable); clients only
  unreachable, ///< no route
  too_large,   ///< more octets than the way carries in one piece, or than datagram_bytes_max
  exhausted    ///< this process is out of descriptors, ports or memory
};

/// The snake_case word of a trouble, as metrics and reports print it.
std::string_view to_string(datagram_trouble trouble) noexcept;

/// Receives what happens to one socket, on the thread of its home. Any of these calls may drop the
/// datagram_ptr: the home frees the socket after the turn.
class datagram_events {
public:
  /// One datagram arrived, perhaps an empty one; the view dies with the call.
  virtual void on_datagram(const address& from, bytes_view bytes) = 0;
  /// Never called from within send() or while opening.
  virtual void on_trouble(datagram_trouble trouble) = 0;

protected:
  ~datagram_events() = default;
};

/// One socket, owned through datagram_ptr.
class datagram_socket {
public:
  /// Takes a datagram for `to` (a client's: its one peer, whatever is given), to be sent when the
  /// turn ends. False, and it is dropped, when it is longer than datagram_bytes_max or
  /// unsent_bytes_max octets wait already.
  virtual bool send(const address& to, bytes_view bytes) = 0;

  /// Drops what has not been sent yet.
  virtual void discard() noexcept = 0;

  /// The address it is reached at; a client's may have no port before the first turn has ended.
  [[nodiscard]] virtual address at() const = 0;

  /// Octets the network has not taken yet.
  [[nodiscard]] virtual std::size_t unsent() const = 0;

  static constexpr std::size_t unsent_bytes_max = 1024 * 1024;

protected:
  virtual ~datagram_socket() = default;

private:
  friend struct datagram_release;
  /// The owner lets go: what is unsent goes as far as the network takes it at once. No event
  /// follows.
  virtual void abandon() noexcept = 0;
};

struct datagram_release {
  void operator()(datagram_socket* s) const noexcept { s->abandon(); }
};

using datagram_ptr = std::unique_ptr<datagram_socket, datagram_release>;

/// A client's socket, for one peer: hears nobody else.
struct datagram_options {
  address peer{};
  link_kind kind{};
  std::uint64_t origin = 0; ///< the device's index: picks its source address and its substreams
};

} // namespace fleet::hal
