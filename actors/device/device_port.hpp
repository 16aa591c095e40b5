// A device's MQTT session as its thing and its sub-devices see it: a place to publish and to
// subscribe. Keeps nothing of its own.
#pragma once

#include <optional>
#include <span>

#include "actors/device/mqtt_channel.hpp"
#include "actors/device/thing_link.hpp"

namespace fleet::actors {

class gateway_part;

class device_port final : public thing_link {
public:
  explicit device_port(const device_parts& of) : of_(of), channel_(of) {}

  [[nodiscard]] std::optional<skip> obstacle(std::size_t octets) const override;
  std::optional<skip> publish(const mqtt::message_view& message, time_point due,
                              std::uint64_t cookie) override {
    return channel_.publish(message, due, cookie);
  }
  bool write_pack(byte_buffer& out, std::uint32_t id, const alink::pack_part& own) override;
  [[nodiscard]] bool lost_child_since(time_point when) const override;

  std::optional<std::uint16_t> subscribe(std::span<const filter_text> filters) {
    return channel_.subscribe_all(filters);
  }

  /// Who is behind this device; nobody until it is told.
  void set_gateway(gateway_part* gateway) noexcept { gateway_ = gateway; }

private:
  device_parts of_;
  mqtt_channel channel_;
  gateway_part* gateway_ = nullptr;
};

} // namespace fleet::actors
