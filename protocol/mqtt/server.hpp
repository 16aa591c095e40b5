// The MQTT server machine: one connection of one client, and the session that outlives it. It
// checks what the standard lets a server check, acknowledges, keeps order and windows; who may
// connect, subscribe or publish, and where a message goes, is its owner's business.
//
// Order of use: receive(), then next_event() until nothing; answer connect_requested with accept()
// or refuse(), subscribe_requested with grant(), before the next next_event(). Output is appended
// to the caller's buffer at once.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "protocol/base/bytes.hpp"
#include "protocol/base/time.hpp"
#include "protocol/mqtt/session_snapshot.hpp"
#include "protocol/mqtt/types.hpp"

namespace fleet::mqtt {

/// What a server is willing to hold; shared by all its connections.
struct server_limits {
  std::uint32_t first_packet_max = 4096; ///< before authentication memory is bounded by this
  std::uint32_t packet_max = 256 * 1024 + 1024;
  std::uint16_t in_flight_max = 100;      ///< unacknowledged messages towards a client
  std::uint32_t queue_max = 1000;         ///< messages waiting behind the window or offline
  std::uint16_t incoming_qos2_max = 1000; ///< packet ids between PUBLISH and PUBREL
  std::uint16_t client_id_max_3_1 = 23;   ///< characters; MQTT 3.1 refuses longer client ids
  qos publish_max = qos::exactly_once;    ///< of a client; beyond it fails with bad_qos, unheard
  duration connect_timeout = std::chrono::seconds{10};
  duration resend_after = duration::max(); ///< resending on a live link is allowed to 3.1 only
};

/// A message shared by all who receive it.
struct stored_message {
  std::string topic;
  std::vector<std::uint8_t> payload;
  std::uint64_t cookie = 0; ///< the owner's own mark; comes back with message_acknowledged
  time_point due = never;   ///< when it was to be sent; likewise; never: nobody asks
};
using message_ptr = std::shared_ptr<const stored_message>;

enum class deliver_outcome : std::uint8_t { sent, queued, dropped_queue_full, dropped_offline };

/// Told of each change of what a session has to remember, so that it can be kept elsewhere too; see
/// session_snapshot.hpp.
class session_journal {
public:
  /// `record` is now what stands at `place`, or has come there; its views die with the call.
  virtual void keep(std::int64_t place, const session_record& record) = 0;
  /// Nothing stands at `place` any more.
  virtual void drop(std::int64_t place) = 0;

protected:
  ~session_journal() = default;
};

/// What survives a connection: owned by the broker, lent to at most one connection at a time.
class session {
public:
  /// Where to tell of changes from now on; none: nowhere. To be set while there is nothing to
  /// remember, or after restore(); must outlive the session.
  void keep_in(session_journal* journal) noexcept { journal_ = journal; }

  /// Takes back what a journal was told to keep: all records in rising places, before the session
  /// is used. `message` is the record's, made by the owner. False, and nothing is taken, when no
  /// journal can have been told so. What exceeds limits lowered since is kept all the same.
  bool restore(std::int64_t place, const session_record& record, message_ptr message);

  /// Asks for the memory of what waits here, in two steps (fetch_ahead.hpp).
  void foresee(unsigned step) const noexcept;

  session();
  ~session();
  session(session&&) noexcept;
  session& operator=(session&&) noexcept;

  /// Queues a message while no connection is bound; QoS 0 is dropped.
  deliver_outcome deliver_offline(message_ptr message, qos q, bool retain,
                                  const server_limits& limits);
  /// Messages not yet acknowledged by the client, in flight and queued.
  [[nodiscard]] std::size_t pending() const noexcept;
  /// Their cookies, oldest first.
  [[nodiscard]] std::vector<std::uint64_t> pending_cookies() const;
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  friend class server_connection;
  struct state;
  state& remembered();

