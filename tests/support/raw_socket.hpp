// A plain blocking-free TCP socket for tests that need a peer which misbehaves as no stream would.
// Not for production code.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>
#include <string_view>
#include <utility>

#include "hal_sim/world/address.hpp"

namespace fleet::support {

inline hal::address loopback(std::uint16_t port = 0) {
  hal::address a;
  a.ip = {127, 0, 0, 1};
  a.port = port;
  return a;
}

/// Owns a non-blocking IPv4 socket.
class raw_socket {
public:
  raw_socket() : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {}
  explicit raw_socket(int fd) : fd_(fd) {}
  raw_socket(raw_socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  raw_socket& operator=(raw_socket&&) = delete;
  ~raw_socket() { close(); }

  [[nodiscard]] bool valid() const { return fd_ >= 0; }
  [[nodiscard]] int fd() const { return fd_; }

  /// Binds a free port of 127.0.0.1 and listens with room for `backlog`.
  hal::address listen(int backlog) {
    const hal::address at = bind();
    ::listen(fd_, backlog);
    return at;
  }

  /// Binds a free port of 127.0.0.1 and does not listen: connections to it are refused.
  hal::address bind() {
    sockaddr_in in = to(loopback());
    ::bind(fd_, reinterpret_cast<sockaddr*>(&in), sizeof in);
    socklen_t size = sizeof in;
    ::getsockname(fd_, reinterpret_cast<sockaddr*>(&in), &size);
    return loopback(ntohs(in.sin_port));
  }

  void connect(const hal::address& peer) {
    sockaddr_in in = to(peer);
    (void)::connect(fd_, reinterpret_cast<sockaddr*>(&in), sizeof in);
  }

  /// Invalid when nobody waits.
  raw_socket accept() { return raw_socket{::accept4(fd_, nullptr, nullptr, SOCK_NONBLOCK)}; }

  /// Octets the kernel took.
  std::size_t write(std::string_view text) {
    const ssize_t n = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
    return n < 0 ? 0 : static_cast<std::size_t>(n);
  }

  /// Appends what has arrived; false once the peer has ended or reset the connection.
  bool read(std::string& into) {
    static std::array<char, 65536> buffer;
    const ssize_t n = ::recv(fd_, buffer.data(), buffer.size(), 0);
    if (n > 0) {
      into.append(buffer.data(), static_cast<std::size_t>(n));
    }
    was_reset_ = was_reset_ || (n < 0 && errno == ECONNRESET);
    return n > 0 || (n < 0 && errno == EAGAIN);
  }
  [[nodiscard]] bool was_reset() const { return was_reset_; }

  void end_writing() { ::shutdown(fd_, SHUT_WR); }

  /// Closes with a TCP reset.
  void tear() {
    const linger none{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &none, sizeof none);
    close();
  }

  void close() {
    if (fd_ >= 0) {
      ::close(std::exchange(fd_, -1));
    }
  }

private:
  static sockaddr_in to(const hal::address& a) {
    sockaddr_in in{};
    in.sin_family = AF_INET;
    in.sin_port = htons(a.port);
    std::memcpy(&in.sin_addr, a.ip.data(), 4);
    return in;
  }

  int fd_;
  bool was_reset_ = false;
};

} // namespace fleet::support
