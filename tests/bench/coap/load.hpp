// Many CoAP clients on one bare socket, each with a source address of its own out of 127.0.0.0/8.
// Sends confirmable reports in bursts, each made before anything of it is sent, and takes their
// ACKs: the pace of this side must not be what the other one's batches depend on.
#pragma once

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <memory>
#include <string>
#include <vector>

#include "hal_sim/real_world/asked_addresses.hpp"
#include "hal_sim/real_world/socket.hpp"
#include "protocol/base/datagram_filter.hpp"
#include "protocol/base/random.hpp"
#include "protocol/coap/codec.hpp"
#include "tests/support/raw_socket.hpp"

namespace fleet::bench {

class coap_load {
public:
  static constexpr std::size_t window = 256; ///< reports of a burst
  static constexpr std::size_t batch = 32;   ///< of a system call, as a home's
  coap_load(const hal::address& server, std::size_t sessions)
      : fd_(hal::open_datagram_server(hal::address{}).value()), server_(server),
        clients_(sessions) {
    FLEET_CHECK(hal::tell_asked_address(fd_.fd(), false));
    const coap::option_view options[] = {{coap::option::uri_path, as_bytes("topic")},
                                         {coap::option::uri_path, as_bytes("a1B2c3D4e5F")},
                                         {coap::option::uri_path, as_bytes("dev_accept_01")}};
    const std::string payload(100, 'x');
    byte_buffer out;
    coap::encode({coap::message_type::confirmable, coap::code::post, 0, as_bytes("tokn"), options,
                  as_bytes(payload)},
                 out);
    report_.assign(out.view().begin(), out.view().end());
  }

  /// Sessions of DTLS for all of them, before anything is reported.
  void secure(datagram_filter_factory& factory, const datagram_filter_request& request) {
    for (std::size_t i = 0; i < clients_.size(); i += window) {
      const std::size_t end = std::min(i + window, clients_.size());
      std::size_t closed = end - i;
      for (std::size_t k = i; k < end; ++k) {
        clients_[k].filter = factory.make(request);
        (void)clients_[k].filter->start({}, out_);
        queue_all(k);
      }
      flush();
      while (closed > 0) {
        receive([&](std::size_t k, bytes_view bytes) {
          datagram_batch plain;
          const bool opened =
              clients_[k].filter->receive(bytes, {}, plain, out_) == filter_state::open;
          queue_all(k);
          closed -= opened && !std::exchange(clients_[k].open, true) ? 1 : 0;
        });
        flush();
      }
    }
  }

  /// So many reports or up to a burst more, of sessions drawn at random, each acknowledged.
  void run(std::size_t reports) {
    for (std::size_t done = 0; done < reports;) {
      for (std::size_t started = 0; started < window;) {
        const auto k = static_cast<std::size_t>(chance_.next() % clients_.size());
        if (!clients_[k].waiting) {
          report(k);
          ++started;
        }
      }
      flush();
      for (const std::size_t burst = done + window; done < burst;) {
        receive([&](std::size_t k, bytes_view bytes) { done += acknowledged(k, bytes) ? 1 : 0; });
      }
    }
  }

private:
  struct client {
    std::unique_ptr<datagram_filter> filter;
    std::uint16_t id = 0;
    bool waiting = false;
    bool open = false;
  };
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

  void report(std::size_t k) {
    client& c = clients_[k];
    c.waiting = true;
    coap::set_id(report_, ++c.id);
    if (c.filter == nullptr) {
      queue(k, report_);
    } else {
      FLEET_CHECK(c.filter->send(report_, out_));
      queue_all(k);
    }
  }
  bool acknowledged(std::size_t k, bytes_view bytes) {
    client& c = clients_[k];
    datagram_batch plain;
    if (c.filter != nullptr) {
      (void)c.filter->receive(bytes, {}, plain, out_);
      FLEET_CHECK(plain.size() == 1);
      bytes = plain[0];
    }
    coap::message_view m;
    FLEET_CHECK(!coap::decode(bytes, coap::message_default, m));
    FLEET_CHECK(m.code == coap::code::changed && m.id == c.id);
    return std::exchange(c.waiting, false);
  }

  void queue_all(std::size_t k) {
    for (std::size_t i = 0; i < out_.size(); ++i) {
      queue(k, out_[i]);
    }
    out_.clear();
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

  support::raw_socket fd_;
  hal::address server_;
  std::vector<client> clients_;
  std::vector<std::uint8_t> report_;
  std::vector<slot> sending_ = std::vector<slot>(window);
  std::array<slot, batch> receiving_{};
  std::array<mmsghdr, window> messages_{};
  std::size_t queued_ = 0;
  datagram_batch out_;
  random_stream chance_{7, 1, "load"};
};

} // namespace fleet::bench
