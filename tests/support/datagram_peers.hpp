// Simple ends of datagrams for tests on either world: each writes down what it is told. No
// protocol.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hal_sim/world/datagram_server.hpp"
#include "hal_sim/world/home.hpp"

namespace fleet::support {

/// Owns one socket, of either kind.
class datagram_recorder final : public hal::datagram_events {
public:
  void on_datagram(const hal::address& from, bytes_view bytes) override {
    received.emplace_back(as_text(bytes));
    last_from = from;
    received_at.push_back(home == nullptr ? time_point{} : home->now());
    if (when_received) {
      when_received(from, as_text(bytes));
    }
  }
  void on_trouble(hal::datagram_trouble trouble) override {
    troubles.push_back(trouble);
    if (when_troubled) {
      when_troubled();
    }
  }

  void open(hal::home& h, const hal::address& peer, std::uint64_t origin = 0,
            hal::link_kind kind = hal::link_kind::ethernet) {
    home = &h;
    hal::datagram_options options;
    options.peer = peer;
    options.kind = kind;
    options.origin = origin;
    socket = h.open_datagrams(options, *this);
  }
  /// False where it is not to be had.
  bool bind(hal::home& h, const hal::address& at) {
    home = &h;
    auto bound = h.bind_datagrams(at, *this);
    if (bound.ok()) {
      socket = std::move(bound).value();
    }
    return bound.ok();
  }
  bool say(std::string_view text) { return socket->send({}, as_bytes(text)); }

  hal::home* home = nullptr;
  hal::datagram_ptr socket;
  std::vector<std::string> received;
  std::vector<time_point> received_at;
  std::vector<hal::datagram_trouble> troubles;
  hal::address last_from;
  std::function<void(const hal::address&, std::string_view)> when_received;
  std::function<void()> when_troubled;
};

/// Owns a datagram_server and answers everything with `back: ` before it.
class datagram_host final : public hal::datagram_server_events {
public:
  bool open(hal::home& h, const hal::datagram_server_options& options) {
    auto opened = hal::datagram_server::open(h, options, *this);
    if (opened.ok()) {
      server = std::move(opened).value();
    }
    return opened.ok();
  }
  void on_peer(const hal::address& peer, std::string_view identity) override {
    identities.emplace_back(identity);
    peers.push_back(peer);
  }
  void on_datagram(const hal::address& peer, bytes_view bytes) override {
    received.emplace_back(as_text(bytes));
    const std::string answer = "back: " + received.back();
    server->send(peer, as_bytes(answer));
  }
  void on_peer_gone(const hal::address& /*peer*/, std::string_view why) override {
    gone.emplace_back(why);
  }
  void on_peer_refused(const hal::address& /*peer*/, std::string_view why) override {
    refused.emplace_back(why);
  }

  std::unique_ptr<hal::datagram_server> server;
  std::vector<std::string> identities;
  std::vector<hal::address> peers;
  std::vector<std::string> received;
  std::vector<std::string> gone;
  std::vector<std::string> refused;
};

} // namespace fleet::support
