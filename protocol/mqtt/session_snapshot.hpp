// A server's session as it is kept over the server's own death: record by record, each with a place
// of its own, so that a message that comes or goes costs one record and not the whole queue. What
// is kept and its octets; where it is kept is the owner's business.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/bytes.hpp"
#include "protocol/mqtt/types.hpp"

namespace fleet::mqtt {

/// Where a message of a session stands (MQTT 3.1.1, 3.1.2.4). The numbers are in the octets: they
/// never change.
enum class session_stage : std::uint8_t {
  waiting = 0,  ///< not sent yet
  sent = 1,     ///< before its PUBACK or PUBREC
  released = 2, ///< QoS 2, between PUBREC and PUBCOMP; the message itself is done with
  incoming = 3  ///< from the client, QoS 2: a packet id between PUBLISH and PUBREL
};

/// One thing that a session remembers. Messages have places from 1 in the order in which they are
/// to be sent; an incoming packet id has the place below 0 that is its negative.
struct session_record {
  session_stage stage = session_stage::waiting;
  mqtt::qos qos = qos::at_least_once; ///< of waiting and sent
  bool retain = false;                ///< of waiting and sent
  std::uint16_t packet_id = 0;        ///< not of waiting
  std::uint64_t cookie = 0;           ///< not of incoming
  std::string_view topic{};           ///< of waiting and sent
  bytes_view payload{};               ///< of waiting and sent
};

/// Appends a record: payload, topic and some eight octets.
void append_record(byte_buffer& out, const session_record& record);
/// The record that append_record() wrote, viewing `kept`; nothing for other octets.
std::optional<session_record> read_record(bytes_view kept) noexcept;

/// A subscription of the session, which the owner knows and the machine does not.
struct kept_subscription {
  std::string filter;
  mqtt::qos qos = qos::at_most_once;
  friend bool operator==(const kept_subscription&, const kept_subscription&) = default;
};

/// Appends all of a session's subscriptions.
void append_subscriptions(byte_buffer& out, const std::vector<kept_subscription>& subscriptions);
/// What append_subscriptions() wrote; nothing for other octets, or where a filter is no valid one.
std::optional<std::vector<kept_subscription>> read_subscriptions(bytes_view kept);

} // namespace fleet::mqtt
