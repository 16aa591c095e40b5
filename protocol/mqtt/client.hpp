// The MQTT client machine: one session over any number of connections, without I/O or clock.
//
// Order of use: start() once a transport is up; then for each arrival receive() followed by
// next_event() until it answers nothing; at next_timeout() call handle_timeout() and drain again;
// stop() or lost() when the transport goes. Output is appended to the caller's buffer at once. The
// session (unacknowledged publishes, half-done QoS 2) survives lost() unless it was clean.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "protocol/base/bytes.hpp"
#include "protocol/base/result.hpp"
#include "protocol/base/time.hpp"
#include "protocol/mqtt/types.hpp"

namespace fleet::mqtt {

/// How a client behaves beyond the standard's letter; shared by all devices of a product. The
/// defaults are `strict`; `sdk_behaviour()` gives the vendor's 2018 SDK (aliyun-iot.md §8.2).
struct client_behaviour {
  duration connack_timeout = std::chrono::seconds{10};
  duration resend_after = std::chrono::seconds{10}; ///< unacknowledged PUBLISH/PUBREL/SUBSCRIBE
  bool dup_on_resend = true;
  bool resend_subscribe = true;      ///< false: report it as timed out instead
  bool ping_despite_traffic = false; ///< the SDK pings each interval whatever was sent
  std::uint8_t pings_outstanding_max = 1; ///< more outstanding than this: the link is dead
  duration ping_timeout = std::chrono::seconds{10}; ///< strict: PINGRESP missing after this
  std::uint16_t in_flight_max = 100; ///< unacknowledged publishes of QoS 1 and 2
  std::uint16_t requests_max = 100;       ///< SUBSCRIBE and UNSUBSCRIBE not yet answered
  std::uint16_t incoming_qos2_max = 1000; ///< packet ids between PUBLISH and PUBREL
  /// Largest packet taken; 1,024 on the manual's board. A larger PUBLISH is passed over without
  /// being held; another packet that large is a violation.
  std::uint32_t receive_limit_bytes = 256 * 1024;
  bool acknowledge_oversized = true; ///< QoS 1/2 too large: acknowledged, reported, not delivered
};

client_behaviour sdk_behaviour();

/// What start() puts into CONNECT; views are read during the call only.
using connect_fields = connect_view;

/// Whether CONNECT with these fields keeps to the standard: an empty client id with a clean session
/// only ([MQTT-3.1.3-7], at 3.1 never), texts of UTF-8 without U+0000 ([MQTT-3.1.3-4],
/// [MQTT-3.1.3-10], [MQTT-3.1.3-11]), a will topic without wildcards and a will QoS that exists
/// ([MQTT-3.1.2-14]), a password with a user name only ([MQTT-3.1.2-22]), 65,535 octets at most.
bool valid_connect(const connect_fields& fields) noexcept;

/// Cookies from `first` to `last`, both among them.
struct cookie_range {
  std::uint64_t first = 0;
  std::uint64_t last = 0;

  [[nodiscard]] bool has(std::uint64_t cookie) const noexcept {
    return first <= cookie && cookie <= last;
  }
};

enum class publish_error : std::uint8_t { not_connected, window_full, too_large, bad_topic };
enum class subscribe_error : std::uint8_t { not_connected, too_many_pending, bad_filter };

namespace client_event {
struct connected { bool session_present; };
struct refused { connack_code code; };
/// A message for the application; acknowledged by the machine, delivered once at QoS 2.
struct message_arrived { message_view message; };
/// A QoS 1 or 2 publish is done (PUBACK, PUBCOMP); `due` and `cookie` as given to publish().
struct publish_acknowledged {
  std::uint16_t packet_id;
  std::uint64_t cookie;
  time_point due;
  bool was_resent; ///< PUBLISH went out more than once
};
/// A publish went out again: after the time-out, or on resuming the session.
struct publish_resent {
  std::uint16_t packet_id;
  std::uint64_t cookie;
  bool on_resume;
};
/// SUBACK came: one code a filter, in the order of the filters.
struct subscribe_acknowledged {
  std::uint16_t packet_id;
  bytes_view codes;
};
struct unsubscribe_acknowledged { std::uint16_t packet_id; };
/// A SUBSCRIBE or UNSUBSCRIBE was not answered and is not to be resent (`resend_subscribe`).
struct request_timed_out { std::uint16_t packet_id; };
/// A packet over receive_limit_bytes was thrown away.
struct packet_oversized { std::uint32_t bytes; qos level; };
/// The peer broke the standard or fell silent: leave the link.
struct failed { violation why; };
} // namespace client_event

using client_event_variant =
  std::variant<client_event::connected, client_event::refused, client_event::message_arrived,
               client_event::publish_acknowledged, client_event::publish_resent,
               client_event::subscribe_acknowledged, client_event::unsubscribe_acknowledged,
               client_event::request_timed_out, client_event::packet_oversized,
               client_event::failed>;

/// The machine of one device. A session kept by the client and forgotten by the server (CONNACK
/// without session present): unacknowledged publishes go out again as new messages, without DUP and
/// with their cookies, so that nothing promised to the application vanishes; a QoS 2 message whose
/// PUBREC came is the server's already and is only released; incoming packet ids are forgotten.
/// MQTT 3.1 cannot tell, so there the session counts as kept.
///
/// Acknowledgements for a packet id that nobody waits for are late repeats and ignored (PUBREC and
/// PUBREL are still answered); one of the wrong kind for its id fails with unexpected_ack.
class client {
public:
  /// `behaviour` must outlive the client.
  explicit client(const client_behaviour& behaviour);
  ~client();
  client(client&&) noexcept;
  client& operator=(client&&) noexcept;

