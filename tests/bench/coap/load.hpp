// Many CoAP devices on one bare socket, each with a source address of its own out of 127.0.0.0/8.
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
#include "protocol/alink/post_logon.hpp"
#include "protocol/base/datagram_filter.hpp"
#include "protocol/base/random.hpp"
#include "protocol/coap/codec.hpp"
#include "protocol/ledger/ledger.hpp"
#include "tests/support/raw_socket.hpp"

namespace fleet::bench {

class coap_load {
public:
  static constexpr std::size_t window = 256; ///< reports of a burst, at most
  static constexpr std::size_t batch = 32;   ///< of a system call, as a home's
  coap_load(const hal::address& server, const alink::credential_source& source,
            std::size_t sessions)
      : fd_(hal::open_datagram_server(hal::address{}).value()), server_(server), source_(source),
        clients_(sessions) {
    FLEET_CHECK(hal::tell_asked_address(fd_.fd(), false));
  }

  /// Sessions of DTLS for all of them, each by its own key, before anything is said.
  void secure(datagram_filter_factory& factory) {
    constexpr auto method = alink::sign_method::hmacsha256;
    for (std::size_t i = 0; i < clients_.size(); i += window) {
      const std::size_t end = std::min(i + window, clients_.size());
      std::size_t closed = end - i;
      for (std::size_t k = i; k < end; ++k) {
        const auto who = source_.at(static_cast<std::uint32_t>(k));
        const auto identity = alink::make_psk_identity(who, method, "1");
        const auto key = alink::make_psk_key(who, method, "1");
        clients_[k].filter = factory.make({.server_name = {},
                                           .psk_identity = identity,
                                           .psk_key = as_bytes(key),
                                           .former = nullptr});
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

  /// All of them get their tokens (aliyun-iot.md §17.2).
  void log_on() {
    for (std::size_t i = 0; i < clients_.size(); i += window) {
      const std::size_t end = std::min(i + window, clients_.size());
      for (std::size_t k = i; k < end; ++k) {
        byte_buffer body;
        alink::append_coap_logon(body, source_.at(static_cast<std::uint32_t>(k)), {});
        say(k, "auth", body.view());
      }
      flush();
      for (std::size_t left = end - i; left > 0;) {
        receive([&](std::size_t k, bytes_view bytes) {
          left -= answered(k, bytes, [&](const coap::message_view& m) {
            clients_[k].token = alink::read_coap_grant(json_, m.payload).value().token;
          });
        });
      }
    }
  }

  /// So many reports or up to a burst more, of sessions drawn at random, each acknowledged; bursts
  /// of `burst`, up to `window`.
  void run(std::size_t reports, std::size_t burst = window) {
    for (std::size_t done = 0; done < reports;) {
      for (std::size_t started = 0; started < burst;) {
        const auto k = static_cast<std::size_t>(chance_.next() % clients_.size());
        if (!clients_[k].waiting) {
          report(k);
          ++started;
        }
      }
      flush();
      for (const std::size_t end = done + burst; done < end;) {
        receive([&](std::size_t k, bytes_view bytes) {
          done += answered(k, bytes, [](const coap::message_view&) {});
        });
      }
    }
  }

  [[nodiscard]] std::size_t sessions() const noexcept { return clients_.size(); }
  /// Reports of one of them, all acknowledged.
  [[nodiscard]] std::uint32_t reported(std::size_t k) const noexcept {
    return clients_[k].sequence;
  }

private:
  struct client {
    std::unique_ptr<datagram_filter> filter;
    std::string token;
    std::uint32_t sequence = 0; ///< of its last tag
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

  /// A property post with a tag of the ledger.
  void report(std::size_t k) {
    client& c = clients_[k];
    const auto device = static_cast<std::uint32_t>(k);
    const auto who = source_.at(device);
    byte_buffer body;
    body.append(std::string_view{R"({"id":"1","version":"1.0","params":{"t":")"});
    const auto tag = ledger::append_tag(body, {device, 1, ++c.sequence});
    body.append(std::string_view{R"("},"method":"thing.event.property.post"})"});
    ledger::seal({&body[0], body.size()}, tag);
    say(k, "topic/sys/" + who.product_key + "/" + who.device_name + "/thing/event/property/post",
        body.view());
  }
  void say(std::size_t k, std::string_view path, bytes_view body) {
    client& c = clients_[k];
    c.waiting = true;
    coap::option_list options;
    while (!path.empty()) {
      const auto level = path.substr(0, path.find('/'));
      options.add(coap::option::uri_path, as_bytes(level));
      path.remove_prefix(std::min(path.size(), level.size() + 1));
    }
    options.add_uint(coap::option::content_format, coap::content_format::json);
    if (!c.token.empty()) {
      options.add(alink::coap_option_token, as_bytes(c.token));
    }
    byte_buffer out;
    coap::encode({coap::message_type::confirmable, coap::code::post, ++c.id, as_bytes("tokn"),
                  options.view(), body},
                 out);
    if (c.filter == nullptr) {
      queue(k, out.view());
    } else {
      FLEET_CHECK(c.filter->send(out.view(), out_));
      queue_all(k);
    }
  }
  /// Hands the answer on; how many were awaited.
  template <class Take>
  std::size_t answered(std::size_t k, bytes_view bytes, Take take) {
    client& c = clients_[k];
    datagram_batch plain;
    if (c.filter != nullptr) {
      (void)c.filter->receive(bytes, {}, plain, out_);
      FLEET_CHECK(plain.size() == 1);
      bytes = plain[0];
    }
    coap::message_view m;
    FLEET_CHECK(!coap::decode(bytes, coap::message_default, m));
    FLEET_CHECK(coap::is_success(m.code) && m.id == c.id);
    take(m);
    return std::exchange(c.waiting, false) ? 1 : 0;
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
  const alink::credential_source& source_;
  std::vector<client> clients_;
  json_reader json_;
  std::vector<slot> sending_ = std::vector<slot>(window);
  std::array<slot, batch> receiving_{};
  std::array<mmsghdr, window> messages_{};
  std::size_t queued_ = 0;
  datagram_batch out_;
  random_stream chance_{7, 1, "load"};
};

} // namespace fleet::bench
