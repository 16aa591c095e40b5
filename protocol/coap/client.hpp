// The CoAP client machine: requests to one server and what comes back, without I/O or clock.
//
// Order of use: request() at any time; for each datagram that arrives receive() followed by
// next_event() until it answers nothing; at next_timeout() call handle_timeout() and drain again.
// Output is appended to the caller's queue at once. Bodies over a block's size travel block-wise
// both ways (RFC 7959), and an observed resource tells of itself (RFC 7641).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <variant>

#include "protocol/base/bytes.hpp"
#include "protocol/base/random.hpp"
#include "protocol/base/result.hpp"
#include "protocol/base/time.hpp"
#include "protocol/coap/block.hpp"
#include "protocol/coap/datagrams.hpp"
#include "protocol/coap/peer.hpp"
#include "protocol/coap/types.hpp"

namespace fleet::coap {

/// How a client behaves; shared by all devices of a product. The defaults are the standard's;
/// `sdk_behaviour()` gives the vendor's 2018 SDK (aliyun-iot.md §17.5).
struct client_behaviour : peer_settings {
  std::uint16_t requests_max = 16;        ///< without answer, and observations; waiting_max at most
  std::uint32_t body_max = 64 * 1024;     ///< octets of a body, in and out
  std::uint8_t block_szx = block_szx_max; ///< largest block, 16 · 2^szx octets; below 6 it is
                                          ///< asked for in each request (RFC 7959 §2.4)
  std::uint8_t restarts_max = 3;          ///< of one block-wise transfer
  std::uint8_t token_octets = 4;          ///< 1 to 8
  bool counted = false;                   ///< tokens count from 0x01020304, ids from 1
  /// From the acknowledgement of a request, or its sending when it is non-confirmable, to its
  /// answer (RFC 7252 §4.7 leaves it open).
  duration answer_patience = std::chrono::seconds{247};
  duration overall_patience = duration::max(); ///< from request() to the answer, blocks included
  /// Critical options of responses that the owner understands beyond those of types.hpp.
  std::span<const std::uint16_t> also_known;
};
client_behaviour sdk_behaviour();

/// What request() sends; views are read during the call only. Observe, Block1, Block2 and Size1 are
/// the machine's.
struct request_fields {
  code method = code::get;
  options_view options; ///< in any order
  bytes_view payload;
  bool confirmable = true;
  bool observe = false; ///< register as an observer (RFC 7641 §3.1); the request must be no larger
                        ///< than a block then
  /// Of a non-confirmable one that fits a block: so long is its answer waited for, if not 0. NSTART
  /// and PROBING_RATE do not hold it or others back then (RFC 7252 §4.7 has them for requests whose
  /// answers are expected): its owner paces such requests and can do without their answers.
  duration brief{};
  /// If not 0: it goes in one message of at most so many octets, whatever a block's size, or not at
  /// all (too_large). For servers that know no blocks.
  std::size_t whole_max = 0;
};

enum class request_error : std::uint8_t {
  too_many,         ///< requests_max, or waiting_max messages
  too_many_options, ///< more than options_max together with the machine's own
  too_large ///< options alone fill it, the payload is over body_max, or all is over whole_max
};

/// Names a request, and the observation it starts.
using request_id = std::uint32_t;

/// Why a request or an observation has no answer.
enum class request_failure : std::uint8_t {
  timed_out,  ///< no acknowledgement after MAX_RETRANSMIT
  reset,      ///< the server has no use for it
  no_answer,  ///< acknowledged, and then nothing
  bad_option, ///< the response has a critical option that is not understood (§5.4.1)
  too_large,  ///< the body is over body_max
  incomplete  ///< its blocks do not fit together, again and again
};

namespace client_event {
/// The answer; views live until the next call. With `observing` notifications follow.
struct response_arrived {
  request_id id;
  coap::code code;
  bytes_view options; ///< of its last message; see option_reader
  bytes_view payload; ///< whole
  bool observing;
};
/// A newer state of what is observed. After one that is no success (`last`) no other comes. The
/// first may come instead of the answer, when that was still being fetched block by block.
struct notification_arrived {
  request_id id;
  coap::code code;
  bytes_view options;
  bytes_view payload;
  std::uint32_t sequence; ///< 24 bits
  bool last;
};
struct failed {
  request_id id;
  request_failure why;
};
/// A ping() was answered, or not.
struct ping_ended {
  request_id id;
  bool answered;
};
} // namespace client_event

using client_event_variant =
    std::variant<client_event::response_arrived, client_event::notification_arrived,
                 client_event::failed, client_event::ping_ended>;

class client {
public:
  /// `behaviour` must outlive the client; `chance` draws ids, tokens and time-outs.
  client(const client_behaviour& behaviour, random_stream chance);
  ~client();
  client(client&&) noexcept;
  client& operator=(client&&) noexcept;

  /// Sends a request, at once or when NSTART lets it (RFC 7252 §4.7).
  result<request_id, request_error> request(const request_fields& fields, time_point now,
                                            datagrams& out);
  /// Sends an empty confirmable message, which a living server resets (RFC 7252 §4.3).
  result<request_id, request_error> ping(time_point now, datagrams& out);

  /// Asks the server to end an observation (RFC 7641 §3.6); a response_arrived follows. False when
  /// there is none of that id, or no room.
  bool stop_observing(request_id id, time_point now, datagrams& out);
  /// Forgets a request or an observation; the server's next message about it is reset.
  void abandon(request_id id, time_point now, datagrams& out);
  /// Forgets all, as after a change of the transport; ids and tokens go on.
  void abandon_all() noexcept;

  /// Lends a datagram; it must stay valid until next_event() answered nothing.
  void receive(bytes_view datagram, time_point now) noexcept;
  std::optional<client_event_variant> next_event(datagrams& out);

  void handle_timeout(time_point now, datagrams& out);
  [[nodiscard]] time_point next_timeout() const noexcept;

  /// Requests without answer, and observations.
  [[nodiscard]] std::size_t open_requests() const noexcept;
  [[nodiscard]] const peer_counts& counts() const noexcept;
  /// Heap octets held, for the memory count.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace fleet::coap
