// How a thing speaks to its cloud: over a device's own MQTT session, or through its gateway's. The
// thing does not know which.
#pragma once

#include <cstdint>

#include "protocol/alink/gateway_messages.hpp"
#include "protocol/base/time.hpp"
#include "protocol/mqtt/types.hpp"

namespace fleet::actors {

class thing_link {
public:
  /// Whether a message of so many octets that must be acknowledged has room in window and RAM.
  [[nodiscard]] virtual bool ready(std::size_t octets) const = 0;
  /// Sends; false when there is no session or no room. `due` and `cookie` come back with the
  /// acknowledgement.
  virtual bool publish(const mqtt::message_view& message, time_point due, std::uint64_t cookie) = 0;
  /// Writes a pack post (aliyun-iot.md §16.4) with the values of those behind `own`'s gateway;
  /// false when there is nobody behind it.
  virtual bool write_pack(byte_buffer& out, std::uint32_t id, const alink::pack_part& own) = 0;

protected:
  ~thing_link() = default;
};

} // namespace fleet::actors
