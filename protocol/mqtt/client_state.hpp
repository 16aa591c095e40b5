// What the client machine remembers. Internal to protocol/mqtt: included by its sources only.
#pragma once

#include <memory>
#include <vector>

#include "protocol/mqtt/client.hpp"
#include "protocol/mqtt/framer.hpp"
#include "protocol/mqtt/packet_ids.hpp"
#include "protocol/mqtt/slots.hpp"

namespace fleet::mqtt {

/// An encoded packet kept for resending.
struct kept_packet {
  std::unique_ptr<std::uint8_t[]> octets;
  std::uint32_t size = 0;
  std::uint32_t capacity = 0;

  [[nodiscard]] bytes_view view() const noexcept { return {octets.get(), size}; }
};

/// A publish of QoS 1 or 2 before its PUBACK or PUBREC.
struct outgoing {
  time_point due{};
  std::uint64_t cookie = 0;
  time_point sent_at{};
  kept_packet packet;
  std::uint32_t order = 0; ///< counts publishes, to tell which is older
  std::uint16_t id = 0;    ///< 0: gone
  bool was_resent : 1 = false;
  bool untold : 1 = false;    ///< publish_resent is still to be told
  bool on_resume : 1 = false; ///< the last resend was the first sending on its connection
  bool sent_here : 1 = false; ///< on the present connection
  bool held : 1 = false;      ///< not to be resent

  [[nodiscard]] bool gone() const noexcept { return id == 0; }
  void drop() noexcept {
    id = 0;
    packet.octets.reset();
  }
  [[nodiscard]] qos quality() const noexcept {
    return static_cast<qos>((packet.octets[0] >> 1) & 0x03);
  }
};

/// A publish of QoS 2 after its PUBREC; the list is in the order of the PUBRECs ([MQTT-4.6.0-4]).
struct releasing {
  time_point due{};
  std::uint64_t cookie = 0;
  time_point sent_at{};
  std::uint32_t order = 0;
  std::uint16_t id = 0;
  bool was_resent = false;

  [[nodiscard]] bool gone() const noexcept { return id == 0; }
  void drop() noexcept { id = 0; }
};

/// A SUBSCRIBE or UNSUBSCRIBE without answer.
struct request {
  time_point sent_at{};
  std::vector<std::uint8_t> packet; ///< empty when it is not to be resent
  std::uint16_t id = 0;
  std::uint16_t filters = 0; ///< return codes to expect; 0: UNSUBSCRIBE

  [[nodiscard]] bool gone() const noexcept { return id == 0; }
  void drop() noexcept {
    id = 0;
    std::vector<std::uint8_t>{}.swap(packet);
  }
};

/// What few clients need at a time: QoS 2 in either direction, requests, bad news.
struct rarities {
  slot_list<releasing> releases;
  slot_list<request> requests;
  id_set incoming; ///< QoS 2 packet ids between PUBLISH and PUBREL
  std::vector<std::uint16_t> timed_out;

  [[nodiscard]] bool nothing_to_resend() const noexcept {
    return releases.empty() && requests.empty();
  }
  [[nodiscard]] bool empty() const noexcept {
    return nothing_to_resend() && incoming.empty() && timed_out.empty();
  }
};

struct client::state {
  enum class phase : std::uint8_t { down, connecting, connected, over };

  explicit state(const client_behaviour& b) noexcept : behaviour(&b) {}

  // Packets (client_packets.cpp).
  std::optional<client_event_variant> take(const framed& found, byte_buffer& out);
  std::optional<client_event_variant> take_connack(bytes_view body, byte_buffer& out);
  std::optional<client_event_variant> take_publish(const packet_view& packet, byte_buffer& out);
  std::optional<client_event_variant> take_ack(packet_type type, std::uint16_t id,
                                               byte_buffer& out);
  std::optional<client_event_variant> take_puback(std::uint16_t id);
  std::optional<client_event_variant> take_pubrec(std::uint16_t id, byte_buffer& out);
  std::optional<client_event_variant> take_pubcomp(std::uint16_t id);
  std::optional<client_event_variant> take_suback(bytes_view body);
  std::optional<client_event_variant> take_unsuback(std::uint16_t id);
  std::optional<client_event_variant> take_oversized(const framed& found, byte_buffer& out);
  /// Answers a PUBLISH; true when its message is new.
  bool acknowledge(qos q, std::uint16_t id, byte_buffer& out);
  void resume(bool consistent, byte_buffer& out);
  std::optional<client_event_variant> news();
  std::nullopt_t fail(violation why) noexcept;
  [[nodiscard]] violation refine(const framed& found) const noexcept;

  // Calls and time (client.cpp, client_timers.cpp).
  void sent(time_point when) noexcept { last_sent = when; }
  void resend(outgoing& message, bool dup, time_point when, byte_buffer& out);
  void resend_due(time_point when, byte_buffer& out);
  void resend_requests(time_point when, byte_buffer& out);
  void ping_due(time_point when, byte_buffer& out);
  void ping(time_point when, byte_buffer& out);
  [[nodiscard]] time_point next_ping() const noexcept;
  void expect_resend(time_point when) noexcept;
  std::uint16_t take_id();
  kept_packet keep(std::size_t size);
  void recycle(kept_packet packet) noexcept;
  /// All messages enter and leave by these, so that what they take need not be added up each time.
  void hold(outgoing message);
  void let_go(outgoing& message) noexcept;
  void add_request(std::uint16_t id, std::size_t filters, bytes_view packet, time_point when);
  void drop_connection() noexcept;
  void forget() noexcept;
  void tidy_rare() noexcept;
  rarities& rare_parts();
  [[nodiscard]] std::size_t in_flight() const noexcept {
    return messages.size() + (rare == nullptr ? 0 : rare->releases.size());
  }

  const client_behaviour* behaviour;
  framer input;
  time_point now{};          ///< of the last receive()
  time_point last_sent{};    ///< any packet
  time_point last_ping{};    ///< the last PINGREQ
  time_point ping_asked{};   ///< the oldest PINGREQ without answer
  time_point resend_at = never; ///< not later than the first resend that falls due
  slot_list<outgoing> messages;
  kept_packet spare; ///< the last acknowledged packet's memory
  std::unique_ptr<rarities> rare;
  packet_ids ids;
  std::uint32_t publishes = 0; ///< for outgoing::order
  std::uint32_t untold_hint = 0;
  std::uint32_t untold = 0;    ///< messages whose publish_resent is not told yet
  std::uint32_t kept_octets = 0; ///< of the heap, in the packets of `messages`
  std::uint16_t keep_alive_s = 0;
  mqtt::version version = version::v3_1_1;
  phase now_in = phase::down;
  bool clean = true;
  bool known_there = false; ///< the server resumed the session on this connection
  std::uint8_t pings = 0; ///< PINGREQs without answer
  bool has_failed = false;
  violation failure{};
};

} // namespace fleet::mqtt