  /// The transport is up: appends CONNECT. A clean session forgets the former one's state. The
  /// fields must be valid_connect().
  void start(const connect_fields& fields, time_point now, byte_buffer& out);

  /// Lends the bytes that arrived; they must stay valid until next_event() answered nothing.
  /// Ignored when no connection is open (before start(), after stop(), refused or failed).
  void receive(bytes_view bytes, time_point now);

  /// The next event, or nothing: then the rest of the bytes is kept for the next receive(). Views
  /// in the event live until the next call.
  std::optional<client_event_variant> next_event(byte_buffer& out);

  /// Does what is due: resends, pings, gives up.
  void handle_timeout(time_point now, byte_buffer& out);
  [[nodiscard]] time_point next_timeout() const noexcept;

  /// Sends a message; answers its packet id (0 at QoS 0). `due` and `cookie` come back with the
  /// acknowledgement. While a persistent session is down, QoS 1 and 2 are refused (not_connected):
  /// the device decides what to keep.
  result<std::uint16_t, publish_error> publish(const message_view& message, time_point due,
                                               std::uint64_t cookie, time_point now,
                                               byte_buffer& out);

  /// Unacknowledged publishes with these cookies are not sent again, by time or on resuming, until
  /// release(): for what the server would take and throw away now. Those of one range keep their
  /// order ([MQTT-4.6.0-1]); others overtake them. They stay in flight and an acknowledgement that
  /// is still on its way counts.
  void hold(cookie_range which) noexcept;
  /// Sends those held again, oldest first, and from now on as any other. Needs connected().
  void release(cookie_range which, time_point now, byte_buffer& out);
  /// Forgets those held, which are never acknowledged then; answers how many. One stays whose
  /// packet id the server may still use: sent on this connection, or of QoS 2 in a session that the
  /// server kept. Needs connected().
  std::size_t abandon(cookie_range which) noexcept;

  /// Sends SUBSCRIBE; answers its packet id. At most `requests_max` may be unanswered.
  result<std::uint16_t, subscribe_error> subscribe(std::span<const filter_request> filters,
                                                   time_point now, byte_buffer& out);
  result<std::uint16_t, subscribe_error> unsubscribe(std::span<const std::string_view> filters,
                                                     time_point now, byte_buffer& out);

  /// Appends DISCONNECT; nothing may follow on this transport.
  void stop(byte_buffer& out);

  /// The transport is gone. The session stays unless it was clean: ask unacknowledged() before, if
  /// it matters. Unanswered SUBSCRIBE and UNSUBSCRIBE belong to the connection and are forgotten.
  void lost();

  [[nodiscard]] bool connected() const noexcept;
  [[nodiscard]] std::size_t in_flight() const noexcept;
  /// Cookies of publishes not yet acknowledged, oldest first.
  [[nodiscard]] std::vector<std::uint64_t> unacknowledged() const;
  /// Heap octets held, for the memory count.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

  /// Asks for the memory that most calls will read, in two steps (fetch_ahead.hpp).
  void foresee(unsigned step) const noexcept;

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace fleet::mqtt
