// What the server machine remembers. Internal to protocol/coap: included by its sources only.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <vector>

#include "protocol/coap/message_layer.hpp"
#include "protocol/coap/server.hpp"

namespace fleet::coap {

/// A client's token, as it came.
struct client_token {
  std::array<std::uint8_t, token_max> octets{};
  std::uint8_t size = 0;

  client_token() = default;
  explicit client_token(bytes_view token) noexcept : size(static_cast<std::uint8_t>(token.size())) {
    std::copy(token.begin(), token.end(), octets.begin());
  }
  [[nodiscard]] bytes_view view() const noexcept { return {octets.data(), size}; }
  bool operator==(const client_token&) const = default;
};

/// A request without answer.
struct open_request {
  std::uint64_t key = 0;
  time_point acknowledge_at = never; ///< never: it was, or it is non-confirmable
  client_token token;
  exchange_id id = 0;
  std::uint16_t message_id = 0;
  bool confirmable = false;
  observe_wish observe = observe_wish::none;
  std::optional<block_value> block1; ///< its last block
  std::optional<block_value> block2; ///< the part of the answer that is asked for
};

struct observation {
  time_point confirmed_at{};
  time_point told_at{}; ///< last non-confirmable notification
  time_point tell_at = never;
  kept_octets waiting; ///< what is told then
  std::uint64_t key = 0;
  client_token token;
  exchange_id id = 0;
  std::uint16_t last_id = 0; ///< of the last non-confirmable notification
  bool told = false;         ///< there was one
};

/// A request's body as far as it came.
struct incoming_body {
  std::vector<std::uint8_t> octets;
  std::uint64_t key = 0;
  time_point forget_at = never;
};

/// An answer of which more is to be fetched.
struct outgoing_body {
  kept_octets message; ///< code, options and payload, encoded
  std::uint64_t key = 0;
  time_point forget_at = never;
};

/// What few sessions have at a time.
struct session_extras {
  incoming_body incoming;
  outgoing_body outgoing;
  std::vector<observation> observations;
  std::vector<server_event_variant> news; ///< without views, oldest first
  std::vector<std::uint8_t> told;         ///< the body that the last event shows

  [[nodiscard]] bool empty() const noexcept {
    return incoming.octets.empty() && outgoing.message.empty() && observations.empty()
           && news.empty() && told.empty();
  }
  [[nodiscard]] std::size_t memory_bytes() const noexcept;
};

/// What an answer goes to.
struct answer_target {
  std::uint64_t key = 0;
  bytes_view token;
  std::optional<block_value> block1;
  std::optional<block_value> block2;
  std::optional<std::uint32_t> sequence; ///< of its Observe option
  bool kept = false;                     ///< the body is kept already
};

/// An answer with what the machine adds to it; `message` looks into the rest.
struct cut_answer {
  option_list options;
  std::array<std::uint8_t, 4> etag{};
  message_fields message;
};

/// How an answer travels.
struct answer_way {
  std::uint16_t message_id = 0;
  bool confirmable = false;  ///< the request was
  bool acknowledged = false; ///< and has been told so
  exchange_id id = 0;
};

struct server_session::state {
  state(const server_behaviour& b, random_stream chance) : layer(b, chance, false) {}

  [[nodiscard]] const server_behaviour& behaviour() const noexcept {
    return static_cast<const server_behaviour&>(layer.settings());
  }
  session_extras& extra_parts();
  void tidy() noexcept;

  // Requests (server.cpp, server_requests.cpp).
  open_request* find(exchange_id id) noexcept;
  std::optional<server_event_variant> take(const message_view& m, datagrams& out);
  std::optional<server_event_variant> take_request(const message_view& m, datagrams& out);
  std::optional<server_event_variant> open(const message_view& m, datagrams& out);
  void take_ended(sending_ended end, datagrams& out);
  void take_reset(std::uint16_t id);
  bool refuse(const message_view& m, datagrams& out);
  /// Answers at once, without the owner.
  void answer(const message_view& m, message_fields fields, datagrams& out);
  void answer(const message_view& m, code c, datagrams& out);
  respond_error send_answer(const answer_way& way, message_fields m, datagrams& out);

  // Blocks (server_blocks.cpp).
  /// True when the request is whole by this block; its body is `told`. Else it was answered.
  bool take_block(const message_view& m, block_value block, datagrams& out);
  /// Answers a request for a later part of what is kept; false when nothing is.
  bool serve_block(const message_view& m, block_value block, datagrams& out);
  /// Makes the answer's message, or the part of it that is asked for, and keeps the rest.
  respond_error cut(const answer_target& target, const response_fields& fields, cut_answer& into);
  void keep_body(std::uint64_t key, const response_fields& fields, bytes_view etag);

  // Observation (server_observe.cpp).
  observation* find_observation(exchange_id id) noexcept;
  exchange_id drop_observation(bytes_view token, datagrams& out);
  void begin_observation(const open_request& r);
  void end(observation& o, end_reason why);
  void erase(observation& o) noexcept;
  [[nodiscard]] bool confirmation_due(const observation& o) const noexcept;
  respond_error tell(observation& o, message_fields m, datagrams& out);
  void tell_waiting(datagrams& out);
  void told_ended(sending_ended end, datagrams& out);

  message_layer layer;
  std::vector<open_request> requests;
  std::unique_ptr<session_extras> extras;
  bytes_view lent;
  time_point now{}; ///< of the last call
  exchange_id last_exchange = 0;
  std::uint32_t sequences = 0; ///< of notifications, whatever they tell of
  destination lent_to = destination::unicast;
};

} // namespace fleet::coap
