// Hostile datagrams against the DTLS server: at its door, during a handshake, and in a session that
// must not be moved by them. The first octet chooses the stage and whether it is the imitation;
// then come steps: octets of the input, or the client's own datagrams, changed, repeated or whole.
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "protocol/tls/dtls.hpp"
#include "protocol/tls/dtls_model.hpp"

using namespace fleet;
using namespace fleet::tls;

namespace {

constexpr std::string_view identity = "device";
constexpr std::string_view key = "0123456789abcdef";

std::string key_of(std::string_view who) {
  return std::string{who == identity ? key : std::string_view{}};
}

template <class T>
T must(result<T, std::string> made) {
  if (!made.ok()) {
    std::abort();
  }
  return std::move(made).value();
}

struct roles {
  datagram_filter_factory& clients;
  datagram_filter_door& servers;
};

roles real_ones() {
  static const auto clients = [] {
    dtls_client_options options;
    options.verify = false;
    return must(dtls_client_context::create(options));
  }();
  static const auto servers = [] {
    dtls_server_options options;
    options.key_of = key_of;
    return must(dtls_server_context::create(options));
  }();
  return {*clients, *servers};
}

/// A client and a server of which the input stands in between.
struct scene {
  explicit scene(const roles& r)
      : door(r.servers), client(r.clients.make({.server_name = {},
                                                .psk_identity = identity,
                                                .psk_key = as_bytes(key),
                                                .former = nullptr})) {
    client->start(now, up);
  }

  void to_server(bytes_view datagram) {
    // A copy of its own, so that the sanitizer sees a view that outlives it.
    const std::vector<std::uint8_t> copy(datagram.begin(), datagram.end());
    if (server == nullptr) {
      (void)door.attempt_of(copy);
      server = door.accept(as_bytes("here"), copy, now, down);
      state = server ? server->start(now, down) : state;
    } else {
      state = server->receive(copy, now, plain, down);
    }
  }

  /// What the client has to say, as it is; and back.
  void round() {
    const datagram_batch said = std::exchange(up, {});
    for (std::size_t i = 0; i < said.size(); ++i) {
      to_server(said[i]);
    }
    const datagram_batch answers = std::exchange(down, {});
    datagram_batch ignored;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      client_state = client->receive(answers[i], now, ignored, up);
    }
  }

  void step(std::uint8_t what, bytes_view& rest) {
    const auto next = [&rest] {
      const std::uint8_t octet = rest.empty() ? 0 : rest[0];
      rest = rest.subspan(rest.empty() ? 0 : 1);
      return octet;
    };
    switch (what % 4) { // a number from the input
      case 0: {
        const bytes_view raw = rest.first(std::min<std::size_t>(next(), rest.size()));
        to_server(raw);
        rest = rest.subspan(raw.size());
        break;
      }
      case 1: { // the client's own, changed in places
        std::string own = up.empty() ? last : std::string{as_text(up[0])};
        for (std::uint8_t changes = next() % 8; changes > 0 && !own.empty(); --changes) {
          const std::size_t at = next() % own.size();
          own[at] = static_cast<char>(static_cast<std::uint8_t>(own[at]) ^ next());
        }
        own.resize(std::min<std::size_t>(own.size(), std::size_t{next()} + 13));
        to_server(as_bytes(own));
        break;
      }
      case 2: to_server(as_bytes(last)); break;
      default:
        if (server != nullptr && server->next_timeout() != never) {
          now = server->next_timeout();
          state = server->handle_timeout(now, down);
        }
        break;
    }
  }

  datagram_filter_door& door;
  std::unique_ptr<datagram_filter> client;
  std::unique_ptr<datagram_filter> server;
  filter_state client_state = filter_state::handshaking;
  filter_state state = filter_state::handshaking;
  time_point now{};
  datagram_batch up;
  datagram_batch down;
  datagram_batch plain;
  std::string last; ///< the client's last record of an established session
};

/// A session must stand whatever came: nobody but the client has the key.
void expect_unmoved(scene& s) {
  s.plain.clear();
  if (s.state != filter_state::open || !s.client->send(as_bytes("ping"), s.up)) {
    std::abort();
  }
  s.to_server(s.up[0]);
  if (s.plain.size() != 1 || as_text(s.plain[0]) != "ping") {
    std::abort();
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  static modelled_dtls model{dtls_model_options{.failure = {}, .key_of = key_of}};
  const bool modelled = (data[0] & 0x40) != 0;
  scene s{modelled ? roles{model, model} : real_ones()};
  const unsigned rounds = data[0] % 4; // 0: the door; 2: a handshake begun; 3: a session
  for (unsigned i = 0; i < rounds; ++i) {
    s.round();
  }
  const bool established = s.state == filter_state::open && s.client_state == filter_state::open;
  if (established) {
    s.up.clear();
    if (!s.client->send(as_bytes("hello"), s.up)) {
      std::abort();
    }
    s.last = as_text(s.up[0]);
    s.to_server(s.up[0]);
    s.up.clear();
  }
  bytes_view rest{data + 1, size - 1};
  for (int steps = 0; steps < 64 && !rest.empty(); ++steps) {
    const std::uint8_t what = rest[0];
    rest = rest.subspan(1);
    s.step(what, rest);
  }
  // The imitation keeps no secret: whoever changes its records well makes new ones.
  if (established && !modelled) {
    expect_unmoved(s);
  }
  return 0;
}