  std::unique_ptr<state> state_; ///< none while there is nothing to remember
  session_journal* journal_ = nullptr;
};

namespace server_event {
struct connect_requested {
  connect_view connect;
};
/// A message from the client; acknowledged by the machine, told once at QoS 2. `dup` as sent.
struct message_published {
  message_view message;
};
struct filter {
  std::string_view text;
  mqtt::qos qos;
};
/// Answer with grant(); `filters` live until the next next_event().
struct subscribe_requested {
  std::uint16_t packet_id;
  std::span<const filter> filters;
};
/// UNSUBACK is already appended.
struct unsubscribed {
  std::span<const std::string_view> filters;
};
/// The client acknowledged (PUBACK or PUBCOMP) a delivered message.
/// `due` is never where a journal had the message: it keeps no times.
struct message_acknowledged {
  std::uint64_t cookie;
  time_point due;
};
/// DISCONNECT came: discard the will ([MQTT-3.14.4-3]).
struct disconnect_requested {};
/// Close the network connection; publish the will unless it was discarded.
struct failed {
  violation why;
};
} // namespace server_event

using server_event_variant =
    std::variant<server_event::connect_requested, server_event::message_published,
                 server_event::subscribe_requested, server_event::unsubscribed,
                 server_event::message_acknowledged, server_event::disconnect_requested,
                 server_event::failed>;

/// One connection. It answers by itself, and then fails: an unknown protocol level with CONNACK 1
/// ([MQTT-3.1.2-2]); an empty client id without a clean session ([MQTT-3.1.3-8]) and, for MQTT 3.1,
/// an empty or too long one, with CONNACK 2. Acknowledgements for a packet id that nobody waits for
/// are late repeats and ignored (PUBREC and PUBREL are still answered); one of the wrong kind for
/// its id fails with unexpected_ack. Keep-alive counts whole packets, so octets that trickle in do
/// not keep a connection.
class server_connection {
public:
  /// `limits` must outlive the connection.
  server_connection(const server_limits& limits, time_point now);
  ~server_connection();
  server_connection(server_connection&&) noexcept;
  server_connection& operator=(server_connection&&) noexcept;

  void receive(bytes_view bytes, time_point now);
  /// For an owner that stops before next_event() answers nothing: what of the octets has not been
  /// looked at, to be received again. The machine does not look at them any more.
  [[nodiscard]] bytes_view take_back() noexcept;
  std::optional<server_event_variant> next_event(byte_buffer& out);

  /// Keep-alive (1.5 ×, [MQTT-3.1.2-24]) and the CONNECT deadline; failures come as events.
  void handle_timeout(time_point now, byte_buffer& out);
  [[nodiscard]] time_point next_timeout() const noexcept;

  /// Appends CONNACK 0, binds the session and resends what it holds ([MQTT-4.4.0-1]).
  /// `keep_alive_s` is the one to enforce, 0 for none. `s` must stay where it is until unbind().
  void accept(session& s, bool session_present, std::uint16_t keep_alive_s, time_point now,
              byte_buffer& out);
  /// Appends CONNACK with a code above 0; the owner closes next.
  void refuse(connack_code code, byte_buffer& out);
  /// Appends SUBACK with one code a filter. MQTT 3.1 has no code for refusal and is told QoS 0.
  void grant(std::uint16_t packet_id, std::span<const std::uint8_t> codes, byte_buffer& out);

  /// Sends or queues a message; `q` is already capped by the subscription.
  deliver_outcome deliver(const message_ptr& message, qos q, bool retain, time_point now,
                          byte_buffer& out);
  /// QoS 0 without a stored message: straight from the views to the wire.
  void deliver_now(std::string_view topic, bytes_view payload, bool retain, byte_buffer& out);

  /// The message of QoS 2 that was told last is forgotten, as if it had not come: it is told again
  /// when it comes again.
  void unhear(std::uint16_t packet_id);

  /// Unbinds the session; call before it moves to another connection or dies.
  void unbind() noexcept;

  /// Asks for the memory that receive() will read (fetch_ahead.hpp).
  void foresee() const noexcept;

  [[nodiscard]] bool accepted() const noexcept;
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace fleet::mqtt
