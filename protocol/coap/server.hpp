// The CoAP server machine: one peer's requests and their answers, without I/O or clock. Which
// resources there are and who may ask is its owner's business, and so is finding a datagram's
// session.
//
// Order of use: for each datagram receive() followed by next_event() until it answers nothing;
// respond() to each request_arrived, at once or later; at next_timeout() call handle_timeout() and
// drain again. Bodies over a block's size travel block-wise both ways (RFC 7959).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <variant>

#include "protocol/base/bytes.hpp"
#include "protocol/base/random.hpp"
#include "protocol/base/time.hpp"
#include "protocol/coap/block.hpp"
#include "protocol/coap/datagrams.hpp"
#include "protocol/coap/peer.hpp"
#include "protocol/coap/types.hpp"

namespace fleet::coap {

/// How a server behaves; shared by all its sessions.
struct server_behaviour : peer_settings {
  std::uint16_t requests_max = 16;        ///< unanswered ones; more are answered 5.03
  std::uint16_t observations_max = 8;     ///< of one peer; more get a plain answer
  std::uint32_t body_max = 64 * 1024;     ///< octets of a request's body; more is answered 4.13
  std::uint8_t block_szx = block_szx_max; ///< largest block, 16 · 2^szx octets, in and out
  bool keeps_bodies = true; ///< the rest of an answer waits here; else each block is asked for anew
  /// How long half a request, and the rest of an answer, are kept after the last block.
  duration body_patience = std::chrono::seconds{247};
  /// A request is acknowledged when it was not answered by then; below the client's ACK_TIMEOUT.
  duration acknowledge_after = std::chrono::seconds{1};
  duration confirm_every = std::chrono::hours{24}; ///< of an observation (RFC 7641 §4.5)
  /// Between non-confirmable notifications of one observation (RFC 7641 §4.5.1).
  duration notification_interval = std::chrono::seconds{3};
  /// Critical options of requests that the owner understands beyond those of types.hpp.
  std::span<const std::uint16_t> also_known;
};

/// How the datagram came.
enum class destination : std::uint8_t { unicast, multicast };

/// Names a request of this session, and the observation that its answer begins.
using exchange_id = std::uint32_t;

/// What a request asks of observation (RFC 7641 §2).
enum class observe_wish : std::uint8_t { none, begin, end };

/// Why an observation or an answer has ended.
enum class end_reason : std::uint8_t { reset, timed_out };

namespace server_event {
/// A whole request; views live until the next call. It must be answered.
struct request_arrived {
  exchange_id id;
  code method;
  bytes_view options; ///< of its last message; see option_reader
  bytes_view payload;
  bool confirmable;
  observe_wish observe;
  /// The observation that has ended by it: the client said so, or asks again with its token.
  exchange_id observation;
};
/// The client does not want it any more, or is gone (RFC 7641 §3.6, §4.5).
struct observation_ended {
  exchange_id observation;
  end_reason why;
};
/// A separate answer was confirmable and never acknowledged.
struct answer_lost {
  exchange_id id;
  end_reason why;
};
} // namespace server_event

using server_event_variant =
    std::variant<server_event::request_arrived, server_event::observation_ended,
                 server_event::answer_lost>;

/// An answer or a notification; views are read during the call only. ETag is the owner's or, for
/// what is cut into blocks, made of the payload; Observe, Block1, Block2 and Size2 are the
/// machine's.
struct response_fields {
  coap::code code = code::content;
  options_view options; ///< in any order
  bytes_view payload;
  /// Answer: begin the observation that was asked for. Notification: make it confirmable.
  bool observe = false;
};

/// Why nothing was sent.
enum class respond_error : std::uint8_t {
  none,
  unknown,          ///< no such request waits, no such observation is there
  too_many_options, ///< more than options_max together with the machine's own
  too_large,        ///< options alone fill the message, or the payload has over 2^20 blocks
  no_room           ///< waiting_max messages are under way, or no message id is free
};

/// What a server remembers of one peer; a few octets when it is silent.
class server_session {
public:
  /// `behaviour` must outlive the session; `chance` draws ids and time-outs.
  server_session(const server_behaviour& behaviour, random_stream chance);
  ~server_session();
  server_session(server_session&&) noexcept;
  server_session& operator=(server_session&&) noexcept;

  /// Lends a datagram; it must stay valid until next_event() answered nothing. One that came to a
  /// group is ignored (RFC 7252 §8).
  void receive(bytes_view datagram, time_point now, destination to = destination::unicast) noexcept;
  std::optional<server_event_variant> next_event(datagrams& out);

  /// Answers a request: piggy-backed, or separately once it was acknowledged (RFC 7252 §5.2).
  [[nodiscard]] respond_error respond(exchange_id id, const response_fields& fields, time_point now,
                                      datagrams& out);

  /// Acknowledges a request that is answered later by itself, without waiting for the time of it:
  /// the answer comes in a message of its own then (RFC 7252 §5.2.2).
  void acknowledge(exchange_id id, time_point now, datagrams& out);

  /// Whether an answer has room in a message of its own; one that goes with the acknowledgement
  /// needs none.
  [[nodiscard]] bool has_room() const noexcept;
  /// Forgets a request that respond() had no room to answer: its client asks again.
  void drop(exchange_id id) noexcept;

  /// Whether the observation is there: respond() may not have begun it.
  [[nodiscard]] bool observes(exchange_id observation) const noexcept;
  /// Tells of a new state. While the last telling is not acknowledged, or within
  /// notification_interval, it takes the place of what waits (RFC 7641 §4.5.2). A code that is no
  /// success ends the observation.
  [[nodiscard]] respond_error notify(exchange_id observation, const response_fields& fields,
                                     time_point now, datagrams& out);
  /// Forgets it without a word; the client's Max-Age is what ends it there.
  void end_observation(exchange_id observation, time_point now, datagrams& out);

  /// Advice that a datagram comes: step 0, and then each in turn, asks for the memory that the one
  /// before has led to. For many sessions at once, one step of all of them after the other.
  void expect(unsigned step) const noexcept;
  static constexpr unsigned expect_steps = 3;

  void handle_timeout(time_point now, datagrams& out);
  [[nodiscard]] time_point next_timeout() const noexcept;

  /// Nothing is remembered that matters later but the next message id: it may be forgotten.
  [[nodiscard]] bool idle() const noexcept;
  [[nodiscard]] const peer_counts& counts() const noexcept;
  /// Heap octets held, for the memory count.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace fleet::coap
