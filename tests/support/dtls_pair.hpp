// A client and a server of DTLS joined by a way that loses, repeats and reorders, on a clock that
// the test owns. Works for real sessions and for modelled ones. No sockets.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/datagram_filter.hpp"
#include "protocol/base/random.hpp"
#include "protocol/tls/dtls.hpp"
#include "tests/support/tls_pair.hpp"

namespace fleet::test {

inline constexpr std::string_view dtls_key = "0123456789abcdef";
inline constexpr std::string_view dtls_identity =
    "dev_accept_01|hmacsha256|a1B2c3D4e5F&dev_accept_01";

inline tls::dtls_client_options trusting_dtls_client() {
  tls::dtls_client_options options;
  options.ca_pem = test_authority().certificate_pem();
  options.unix_time = [] { return tls_now; };
  return options;
}

/// Certificates as usual_server(), and one key.
inline tls::dtls_server_options usual_dtls_server() {
  const tls::server_options usual = usual_server();
  tls::dtls_server_options options;
  options.identity = usual.identity;
  options.cheap_identity = usual.cheap_identity;
  options.key_of = [](std::string_view who) {
    return std::string{who == dtls_identity ? dtls_key : std::string_view{}};
  };
  return options;
}

inline std::unique_ptr<tls::dtls_client_context>
make_dtls_client(const tls::dtls_client_options& options) {
  return std::move(tls::dtls_client_context::create(options)).value();
}
inline std::unique_ptr<tls::dtls_server_context>
make_dtls_server(const tls::dtls_server_options& options) {
  return std::move(tls::dtls_server_context::create(options)).value();
}

inline datagram_filter_request by_certificate(const filter_memory* former = nullptr) {
  return {.server_name = tls_host, .psk_identity = {}, .psk_key = {}, .former = former};
}
inline datagram_filter_request by_key(const filter_memory* former = nullptr) {
  return {.server_name = tls_host,
          .psk_identity = dtls_identity,
          .psk_key = as_bytes(dtls_key),
          .former = former};
}

/// What the way does to datagrams, in parts of a million.
struct dtls_weather {
  std::uint32_t loss_ppm = 0;
  std::uint32_t twice_ppm = 0;
  duration latency = std::chrono::milliseconds{10};
  duration jitter{}; ///< uniform, on top: what reorders
  std::uint64_t seed = 1;
  time_point begins{};
};

class dtls_pair {
public:
  dtls_pair(datagram_filter_factory& clients, datagram_filter_door& servers,
            const datagram_filter_request& request, const dtls_weather& weather = {})
      : client(clients.make(request)), door_(servers), weather_(weather),
        luck_(weather.seed, 0, "way") {
    now = weather.begins;
    client_state = client->start(now, out_);
    dispatch(true);
  }

  [[nodiscard]] bool open() const {
    return client_state == filter_state::open && server_state == filter_state::open;
  }
  [[nodiscard]] bool over() const {
    return client_state == filter_state::failed || client_state == filter_state::ended;
  }

  /// What happens next, if anything does up to `horizon`; false otherwise.
  bool step(time_point horizon = never) {
    const auto first =
        std::min_element(flying_.begin(), flying_.end(),
                         [](const letter& a, const letter& b) { return a.due < b.due; });
    const time_point arrival = first == flying_.end() ? never : first->due;
    const time_point of_client = client->next_timeout();
    const time_point of_server = server ? server->next_timeout() : never;
    const time_point next = std::min({arrival, of_client, of_server});
    if (next == never || next > horizon) {
      return false;
    }
    now = std::max(now, next);
    if (next == arrival) {
      const letter taken = std::move(*first);
      flying_.erase(first);
      taken.up ? at_the_server(as_bytes(taken.octets)) : at_the_client(as_bytes(taken.octets));
    } else if (next == of_client) {
      client_state = client->handle_timeout(now, out_);
      dispatch(true);
    } else {
      server_state = server->handle_timeout(now, out_);
      dispatch(false);
    }
    return true;
  }

  /// Goes on until nothing is left to happen, or `done`.
  void run(const std::function<bool()>& done = [] { return false; }) {
    while (!done() && step()) {
    }
  }

  bool say_up(std::string_view text) {
    const bool sent = client->send(as_bytes(text), out_);
    dispatch(true);
    return sent;
  }
  bool say_down(std::string_view text) {
    const bool sent = server->send(as_bytes(text), out_);
    dispatch(false);
    return sent;
  }
  void close_client() {
    client->close(out_);
    dispatch(true);
  }

  void at_the_server(bytes_view datagram) {
    plain_.clear();
    if (!server) {
      server = door_.accept(as_bytes("here"), datagram, now, out_);
      if (server) {
        server_state = server->start(now, out_);
      }
    } else {
      server_state = server->receive(datagram, now, plain_, out_);
    }
    keep(at_server);
    dispatch(false);
  }
  void at_the_client(bytes_view datagram) {
    plain_.clear();
    client_state = client->receive(datagram, now, plain_, out_);
    keep(at_client);
    dispatch(true);
  }

  time_point now{};
  std::unique_ptr<datagram_filter> client;
  std::unique_ptr<datagram_filter> server;
  filter_state client_state = filter_state::handshaking;
  filter_state server_state = filter_state::handshaking;
  std::vector<std::string> at_client; ///< decrypted there
  std::vector<std::string> at_server;
  std::vector<std::string> sent_up; ///< every datagram, lost ones too
  std::vector<std::string> sent_down;
  /// Which to lose beside the weather's: asked with the direction and its number from 0.
  std::function<bool(bool up, std::size_t number)> lose = [](bool, std::size_t) { return false; };

private:
  struct letter {
    time_point due;
    bool up = false;
    std::string octets;
  };

  void keep(std::vector<std::string>& into) {
    for (std::size_t i = 0; i < plain_.size(); ++i) {
      into.emplace_back(as_text(plain_[i]));
    }
  }

  void dispatch(bool up) {
    std::vector<std::string>& sent = up ? sent_up : sent_down;
    for (std::size_t i = 0; i < out_.size(); ++i) {
      const std::string octets{as_text(out_[i])};
      const bool lost = luck_.chance_ppm(weather_.loss_ppm) || lose(up, sent.size());
      sent.push_back(octets);
      const int copies = lost ? 0 : luck_.chance_ppm(weather_.twice_ppm) ? 2 : 1;
      for (int c = 0; c < copies; ++c) {
        const duration late = luck_.between(duration::zero(), weather_.jitter);
        flying_.push_back({now + weather_.latency + late, up, octets});
      }
    }
    out_.clear();
  }

  datagram_filter_door& door_;
  dtls_weather weather_;
  random_stream luck_;
  std::vector<letter> flying_;
  datagram_batch out_;
  datagram_batch plain_;
};

} // namespace fleet::test
