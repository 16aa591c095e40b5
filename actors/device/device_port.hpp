// A device's MQTT session as its thing and its sub-devices see it: a place to publish and to
// subscribe. Keeps nothing of its own.
#pragma once

#include <optional>
#include <span>

#include "actors/device/device.hpp"
#include "actors/device/thing_link.hpp"

namespace fleet::actors {

class gateway_part;

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

class device_port final : public thing_link {
public:
  explicit device_port(const device_parts& of) : of_(of) {}

  [[nodiscard]] std::optional<skip> obstacle(std::size_t octets) const override;
  std::optional<skip> publish(const mqtt::message_view& message, time_point due,
                              std::uint64_t cookie) override;
  bool write_pack(byte_buffer& out, std::uint32_t id, const alink::pack_part& own) override;

  /// One SUBSCRIBE of all these filters; its packet id, or none when it cannot be sent now.
  std::optional<std::uint16_t> subscribe(std::span<const filter_text> filters);

  /// Who is behind this device; nobody until it is told.
  void set_gateway(gateway_part* gateway) noexcept { gateway_ = gateway; }

private:
  device_parts of_;
  gateway_part* gateway_ = nullptr;
};

} // namespace fleet::actors
