// One look-up for direct devices, a second for sub-devices.
#include "cloud_sim/switchboard.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"

namespace fleet::cloud {

std::string_view to_string(post_protocol p) noexcept {
  switch (p) {
    case post_protocol::coap: return "coap";
    case post_protocol::http: return "http";
  }
  FLEET_CHECK(false);
}

line switchboard::find(std::uint32_t device) const noexcept {
  platform_client* const own = devices_.client(device);
  if (own != nullptr && own->online != nullptr) {
    return direct(*own);
  }
  const auto sub = sub_devices_.find(device);
  if (sub != sub_devices_.end()) {
    return {sub->second.as.get(), sub->second.gateway};
  }
  return own == nullptr ? line{} : direct(*own);
}

platform_client* switchboard::sub_device(std::uint32_t device) const noexcept {
  const auto sub = sub_devices_.find(device);
  return sub == sub_devices_.end() ? nullptr : sub->second.as.get();
}

std::int64_t switchboard::logged_in_ms(std::uint32_t device) const noexcept {
  const auto sub = sub_devices_.find(device);
  return sub == sub_devices_.end() ? 0 : sub->second.since_ms;
}

void switchboard::open_sub_device(std::uint32_t device, platform_client& gateway, product& of) {
  FLEET_CHECK(gateway.online != nullptr);
  const auto who = devices_.identity_of(device);
  auto made = std::make_unique<platform_client>(device, who.product_key, who.device_name);
  made->of = &of;
  if (gateway.subscribed_automatically()) { // its SDK leaves the subscriptions out for both
    made->subscribe_automatically();
  }
  sub_devices_.insert_or_assign(device,
                                sub_line{std::move(made), &gateway, broker_.home().wall_ms()});
}

bool switchboard::close_sub_device(std::uint32_t device) {
  return sub_devices_.erase(device) != 0;
}

std::optional<post_protocol> switchboard::posting(std::uint32_t device) const noexcept {
  const auto found = posting_.find(device);
  return found == posting_.end() ? std::nullopt : std::optional{found->second};
}

bool switchboard::within_bound(const line& to) {
  if (down_.take(to.as->index, downlinks, broker_.now())) {
    return true;
  }
  add(broker_.counters().downlinks_over_bound);
  return false;
}

void switchboard::send(const line& to, std::string_view topic, bytes_view payload, mqtt::qos q,
                       std::uint64_t cookie) {
  if (within_bound(to)) {
    put(to, topic, payload, q, {cookie, never});
  }
}

void switchboard::put(const line& to, std::string_view topic, bytes_view payload, mqtt::qos q,
                      message_mark mark) {
  if (q == mqtt::qos::at_most_once) {
    broker_.deliver_now(*to.through, topic, payload);
  } else {
    broker_.deliver(*to.through, broker_.messages().make(topic, payload, mark), q, false);
  }
}

void switchboard::reply(const line& to, std::string_view topic, bytes_view payload,
                        mqtt::qos asked) {
  if (to.box != nullptr) {
    add(broker_.counters().replies);
    to.box->put(payload);
    return;
  }
  const auto& who = *to.as;
  const int granted = who.is_own_system(topic, suffix_of(known_topic::property_post_reply))
                          ? who.granted(known_topic::property_post_reply)
                          : who.granted(topic);
  if (granted < 0) {
    return;
  }
  add(broker_.counters().replies);
  const auto q = replies_at_qos_0 ? mqtt::qos::at_most_once : asked;
  send(to, topic, payload, std::min(q, static_cast<mqtt::qos>(granted)), 0);
}

command_outcome switchboard::push(const line& to, std::string_view topic, bytes_view payload,
                                  mqtt::qos q, std::uint64_t cookie) {
  if (!to.online()) {
    return command_outcome::offline;
  }
  const int granted = to.as->granted(topic);
  if (granted < 0) {
    return command_outcome::not_subscribed;
  }
  if (to.through->online->congested() || !within_bound(to)) {
    return command_outcome::busy;
  }
  put(to, topic, payload, std::min(q, static_cast<mqtt::qos>(granted)), {cookie, never});
  return command_outcome::sent;
}

} // namespace fleet::cloud
