// What the server machine and a session remember. Internal to protocol/mqtt: included by its
// sources only.
#pragma once

#include <memory>
#include <vector>

#include "protocol/mqtt/framer.hpp"
#include "protocol/mqtt/server.hpp"
#include "protocol/mqtt/packet_ids.hpp"
#include "protocol/mqtt/slots.hpp"

namespace fleet::mqtt {

/// A message on its way to the client, before its PUBACK or PUBREC.
struct sent_message {
  message_ptr message;
  time_point sent_at{};
  std::uint32_t place = 0; ///< of its record
  std::uint16_t id = 0;    ///< 0: gone
  mqtt::qos qos = qos::at_least_once;
  bool retain = false;

  [[nodiscard]] bool gone() const noexcept { return id == 0; }
  void drop() noexcept {
    id = 0;
    message.reset();
  }
};

/// A message of QoS 2 after the client's PUBREC; the list is in the order of the PUBRECs.
struct released_message {
  std::uint64_t cookie = 0;
  time_point sent_at{};
  std::uint32_t place = 0;
  std::uint16_t id = 0;
  time_point due = never;

  [[nodiscard]] bool gone() const noexcept { return id == 0; }
  void drop() noexcept { id = 0; }
};

/// A message behind the window or waiting for the client to come back.
struct waiting_message {
  message_ptr message;
  std::uint32_t place = 0;
  mqtt::qos qos = qos::at_least_once;
  bool retain = false;

  [[nodiscard]] bool gone() const noexcept { return message == nullptr; }
  void drop() noexcept { message.reset(); }
};

struct session::state {
  slot_list<sent_message> sent;
  slot_list<released_message> released;
  slot_list<waiting_message> waiting;
  id_set incoming; ///< QoS 2 packet ids between the client's PUBLISH and PUBREL
  /// The place of the last message to come. Begins anew when there is nothing to remember, so it
  /// lasts for 2^32 messages that never ran out.
  std::uint32_t last_place = 0;

  [[nodiscard]] bool empty() const noexcept {
    return sent.empty() && released.empty() && waiting.empty() && incoming.empty();
  }
  [[nodiscard]] std::size_t in_flight() const noexcept { return sent.size() + released.size(); }
};

// What a journal is told.
[[nodiscard]] session_record record_of(const sent_message& m) noexcept;
[[nodiscard]] session_record record_of(const released_message& m) noexcept;
[[nodiscard]] session_record record_of(const waiting_message& m) noexcept;
[[nodiscard]] session_record record_of_incoming(std::uint16_t id) noexcept;
/// Where the record of an incoming packet id stands: below all messages.
[[nodiscard]] constexpr std::int64_t place_of_incoming(std::uint16_t id) noexcept {
  return -std::int64_t{id};
}

/// The lists that one SUBSCRIBE or UNSUBSCRIBE lends to the owner.
struct filter_lists {
  std::vector<server_event::filter> asked;
  std::vector<std::string_view> dropped;
};

struct server_connection::state {
  enum class phase : std::uint8_t { fresh, asking, accepted, over };
  using maybe_event = std::optional<server_event_variant>;

  state(const server_limits& l, time_point when) noexcept
    : limits(&l), now(when), last_received(when) {}

  // Packets (server_packets.cpp).
  [[nodiscard]] framing_rules rules() const noexcept;
  maybe_event take(const packet_view& packet, byte_buffer& out);
  maybe_event take_connect(bytes_view body, byte_buffer& out);
  maybe_event take_publish(const packet_view& packet, byte_buffer& out);
  maybe_event take_ack(packet_type type, bytes_view body, byte_buffer& out);
  maybe_event take_puback(std::uint16_t id, byte_buffer& out);
  maybe_event take_pubrec(std::uint16_t id, byte_buffer& out);
  maybe_event take_pubcomp(std::uint16_t id, byte_buffer& out);
  maybe_event take_subscribe(bytes_view body);
  maybe_event take_unsubscribe(bytes_view body, byte_buffer& out);
  std::nullopt_t fail(violation why) noexcept;
  [[nodiscard]] violation refine(const framed& found) const noexcept;

  // Sending (server.cpp).
  session::state& remembered();
  void transmit(waiting_message message, std::uint16_t id, byte_buffer& out);
  void pump(byte_buffer& out);
  void resend_all(byte_buffer& out);
  void resend_due(time_point when, byte_buffer& out);
  void expect_resend(time_point when) noexcept;
  void forget_record(std::int64_t place);
  void tidy() noexcept;
  std::uint16_t take_id();
  [[nodiscard]] time_point deadline() const noexcept;

  const server_limits* limits;
  framer input;
  time_point now;           ///< of the last receive() or deliver()
  time_point last_received; ///< the last whole packet, or the beginning
  time_point resend_at = never;
  session* bound = nullptr;
  std::unique_ptr<filter_lists> lists; ///< only while the owner looks at them
  packet_ids ids;
  std::uint16_t keep_alive_s = 0;
  std::uint16_t awaited_grant = 0; ///< packet id of the SUBSCRIBE to grant
  mqtt::version version = version::v3_1_1;
  phase now_in = phase::fresh;
  bool has_failed = false;
  violation failure{};
};

} // namespace fleet::mqtt
