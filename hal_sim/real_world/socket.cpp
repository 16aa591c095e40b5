// Addresses, opening and errnos of sockets.
#include "hal_sim/real_world/socket.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

namespace fleet::hal {

namespace {

/// The kernel cuts it to net.core.somaxconn.
constexpr int backlog = 4096;

/// The octets before an IPv4 address mapped into IPv6 (RFC 4291, 2.5.5.2).
constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

void turn_on(int fd, int level, int option) noexcept {
  const int on = 1;
  // An option the kernel lacks costs speed, not correctness.
  (void)::setsockopt(fd, level, option, &on, sizeof on);
}

void turn_off(int fd, int level, int option) noexcept {
  const int off = 0;
  (void)::setsockopt(fd, level, option, &off, sizeof off); // kernels before 4.20 lack one
}

result<int, int> give_up(int fd) {
  const int error = errno;
  ::close(fd);
  return fail(error);
}

} // namespace

socket_address to_socket(const address& from) noexcept {
  socket_address out;
  if (from.v6) {
    sockaddr_in6 in{};
    in.sin6_family = AF_INET6;
    in.sin6_port = htons(from.port);
    std::memcpy(&in.sin6_addr, from.ip.data(), 16);
    std::memcpy(&out.raw, &in, sizeof in);
    out.size = sizeof in;
  } else {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(from.port);
    std::memcpy(&in.sin_addr, from.ip.data(), 4);
    std::memcpy(&out.raw, &in, sizeof in);
    out.size = sizeof in;
  }
  return out;
}

address from_socket(const sockaddr_storage& raw) noexcept {
  address out;
  if (raw.ss_family == AF_INET6) {
    sockaddr_in6 in{};
    std::memcpy(&in, &raw, sizeof in);
    out.v6 = true;
    out.port = ntohs(in.sin6_port);
    std::memcpy(out.ip.data(), &in.sin6_addr, 16);
    if (std::equal(mapped.begin(), mapped.end(), out.ip.begin())) {
      out.v6 = false;
      std::copy(out.ip.begin() + 12, out.ip.end(), out.ip.begin());
      std::fill(out.ip.begin() + 4, out.ip.end(), std::uint8_t{0});
    }
  } else {
    sockaddr_in in{};
    std::memcpy(&in, &raw, sizeof in);
    out.port = ntohs(in.sin_port);
    std::memcpy(out.ip.data(), &in.sin_addr, 4);
  }
  return out;
}

bool exhausted(int error) noexcept {
  return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
}

ending ending_of(int error, const address& peer) {
  switch (error) {
    case ECONNREFUSED: return {close_reason::refused, "nobody listens at " + peer.text()};
    case ECONNRESET:
    case EPIPE:
    case ECONNABORTED:
      return {close_reason::reset, "the connection with " + peer.text() + " was reset"};
    case ETIMEDOUT: return {close_reason::timed_out, peer.text() + " no longer answers"};
    case EMFILE:
      return {close_reason::exhausted,
              "out of file descriptors in this process: raise its limit (ulimit -n)"};
    case ENFILE:
      return {close_reason::exhausted, "out of file descriptors on this machine (fs.file-max)"};
    case ENOMEM:
    case ENOBUFS:
    case ENOSPC: return {close_reason::exhausted, "the kernel is out of memory for sockets"};
    case EADDRNOTAVAIL:
    case EADDRINUSE:
    case EAGAIN:
      return {close_reason::exhausted,
              "out of local ports towards " + peer.text() + ": give more source addresses"};
    default:
      return {close_reason::unreachable,
              "no way to " + peer.text() + ": " + ::strerrordesc_np(error)};
  }
}

listen_error listen_error_of(int error) noexcept {
  switch (error) {
    case EADDRINUSE: return listen_error::in_use;
    case EACCES:
    case EPERM: return listen_error::not_permitted;
    case EMFILE:
    case ENFILE:
    case ENOMEM:
    case ENOBUFS:
    case ENOSPC: return listen_error::exhausted;
    default: return listen_error::bad_address;
  }
}

bool can_reach(const address& source, const address& peer) noexcept {
  return source.v6 == peer.v6 && source.loopback() == peer.loopback();
}

int source_trouble(const address& source) noexcept {
  const int fd = ::socket(source.v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd < 0) {
    return errno;
  }
  socket_address from = to_socket(source);
  const int error = ::bind(fd, from.get(), from.size) == 0 ? 0 : errno;
  ::close(fd);
  return error;
}

result<int, ending> open_towards(const address& peer, const address* source) {
  const int fd = ::socket(peer.v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                          IPPROTO_TCP);
  if (fd < 0) {
    return fail(ending_of(errno, peer));
  }
  send_at_once(fd);
  if (source != nullptr) {
    // The port is chosen at connect, where the whole four-tuple counts and not the address alone.
    turn_on(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
    socket_address from = to_socket(*source);
    if (::bind(fd, from.get(), from.size) != 0) {
      const int error = errno;
      ::close(fd);
      return fail(ending{close_reason::unreachable, "cannot connect from " + source->text() + ": "
                                                        + ::strerrordesc_np(error)});
    }
  }
  socket_address to = to_socket(peer);
  if (::connect(fd, to.get(), to.size) != 0 && errno != EINPROGRESS) {
    const int error = errno;
    ::close(fd);
    return fail(ending_of(error, peer));
  }
  return fd;
}

result<int, int> open_listener(address& at) {
  const int fd =
      ::socket(at.v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP);
  if (fd < 0) {
    return fail(std::exchange(errno, 0));
  }
  turn_on(fd, SOL_SOCKET, SO_REUSEADDR);
  socket_address where = to_socket(at);
  if (::bind(fd, where.get(), where.size) != 0 || ::listen(fd, backlog) != 0) {
    return give_up(fd);
  }
  socket_address chosen;
  chosen.size = sizeof chosen.raw;
  if (::getsockname(fd, chosen.get(), &chosen.size) != 0) {
    return give_up(fd);
  }
  at.port = from_socket(chosen.raw).port;
  return fd;
}

result<int, int> again(int fd) {
  const int more = ::fcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (more < 0) {
    return fail(std::exchange(errno, 0));
  }
  return more;
}

result<int, int> open_datagrams_towards(const address& peer, const address* source) {
  const int fd = ::socket(peer.v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
                          IPPROTO_UDP);
  if (fd < 0) {
    return fail(std::exchange(errno, 0));
  }
  if (source != nullptr) {
    socket_address from = to_socket(*source);
    if (::bind(fd, from.get(), from.size) != 0) {
      return give_up(fd);
    }
  }
  // Connected, so that the kernel tells of refusals and keeps strangers' datagrams away.
  socket_address to = to_socket(peer);
  if (::connect(fd, to.get(), to.size) != 0) {
    return give_up(fd);
  }
  return fd;
}

result<int, int> open_datagram_server(const address& at) {
  const int fd =
      ::socket(at.v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_UDP);
  if (fd < 0) {
    return fail(std::exchange(errno, 0));
  }
  // For all its peers; the kernel cuts it to net.core.rmem_max and wmem_max.
  const int buffer = 4 * 1024 * 1024;
  (void)::setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
  (void)::setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
  // Whoever answers a question to a group gives more than it got to whoever forged its sender: it
  // is not to be answered unless one has joined (RFC 7252 §8.1, §11.3). A socket at all addresses
  // would hear of the groups that its host is in, whether it joined or not.
  turn_off(fd, IPPROTO_IP, IP_MULTICAST_ALL); // of a dual-stack socket too
  if (at.v6) {
    turn_off(fd, IPPROTO_IPV6, IPV6_MULTICAST_ALL);
  }
  socket_address where = to_socket(at);
  if (::bind(fd, where.get(), where.size) != 0) {
    return give_up(fd);
  }
  return fd;
}

void reset_on_close(int fd) noexcept {
  const linger at_once{1, 0};
  (void)::setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void send_at_once(int fd) noexcept {
  turn_on(fd, IPPROTO_TCP, TCP_NODELAY);
}

} // namespace fleet::hal
