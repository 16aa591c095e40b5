// Thin words around the kernel's sockets: addresses to and fro, opening, and what an errno means to
// a stream. No state, no events.
#pragma once

#include <sys/socket.h>

#include <string>

#include "hal_sim/world/address.hpp"
#include "hal_sim/world/home.hpp"
#include "hal_sim/world/stream.hpp"
#include "protocol/base/result.hpp"

namespace fleet::hal {

/// An address as the kernel wants it.
struct socket_address {
  sockaddr_storage raw{};
  socklen_t size = 0;

  [[nodiscard]] sockaddr* get() noexcept { return reinterpret_cast<sockaddr*>(&raw); }
};

socket_address to_socket(const address& from) noexcept;

/// An IPv4 address mapped into IPv6 comes back as IPv4.
address from_socket(const sockaddr_storage& raw) noexcept;

/// Why a stream ends, with one sentence for people.
struct ending {
  close_reason reason = close_reason::local;
  std::string detail;
};

/// What `error` (an errno of socket, bind, connect, send or recv) means for a stream to `peer`.
ending ending_of(int error, const address& peer);

/// What `error` (an errno of socket, bind or listen) means for a listener.
listen_error listen_error_of(int error) noexcept;

/// Whether `error` says that the process or the machine ran out of something.
bool exhausted(int error) noexcept;

/// Whether a stream to `peer` may come from `source`: one family, and both on loopback or neither.
bool can_reach(const address& source, const address& peer) noexcept;

/// The errno that keeps streams from coming from `source`, or 0: it is an address of this machine.
int source_trouble(const address& source) noexcept;

/// A non-blocking socket that has begun to connect to `peer`, from `source` unless null.
result<int, ending> open_towards(const address& peer, const address* source);

/// A non-blocking listening socket at `at`, whose port becomes the chosen one. Fails with the
/// errno.
result<int, int> open_listener(address& at);

/// The same open socket once more. Fails with the errno.
result<int, int> again(int fd);

/// A non-blocking UDP socket for `peer` alone, from `source` unless null. Fails with the errno.
result<int, int> open_datagrams_towards(const address& peer, const address* source);

/// A non-blocking UDP socket at `at` for any peer. Fails with the errno.
result<int, int> open_datagram_server(const address& at);

/// Makes close(2) answer the peer with a reset and drop what was not sent (SO_LINGER of zero).
void reset_on_close(int fd) noexcept;

/// Sends small writes at once (TCP_NODELAY): a home gathers by itself.
void send_at_once(int fd) noexcept;

} // namespace fleet::hal
