// The network between a coordinator and its workers, as a box of messages: CAF's network layer
// carries them, on threads of its own. Only from those who have the token anything comes, and to
// nobody else anything goes.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "fleet/workers/knock.hpp"
#include "fleet/workers/messages.hpp"
#include "fleet/workers/proof.hpp"
#include "hal_sim/world/address.hpp"
#include "protocol/base/result.hpp"
#include "protocol/base/time.hpp"

namespace fleet::program {

/// Who is at the other end of a connection: numbers rise as they come.
using peer_number = std::size_t;

enum class wire_news : std::uint8_t {
  message,
  gone,    ///< the connection is
  reached, ///< what reach() or look_for() found
  stranger ///< somebody came with another token, and was turned away
};

struct wire_event {
  wire_news what = wire_news::gone;
  peer_number from = 0;   ///< of reached: with somebody_there alone
  crew_message message{}; ///< of message
  std::uint64_t ticket = 0;
  knock_answer answer = knock_answer::silent;
  bool somebody_there = false; ///< there is a connection
  std::string why{}; ///< of gone, where we ended it: what the other side did, as trouble_of()
};

/// Files in PEM by which both sides know each other. Whoever listens shows a server's certificate,
/// whoever connects a client's, both of one authority.
struct wire_certificates {
  std::string authority_file;
  std::string certificate_file;
  std::string key_file;
};
/// With them connections are TLS, and nobody without one of that authority gets one.
struct wire_papers {
  std::optional<wire_certificates> to_listen;
  std::optional<wire_certificates> to_call;
};

class wire {
public:
  /// Peers at a time, in all; others are not heard.
  static constexpr std::size_t peers_most = 1024;
  /// A try of reach() and look_for() is over by then.
  static constexpr duration try_most = std::chrono::seconds{2};

  explicit wire(crew_secret secret, const wire_papers& papers = {});
  ~wire();
  wire(const wire&) = delete;
  wire& operator=(const wire&) = delete;

  /// Waits for connections; answers the port. Or why it cannot, as the rest of a sentence.
  result<std::uint16_t, std::string> listen(const hal::address& at);
  /// Connects, and is known there and knows who is; blocks for up to 15 s each, or until
  /// `given_up`. Or a sentence.
  result<peer_number, std::string> connect(
      const hal::address& at, const give_up& given_up = [] { return false; });
  /// The same on a thread of its own; the answer comes as an event.
  void reach(const hal::address& at, std::uint64_t ticket);
  /// Whether anybody is there; no word is said.
  void look_for(const hal::address& at, std::uint64_t ticket);
  /// Callable from any thread. What is sent to a peer that is gone is dropped. False: no message
  /// has room for so much (frame_most), or a number in it is none, and nothing was sent.
  bool send(peer_number to, crew_message message);
  /// Nothing more comes from it, and nothing goes there.
  void forget(peer_number peer);
  /// The next event; waits for one up to `at_most`.
  std::optional<wire_event> next(duration at_most = duration::zero());

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace fleet::program
