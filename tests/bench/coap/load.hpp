// Many CoAP devices on one wire. Sends confirmable reports in bursts, each made before anything of
// it is sent, and takes their ACKs: the pace of this side must not be what the other one's batches
// depend on.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "protocol/alink/post_logon.hpp"
#include "protocol/base/check.hpp"
#include "protocol/base/datagram_filter.hpp"
#include "protocol/base/random.hpp"
#include "protocol/coap/codec.hpp"
#include "protocol/ledger/ledger.hpp"
#include "tests/bench/coap/crowd_wire.hpp"

namespace fleet::bench {

class coap_load {
public:
  static constexpr std::size_t window = crowd_wire::window; ///< reports of a burst, at most
  coap_load(const hal::address& server, const alink::credential_source& source,
            std::size_t sessions)
      : wire_(server), source_(source), clients_(sessions) {}

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
      wire_.flush();
      while (closed > 0) {
        wire_.receive([&](std::size_t k, bytes_view bytes) {
          datagram_batch plain;
          const bool opened =
              clients_[k].filter->receive(bytes, {}, plain, out_) == filter_state::open;
          queue_all(k);
          closed -= opened && !std::exchange(clients_[k].open, true) ? 1 : 0;
        });
        wire_.flush();
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
      wire_.flush();
      for (std::size_t left = end - i; left > 0;) {
        wire_.receive([&](std::size_t k, bytes_view bytes) {
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
      wire_.flush();
      for (const std::size_t end = done + burst; done < end;) {
        wire_.receive([&](std::size_t k, bytes_view bytes) {
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
      wire_.queue(k, out.view());
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
      wire_.queue(k, out_[i]);
    }
    out_.clear();
  }
  crowd_wire wire_;
  const alink::credential_source& source_;
  std::vector<client> clients_;
  json_reader json_;
  datagram_batch out_;
  random_stream chance_{7, 1, "load"};
};

} // namespace fleet::bench
