// The network between a coordinator and its workers, as a box of messages: CAF's network layer
// carries them, on threads of its own. Nobody is trusted by it; whoever reads the box looks at
// tokens.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "fleet/workers/messages.hpp"
#include "hal_sim/world/address.hpp"
#include "protocol/base/result.hpp"
#include "protocol/base/time.hpp"

namespace fleet::program {

/// Who is at the other end of a connection: numbers rise as they come.
using peer_number = std::size_t;

struct wire_event {
  peer_number from = 0;
  std::optional<crew_message> message; ///< none: the connection is gone
};

/// Files in PEM by which both sides know each other. Whoever listens shows a server's certificate,
/// whoever connects a client's, both of one authority.
struct wire_certificates {
  std::string authority_file;
  std::string certificate_file;
  std::string key_file;
};

class wire {
public:
  /// Peers that are listened to, in all; others are not heard.
  static constexpr std::size_t peers_most = 1024;

  /// With certificates connections are TLS, and nobody without one of that authority gets one.
  explicit wire(const std::optional<wire_certificates>& certificates = std::nullopt);
  ~wire();
  wire(const wire&) = delete;
  wire& operator=(const wire&) = delete;

  /// Waits for connections; answers the port. Or why it cannot, as the rest of a sentence.
  result<std::uint16_t, std::string> listen(const hal::address& at);
  /// Connects; blocks for up to 15 s.
  result<peer_number, std::string> connect(const hal::address& at);
  /// Callable from any thread. What is sent to a peer that is gone is dropped.
  void send(peer_number to, crew_message message);
  /// The next event; waits for one up to `at_most`.
  std::optional<wire_event> next(duration at_most = duration::zero());

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace fleet::program
