// How a thing speaks to its cloud: over a device's own MQTT session, or through its gateway's. The
// thing does not know which.
#pragma once

#include <cstdint>
#include <optional>

#include "actors/device/meters.hpp"
#include "protocol/alink/gateway_messages.hpp"
#include "protocol/base/time.hpp"
#include "protocol/mqtt/types.hpp"

namespace fleet::actors {

class thing_link {
public:
  /// Why a message of so many octets that must be acknowledged has no room in window or RAM; none:
  /// it has.
  [[nodiscard]] virtual std::optional<skip> obstacle(std::size_t octets) const = 0;
  /// Sends; or says why it cannot. `due` and `cookie` come back with the acknowledgement.
  virtual std::optional<skip> publish(const mqtt::message_view& message, time_point due,
                                      std::uint64_t cookie) = 0;
  /// Writes a pack post (aliyun-iot.md §16.4) with the values of those behind `own`'s gateway;
  /// false when there is nobody behind it.
  virtual bool write_pack(byte_buffer& out, std::uint32_t id, const alink::pack_part& own) = 0;
  /// Whether somebody who could stand in a pack posted at `when` has lost its session since: then
  /// the platform refuses the whole pack, and nobody is to blame.
  [[nodiscard]] virtual bool lost_child_since(time_point when) const {
    (void)when;
    return false;
  }
  /// Whether a plain device takes the commands that the thing has no model to judge by.
  [[nodiscard]] virtual bool has_plain_device() const { return true; }

protected:
  ~thing_link() = default;
};

} // namespace fleet::actors
