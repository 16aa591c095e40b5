// What the kernel's part of a CoAP server costs: the same socket and system calls as a home's, and
// an ACK for whatever comes, made of its header. Keeps nothing of anybody. Nothing of the program.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <thread>

#include "hal_sim/real_world/socket.hpp"
#include "hal_sim/world/home.hpp"
#include "protocol/base/check.hpp"
#include "protocol/coap/types.hpp"
#include "tests/bench/coap/thread_cpu.hpp"
#include "tests/support/raw_socket.hpp"

namespace fleet::bench {

class bare_house {
public:
  bare_house() : fd_(hal::open_datagram_server(support::loopback()).value()) {
    hal::socket_address own;
    own.size = sizeof own.raw;
    FLEET_CHECK(::getsockname(fd_.fd(), own.get(), &own.size) == 0);
    at_ = hal::from_socket(own.raw);
    thread_ = std::thread{[this] {
      while (!stop_) {
        pollfd waiting{fd_.fd(), POLLIN, 0};
        if (::poll(&waiting, 1, 100) == 1) {
          while (answer_some()) {
          }
        }
      }
    }};
  }
  ~bare_house() {
    stop_ = true;
    thread_.join();
  }
  bare_house(const bare_house&) = delete;
  bare_house& operator=(const bare_house&) = delete;

  [[nodiscard]] const hal::address& at() const noexcept { return at_; }
  [[nodiscard]] std::uint64_t served() const noexcept { return served_; }
  [[nodiscard]] double cpu_ns() { return cpu_ns_of(thread_); }

private:
  static constexpr std::size_t batch = 32; ///< of a system call, as a home's
  struct slot {
    std::array<std::uint8_t, 2048> octets;
    iovec part;
    hal::socket_address peer;
  };

  bool answer_some() {
    for (std::size_t i = 0; i < batch; ++i) {
      slot& s = slots_[i];
      s.part = {s.octets.data(), s.octets.size()};
      s.peer.size = sizeof s.peer.raw;
      msghdr& m = messages_[i].msg_hdr;
      m = {};
      m.msg_iov = &s.part;
      m.msg_iovlen = 1;
      m.msg_name = s.peer.get();
      m.msg_namelen = s.peer.size;
    }
    const int got = ::recvmmsg(fd_.fd(), messages_.data(), batch, MSG_DONTWAIT, nullptr);
    if (got <= 0) {
      return false;
    }
    for (std::size_t i = 0; i < static_cast<std::size_t>(got); ++i) {
      slot& s = slots_[i];
      const std::size_t token = s.octets[0] & 0x0fU;
      s.octets[0] = static_cast<std::uint8_t>(0x60U | token);
      s.octets[1] = static_cast<std::uint8_t>(coap::code::changed);
      s.part.iov_len = 4 + token;
    }
    for (int sent = 0; sent < got;) {
      const int more = ::sendmmsg(fd_.fd(), &messages_[static_cast<std::size_t>(sent)],
                                  static_cast<unsigned>(got - sent), MSG_NOSIGNAL);
      FLEET_CHECK(more > 0 || errno == EAGAIN);
      sent += std::max(more, 0);
    }
    hal::bump(served_, static_cast<std::uint64_t>(got));
    return true;
  }

  support::raw_socket fd_;
  hal::address at_;
  std::array<slot, batch> slots_{};
  std::array<mmsghdr, batch> messages_{};
  std::atomic<std::uint64_t> served_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

} // namespace fleet::bench
