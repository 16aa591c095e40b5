// Sizes first: what is too large takes nothing of the rates.
#include "cloud_sim/uplink_guard.hpp"

#include <algorithm>

namespace fleet::cloud {

uplink_guard::uplink_guard(const platform_bounds& bounds) noexcept
    : bounds_(bounds),
      bounded_(bounds.up_qos0.most != 0 || bounds.up_qos1.most != 0 || bounds.up_octets.most != 0
               || bounds.shadow.most != 0 || bounds.payload_max != 0 || bounds.topic_max != 0
               || bounds.custom_slashes_max != 0) {}

bool uplink_guard::passes(std::uint32_t device, const mqtt::message_view& message,
                          alink::topic_kind kind, time_point now) {
  const auto& b = bounds_;
  const auto size = message.payload.size();
  if ((b.payload_max != 0 && size > b.payload_max) || !passes_filter(message.topic)) {
    return false;
  }
  if (b.custom_slashes_max != 0 && kind == alink::topic_kind::custom
      && std::count(message.topic.begin(), message.topic.end(), '/') > b.custom_slashes_max) {
    return false;
  }
  const bool qos0 = message.qos == mqtt::qos::at_most_once;
  auto& rates = qos0 ? at_qos_0_ : at_qos_1_;
  return rates.take(device, qos0 ? b.up_qos0 : b.up_qos1, now)
         && octets_.take(device, b.up_octets, now, static_cast<std::uint32_t>(size))
         && (kind != alink::topic_kind::shadow_update || shadow_.take(device, b.shadow, now));
}

} // namespace fleet::cloud
