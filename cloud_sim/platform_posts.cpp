// The platform and devices that only post (aliyun-iot.md §17, §18): the same rights, bounds, ledger
// and answers as over MQTT, without a session.
#include <utility>

#include "cloud_sim/platform_character.hpp"
#include "protocol/mqtt/topic.hpp"

namespace fleet::cloud {

// Sub-devices need a gateway with a session, so what a gateway asks for them is not for posts.
post_verdict platform_character::take_post(platform_client& as, const mqtt::message_view& message,
                                           std::uint32_t link, answer_box& answer) {
  const auto topic = alink::parse_topic(message.topic);
  const auto rights = alink::topic_rights(message.topic, as.product_key(), as.device_name(),
                                          as.of->topics.rules(options_.access));
  const bool for_sub_devices =
      alink::is_gateway_request(topic.kind) && topic.kind != alink::topic_kind::property_pack_post;
  if (!mqtt::valid_topic(message.topic) || !rights.may_publish || for_sub_devices) {
    add(broker_.counters().publishes_refused);
    return post_verdict::forbidden;
  }
  if (!within_bounds(as.index, message, topic.kind)) {
    return post_verdict::over_bound;
  }
  broker_.ledger().uplink(message.payload, message.dup, link, as.index);
  take({{&as, nullptr, &answer}, topic, message}, link, false);
  return post_verdict::taken;
}

void platform_character::on_posting(platform_client& who, post_protocol /*by*/, bool online) {
  if (online) {
    add(broker_.counters().devices_online);
  } else {
    subtract(broker_.counters().devices_online);
    firmware_.gone(who.index);
  }
  note_presence(who.index, *who.of, online);
}

} // namespace fleet::cloud
