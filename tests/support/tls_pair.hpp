// A certificate authority for tests, ready-made contexts, and a client and a server session joined
// by two buffers. No sockets. Keys are made once a process.
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/check.hpp"
#include "protocol/tls/authority.hpp"
#include "protocol/tls/client.hpp"
#include "protocol/tls/server.hpp"

namespace fleet::test {

/// The moment at which every certificate of this header is judged: 2027-01-15.
inline constexpr std::int64_t tls_now = 1'800'000'000;
inline constexpr tls::validity tls_years{tls_now - 365L * 86400, tls_now + 365L * 86400};
inline constexpr std::string_view tls_host = "broker.example";

inline const tls::authority& test_authority() {
  static const tls::authority made =
      std::move(tls::authority::make("fleet test authority", tls_years)).value();
  return made;
}

/// A certificate of test_authority() for tls_host, `*.wild.example`, 127.0.0.1 and ::1.
inline tls::key_pair test_certificate(tls::key_kind kind, tls::flaw spoiled_by = tls::flaw::none) {
  tls::leaf_request request;
  request.names = {std::string{tls_host}, "*.wild.example", "127.0.0.1", "::1"};
  request.valid = tls_years;
  request.key = kind;
  request.spoiled_by = spoiled_by;
  return test_authority().issue(request).value();
}

inline tls::client_options trusting_client() {
  tls::client_options options;
  options.ca_pem = test_authority().certificate_pem();
  options.unix_time = [] { return tls_now; };
  return options;
}

inline tls::server_options usual_server() {
  static const tls::key_pair rsa = test_certificate(tls::key_kind::rsa2048);
  static const tls::key_pair p256 = test_certificate(tls::key_kind::p256);
  tls::server_options options;
  options.identity = rsa;
  options.cheap_identity = p256;
  return options;
}

inline std::unique_ptr<tls::client_context> make_client(const tls::client_options& options) {
  return std::move(tls::client_context::create(options)).value();
}
inline std::unique_ptr<tls::server_context> make_server(const tls::server_options& options) {
  return std::move(tls::server_context::create(options)).value();
}

/// Octets on their way from one session to the other.
struct tls_wire {
  byte_buffer waiting;
  std::size_t carried = 0;
  byte_buffer all; ///< everything ever carried

  /// Gives `to` the next `chunk` octets at most.
  filter_state carry(stream_filter& to, std::size_t chunk, byte_buffer& plain,
                     byte_buffer& answer) {
    const std::vector<std::uint8_t> piece(
        waiting.view().begin(),
        waiting.view().begin() + static_cast<std::ptrdiff_t>(std::min(chunk, waiting.size())));
    waiting.consume(piece.size());
    carried += piece.size();
    all.append(piece);
    return to.receive(piece, plain, answer);
  }
};

/// A client and a server talking.
struct tls_pair {
  std::unique_ptr<stream_filter> client;
  std::unique_ptr<stream_filter> server;
  tls_wire up;
  tls_wire down;
  byte_buffer at_client; ///< decrypted there
  byte_buffer at_server;
  filter_state client_state = filter_state::handshaking;
  filter_state server_state = filter_state::handshaking;

  tls_pair(stream_filter_factory& clients, stream_filter_factory& servers,
           std::string_view name = tls_host)
      : tls_pair(clients.make(name), servers) {}
  tls_pair(std::unique_ptr<stream_filter> from, stream_filter_factory& servers)
      : client(std::move(from)), server(servers.make({})) {
    client_state = client->start(up.waiting);
    server_state = server->start(down.waiting);
  }

  /// One delivery each way; false when nothing was waiting.
  bool step(std::size_t chunk = SIZE_MAX) {
    if (up.waiting.empty() && down.waiting.empty()) {
      return false;
    }
    if (!up.waiting.empty()) {
      server_state = up.carry(*server, chunk, at_server, down.waiting);
    }
    if (!down.waiting.empty()) {
      client_state = down.carry(*client, chunk, at_client, up.waiting);
    }
    return true;
  }

  /// Delivers until nothing is waiting.
  void settle(std::size_t chunk = SIZE_MAX) {
    while (step(chunk)) {
    }
  }

  [[nodiscard]] bool open() const {
    return client_state == filter_state::open && server_state == filter_state::open;
  }

  void say_up(std::string_view text) { client_state = client->send(as_bytes(text), up.waiting); }
  void say_down(std::string_view text) {
    server_state = server->send(as_bytes(text), down.waiting);
  }
};

} // namespace fleet::test
