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

class device_port final : public thing_link {
public:
  explicit device_port(const device_parts& of) : of_(of) {}

  [[nodiscard]] bool ready(std::size_t octets) const override;
  bool publish(const mqtt::message_view& message, time_point due, std::uint64_t cookie) override;
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
