// What the client machine remembers. Internal to protocol/coap: included by its sources only.
#pragma once

#include <array>
#include <memory>
#include <vector>

#include "protocol/coap/client.hpp"
#include "protocol/coap/message_layer.hpp"
#include "protocol/coap/token.hpp"

namespace fleet::coap {

/// A block-wise transfer of one request, in either direction.
struct client_transfer {
  std::uint64_t token = 0;        ///< of the request in flight
  std::vector<std::uint8_t> body; ///< to be sent
  std::size_t offset = 0;         ///< in `body`, of the block in flight
  bool uploading = false;
  bool begun = true;                ///< the request's own token was used
  std::uint8_t szx = block_szx_max; ///< of the next block
  std::uint8_t restarts = 0;
  std::uint8_t etag_size = 0;
  std::array<std::uint8_t, 8> etag{};
  std::vector<std::uint8_t> received; ///< the answer's body so far

  [[nodiscard]] bytes_view tag() const noexcept { return {etag.data(), etag_size}; }
  [[nodiscard]] std::size_t memory_bytes() const noexcept {
    return heap_octets(sizeof *this) + heap_octets(body) + heap_octets(received);
  }
};

enum class observing : std::uint8_t { no, asked, yes, ending };

/// A request without answer, or an observation.
struct asked_request {
  std::uint64_t token = 0;
  time_point give_up = never;
  time_point overall = never;
  time_point notified_at{};
  kept_octets message; ///< its first datagram, once the message layer gave it back
  std::unique_ptr<client_transfer> blocks;
  request_id id = 0;
  std::uint32_t sequence = 0; ///< of the newest notification
  observing observed = observing::no;
  bool confirmable = true;
  bool notified = false; ///< what `blocks` fetches is a notification
};

struct client::state {
  state(const client_behaviour& b, random_stream chance)
      : behaviour(&b), layer(b, chance, b.counted) {}

  // Calls and time (client.cpp).
  std::uint64_t new_token() noexcept;
  asked_request* find(request_id id) noexcept;
  asked_request* find_token(bytes_view token) noexcept;
  void erase(asked_request& a) noexcept;
  result<request_id, request_error> request_briefly(asked_request a, message_fields m,
                                                    duration wait, datagrams& out);
  void ended(sending_ended end, time_point when);
  void fail(asked_request& a, request_failure why, datagrams& out);
  void expect_answer(asked_request& a, time_point when) noexcept;

  // Arrivals (client_arrivals.cpp).
  std::optional<client_event_variant> take(const message_view& m, datagrams& out);
  std::optional<client_event_variant> take_reply(const message_view& m, datagrams& out);
  std::optional<client_event_variant> take_response(asked_request& a, const message_view& m,
                                                    datagrams& out);
  std::optional<client_event_variant> tell(asked_request& a, const message_view& m,
                                           bytes_view payload);
  bool superseded(asked_request& a, const message_view& m) const noexcept;
  bool newer(asked_request& a, std::uint32_t sequence) const noexcept;
  [[nodiscard]] bool of_a_block(const asked_request& a, const message_view& m) const noexcept;

  // Blocks (client_blocks.cpp).
  /// Begins a request whose payload has to be cut.
  result<request_id, request_error> upload(asked_request a, message_fields m, datagrams& out);
  /// True when the response only moved the transfer on, or ended it badly.
  bool take_upload(asked_request& a, const message_view& m, datagrams& out);
  bool take_download(asked_request& a, const message_view& m, datagrams& out);
  bool begin_upload(asked_request& a, const message_view& m, datagrams& out);
  void restart(asked_request& a, datagrams& out);
  void send_block(asked_request& a, datagrams& out);
  client_transfer& transfer_of(asked_request& a);

  const client_behaviour* behaviour;
  message_layer layer;
  std::vector<asked_request> requests;
  std::vector<client_event_variant> news; ///< failures only, oldest first
  std::unique_ptr<client_transfer> told;  ///< whose body the last event shows
  bytes_view lent;
  time_point now{}; ///< of the last call
  std::uint32_t last_request = 0;
  std::uint32_t tokens = 0;
};

} // namespace fleet::coap
