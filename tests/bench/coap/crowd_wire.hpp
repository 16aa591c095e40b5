// One bare socket of very many clients, each with a source address of its own out of 127.0.0.0/8,
// many datagrams a system call. Knows no protocol.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <vector>

#include "hal_sim/real_world/asked_addresses.hpp"
#include "hal_sim/real_world/socket.hpp"
#include "protocol/base/check.hpp"
#include "tests/support/raw_socket.hpp"

namespace fleet::bench {

class crowd_wire {
public:
  static constexpr std::size_t window = 256; ///< datagrams that are gathered, at most
  static constexpr std::size_t batch = 32;   ///< of a system call, as a home's
  explicit crowd_wire(const hal::address& server)
      : fd_(hal::open_datagram_server(hal::address{}).value()), server_(server) {
    FLEET_CHECK(hal::tell_asked_address(fd_.fd(), false));
  }

  void queue(std::size_t k, bytes_view bytes) {
    if (queued_ == window) {
      flush();
    }
    slot& s = sending_[queued_];
    std::copy(bytes.begin(), bytes.end(), s.octets.begin());
    s.part = {s.octets.data(), bytes.size()};
    s.peer = hal::to_socket(server_);
    msghdr& m = messages_[queued_++].msg_hdr;
    m = {};
    m.msg_iov = &s.part;
    m.msg_iovlen = 1;
    m.msg_name = s.peer.get();
    m.msg_namelen = s.peer.size;
    hal::answer_from(source(k), m, s.control);
  }
  void flush() {
    for (std::size_t from = 0; from < queued_;) {
      const auto left = static_cast<unsigned>(std::min(queued_ - from, batch));
      const int sent = ::sendmmsg(fd_.fd(), &messages_[from], left, 0);
      FLEET_CHECK(sent > 0 || errno == EAGAIN);
      from += sent > 0 ? static_cast<std::size_t>(sent) : 0;
    }
    queued_ = 0;
  }
  /// Waits for the first; the program fails when nothing comes for a minute.
  template <class Take>
  void receive(Take take) {
    pollfd waiting{fd_.fd(), POLLIN, 0};
    FLEET_CHECK(::poll(&waiting, 1, 60'000) == 1);
    std::array<mmsghdr, batch> got{};
    for (std::size_t i = 0; i < batch; ++i) {
      slot& s = receiving_[i];
      s.part = {s.octets.data(), s.octets.size()};
      got[i].msg_hdr.msg_iov = &s.part;
      got[i].msg_hdr.msg_iovlen = 1;
      got[i].msg_hdr.msg_control = s.control.room.data();
      got[i].msg_hdr.msg_controllen = s.control.room.size();
    }
    const int count = ::recvmmsg(fd_.fd(), got.data(), batch, MSG_DONTWAIT, nullptr);
    for (std::size_t i = 0; count > 0 && i < static_cast<std::size_t>(count); ++i) {
      take(client_at(*hal::asked_address(got[i].msg_hdr)),
           bytes_view{receiving_[i].octets.data(), got[i].msg_len});
    }
  }

private:
  struct slot {
    std::array<std::uint8_t, 2048> octets;
    iovec part;
    hal::socket_address peer;
    hal::control_octets control;
  };

  /// 127.16.0.0 and on.
  static hal::address source(std::size_t k) {
    auto a = support::loopback();
    a.ip[1] = static_cast<std::uint8_t>(16 + (k >> 16));
    a.ip[2] = static_cast<std::uint8_t>(k >> 8 & 0xff);
    a.ip[3] = static_cast<std::uint8_t>(k & 0xff);
    return a;
  }
  static std::size_t client_at(const hal::address& a) {
    return static_cast<std::size_t>(a.ip[1] - 16) << 16 | static_cast<std::size_t>(a.ip[2]) << 8
           | a.ip[3];
  }

  support::raw_socket fd_;
  hal::address server_;
  std::vector<slot> sending_ = std::vector<slot>(window);
  std::array<slot, batch> receiving_{};
  std::array<mmsghdr, window> messages_{};
  std::size_t queued_ = 0;
};

} // namespace fleet::bench
