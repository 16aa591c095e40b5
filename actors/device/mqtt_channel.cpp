// Calls of the client machine with the board's link for its output.
#include "actors/device/mqtt_channel.hpp"

#include <algorithm>
#include <array>

namespace fleet::actors {

namespace {

connection_code code_of(mqtt::subscribe_error why) noexcept {
  switch (why) {
    case mqtt::subscribe_error::not_connected: return connection_code::not_connected;
    case mqtt::subscribe_error::too_many_pending: return connection_code::list_full;
    case mqtt::subscribe_error::bad_filter: return connection_code::bad_topic;
  }
  FLEET_CHECK(false);
}

connection_code code_of(skip why) noexcept {
  switch (why) {
    case skip::offline: return connection_code::not_connected;
    case skip::window:
    case skip::memory: return connection_code::list_full;
    case skip::too_large: return connection_code::buffer_exceeded;
    case skip::bad_topic: return connection_code::bad_topic;
  }
  FLEET_CHECK(false);
}

result<std::uint16_t, connection_code>
answer(const result<std::uint16_t, mqtt::subscribe_error>& sent) {
  if (!sent) {
    return fail(code_of(sent.error()));
  }
  return sent.value();
}

} // namespace

std::optional<skip> obstacle_on(const hal::memory_budget& ram, const mqtt::client& client,
                                std::size_t octets, std::size_t in_flight_max) {
  const auto in_flight = client.in_flight();
  if (in_flight >= in_flight_max) {
    return skip::window;
  }
  // What waits for its acknowledgement lies in RAM, and so will this one.
  if (ram.available(client.memory_bytes() + octets)) {
    return std::nullopt;
  }
  return in_flight == 0 || !ram.available(octets) ? skip::too_large : skip::memory;
}

skip skip_of(mqtt::publish_error why) noexcept {
  switch (why) {
    case mqtt::publish_error::not_connected: return skip::offline;
    case mqtt::publish_error::window_full: return skip::window;
    case mqtt::publish_error::too_large: return skip::too_large;
    case mqtt::publish_error::bad_topic: return skip::bad_topic;
  }
  FLEET_CHECK(false);
}

bool mqtt_channel::open() const noexcept {
  return of_.slot.board.link.up() && of_.client.connected();
}

std::optional<skip> mqtt_channel::publish(const mqtt::message_view& message, time_point due,
                                          std::uint64_t cookie) {
  auto& link = of_.slot.board.link;
  if (!link.up()) {
    return skip::offline;
  }
  const auto sent = of_.client.publish(message, due, cookie, of_.around.home->now(), link.output());
  return sent ? std::nullopt : std::optional{skip_of(sent.error())};
}

connection_code mqtt_channel::send(const cloud_message& message) {
  mqtt::message_view out;
  out.topic = message.topic;
  out.payload = message.payload;
  if (message.how == delivery::acknowledged) {
    out.qos = mqtt::qos::at_least_once;
    if (const auto why = obstacle_on(of_.slot.board.memory, of_.client, message.payload.size(),
                                     of_.product.client.in_flight_max)) {
      return code_of(*why);
    }
  }
  const auto why = publish(out, message.due, message.cookie);
  return why ? code_of(*why) : connection_code::done;
}

result<std::uint16_t, connection_code> mqtt_channel::subscribe(std::string_view filter,
                                                               mqtt::qos q) {
  auto& link = of_.slot.board.link;
  if (!link.up()) {
    return fail(connection_code::not_connected);
  }
  const mqtt::filter_request one{filter, q};
  return answer(of_.client.subscribe({&one, 1}, of_.around.home->now(), link.output()));
}

result<std::uint16_t, connection_code> mqtt_channel::unsubscribe(std::string_view filter) {
  auto& link = of_.slot.board.link;
  if (!link.up()) {
    return fail(connection_code::not_connected);
  }
  return answer(of_.client.unsubscribe({&filter, 1}, of_.around.home->now(), link.output()));
}

std::optional<std::uint16_t> mqtt_channel::subscribe_all(std::span<const filter_text> filters) {
  std::array<mqtt::filter_request, filters_per_packet> asked;
  FLEET_CHECK(filters.size() <= asked.size());
  std::transform(filters.begin(), filters.end(), asked.begin(), [](const filter_text& f) {
    return mqtt::filter_request{f.filter, f.qos};
  });
  auto& link = of_.slot.board.link;
  if (!link.up()) {
    return std::nullopt;
  }
  const auto sent =
      of_.client.subscribe({asked.data(), filters.size()}, of_.around.home->now(), link.output());
  return sent ? std::optional{sent.value()} : std::nullopt;
}

} // namespace fleet::actors
