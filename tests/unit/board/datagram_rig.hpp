// A device with a datagram link, and the server with its sessions at the other end, on the virtual
// world. For tests of both.
#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "hal_sim/board/board.hpp"
#include "hal_sim/virtual_world/virtual_world.hpp"
#include "protocol/tls/dtls_model.hpp"
#include "tests/support/datagram_peers.hpp"

namespace fleet::hal {

using namespace std::chrono_literals;

inline constexpr std::string_view identity = "dev_accept_01";
inline constexpr std::string_view key = "0123456789abcdef";

/// What a device does with its link, and the one wake it has.
class device final : public datagram_link_events, timer {
public:
  device(virtual_world& world, std::uint32_t index) : w(world), b(world.home(), index, 1) {
    b.boot(world.now());
  }
  ~device() { w.home().disarm(*this); }
  device(const device&) = delete;
  device& operator=(const device&) = delete;

  void open(const address& peer, datagram_filter_factory* security = nullptr,
            const filter_memory* former = nullptr) {
    datagram_link_options options;
    options.way.peer = peer;
    options.way.origin = b.index();
    options.security = security;
    options.request = {.server_name = "cloud",
                       .psk_identity = identity,
                       .psk_key = as_bytes(key),
                       .former = former};
    link().open(options, *this);
    rearm();
  }
  bool say(std::string_view text) {
    const bool sent = link().send(as_bytes(text));
    rearm();
    return sent;
  }
  datagram_link& link() { return b.datagrams(); }
  void rearm() { w.home().arm(*this, link().next_timeout()); }

  void on_link_open() override { ++opened; }
  void on_link_datagram(bytes_view bytes) override { received.emplace_back(as_text(bytes)); }
  void on_link_trouble(datagram_trouble trouble) override { troubles.push_back(trouble); }
  void on_link_closed(close_reason reason, std::string_view detail) override {
    closed.push_back(std::string{to_string(reason)} + ": " + std::string{detail});
  }

  void on_link_hurry() override { ++hurried; }

  virtual_world& w;
  board b;
  int opened = 0;
  int hurried = 0;
  std::vector<std::string> received;
  std::vector<datagram_trouble> troubles;
  std::vector<std::string> closed;

private:
  void on_wake(time_point now) override {
    link().handle_timeout(now);
    rearm();
  }
};

inline tls::dtls_model_options with_key() {
  tls::dtls_model_options options;
  options.key_of = [](std::string_view who) {
    return std::string{who == identity ? key : std::string_view{}};
  };
  return options;
}

struct scene {
  explicit scene(bool secure, const datagram_server_options& given = {}) {
    datagram_server_options options = given;
    options.at.ip = {127, 0, 0, 1};
    options.at.port = 5684;
    options.security = secure ? &servers : nullptr;
    options.counters = &counted;
    EXPECT_TRUE(cloud.open(w.home(), options));
    d.open(cloud.server->at(), secure ? &clients : nullptr);
  }
  /// As the home would, each time something came in: what is due moves.
  void run(duration span) {
    const time_point end = w.now() + span;
    while (w.home().step(end)) {
      d.rearm();
    }
    w.run_until(end);
  }

  virtual_world w;
  tls::modelled_dtls clients;
  tls::modelled_dtls servers{with_key()};
  datagram_door_counters counted;
  support::datagram_host cloud;
  device d{w, 5};
};

} // namespace fleet::hal
