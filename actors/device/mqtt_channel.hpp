// A device's own MQTT session as a channel to its cloud: what is sent goes into the client machine
// and onto the board's link at once. Keeps nothing of its own.
#pragma once

#include <optional>
#include <span>

#include "actors/device/cloud_channel.hpp"
#include "actors/device/device.hpp"

namespace fleet::actors {

/// Topics in one SUBSCRIBE (aliyun-iot.md §8.1).
inline constexpr std::size_t filters_per_packet = 8;

/// What a device lends to its optional parts; all of it outlives them.
struct device_parts {
  device_surroundings& around;
  const product_settings& product;
  device_slot& slot;
  mqtt::client& client;
};

/// Why a message of so many octets has no room in the client's window or the board's RAM, beside
/// what waits there for its acknowledgement; none: it has.
std::optional<skip> obstacle_on(const hal::memory_budget& ram, const mqtt::client& client,
                                std::size_t octets, std::size_t in_flight_max);
skip skip_of(mqtt::publish_error why) noexcept;

class mqtt_channel final : public cloud_channel {
public:
  explicit mqtt_channel(const device_parts& of) : of_(of) {}

  [[nodiscard]] bool open() const noexcept override;
  connection_code send(const cloud_message& message) override;
  [[nodiscard]] bool subscribes() const noexcept override { return true; }
  result<std::uint16_t, connection_code> subscribe(std::string_view filter, mqtt::qos q) override;
  result<std::uint16_t, connection_code> unsubscribe(std::string_view filter) override;

  /// The same for callers that know it is MQTT: any QoS, and by the meters' words why not.
  std::optional<skip> publish(const mqtt::message_view& message, time_point due,
                              std::uint64_t cookie);
  /// One SUBSCRIBE of all these filters; its packet id, or none when it cannot be sent now.
  std::optional<std::uint16_t> subscribe_all(std::span<const filter_text> filters);

private:
  device_parts of_;
};

} // namespace fleet::actors
