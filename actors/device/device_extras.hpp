// All that a device does beyond the plain one, behind one pointer: its thing and, of a gateway, its
// sub-devices. A plain device has none of it.
#pragma once

#include <memory>
#include <vector>

#include "actors/device/device_port.hpp"
#include "actors/device/firmware_part.hpp"
#include "actors/device/gateway_part.hpp"
#include "actors/device/thing.hpp"

namespace fleet::actors {

class device_extras {
public:
  /// `turns` may be null: then it fetches nothing.
  device_extras(const device_parts& of, turn_giver* turns);

  /// Appends the filters to subscribe, instead of the dialect's.
  void filters(std::vector<filter_text>& out) const;
  void online();
  void offline();
  void quiet();
  /// Of a gateway: logs its sub-devices out; left() once that is done (aliyun-iot.md §16.3).
  void leave();
  [[nodiscard]] bool left() const noexcept { return !gateway_ || gateway_->left(); }
  /// False for a message that the plain device shall look at.
  bool take(const mqtt::message_view& message);
  /// A SUBSCRIBE of device_port was answered.
  void subscribed(std::uint16_t packet_id);
  /// Whose message was acknowledged; `own` unless the cookie says otherwise.
  [[nodiscard]] device_slot& sender_of(std::uint64_t cookie, device_slot& own) noexcept;

  /// Something happened to a file that is fetched.
  void part_turn();
  void handle_timeout();
  [[nodiscard]] time_point next_timeout() const noexcept;

  /// Whether the thing makes the reports rather than the plain device.
  [[nodiscard]] bool reports() const noexcept { return thing_.reports(); }
  /// What its firmware wants done with the power.
  [[nodiscard]] power_need power() const noexcept {
    return firmware_ ? firmware_->power() : power_need::none;
  }
  /// Null without any.
  [[nodiscard]] const firmware_part* firmware() const noexcept { return firmware_.get(); }
  [[nodiscard]] thing& it() noexcept { return thing_; }
  [[nodiscard]] const gateway_part* gateway() const noexcept { return gateway_.get(); }
  /// Octets, its own size included.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  device_port port_;
  thing thing_;
  std::unique_ptr<gateway_part> gateway_;
  std::unique_ptr<firmware_part> firmware_;
};

} // namespace fleet::actors
