// The vendor's platform as its devices see it over MQTT (aliyun-iot.md §5, §8.1, §9): HMAC log-on,
// topic classes, replies, property set. A message finds its device by index; there is no tree, and
// no way from one device to another.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cloud_sim/broker.hpp"
#include "cloud_sim/character.hpp"
#include "cloud_sim/platform_client.hpp"
#include "cloud_sim/registry.hpp"
#include "protocol/base/json.hpp"
#include "protocol/alink/topics.hpp"

namespace fleet::cloud {

struct platform_options {
  alink::access_rules access; ///< what it points to must outlive the twin
  std::uint32_t subscriptions_max = 100; ///< per device (§8.1)
  std::uint16_t keep_alive_min_s = 30;
  std::uint16_t keep_alive_max_s = 1200;
  /// Whether 1 s up to the minimum is refused; otherwise it counts as the minimum (§24).
  bool strict_keep_alive = false;
  /// Whether a publish outside the rights ends the connection; otherwise it is dropped (§24).
  bool close_on_refused_publish = false;
};

class platform_character final : public character {
public:
  platform_character(broker& core, registry& devices, const platform_options& options);

  void on_connect(connection& from, const mqtt::connect_view& connect) override;
  void on_publish(connection& from, const mqtt::message_view& message) override;
  void on_subscribe(connection& from, std::uint16_t packet_id,
                    std::span<const mqtt::server_event::filter> filters) override;
  void on_unsubscribe(connection& from, std::span<const std::string_view> filters) override;
  void on_acknowledged(std::uint64_t cookie) override;
  void on_will(const mqtt::stored_message& will, mqtt::qos q, bool retain) override;
  void forget(peer& who) override;
  /// Tells of each device online now, and of each that logs on from now on.
  void watch(device_listener* listener) override;
  command_outcome command(std::uint32_t device, mqtt::qos q) override;

  /// Disabling ends the device's connection and forgets what was kept for it.
  void set_disabled(std::uint32_t device, bool disabled);


private:
  struct login {
    mqtt::connack_code verdict = mqtt::connack_code::bad_credentials;
    std::uint32_t device = 0;
    bool auto_subscribe = false;
    alink::identity who;
  };
  [[nodiscard]] login judge(const mqtt::connect_view& connect) const;
  [[nodiscard]] mqtt::connack_code enforceable(std::uint16_t asked, std::uint16_t& enforced) const;
  void take(platform_client& who, const mqtt::message_view& message, alink::topic_kind kind,
            bool reply, bool may_subscribe);
  void answer(platform_client& who, const mqtt::message_view& request);
  void send(platform_client& who, std::string_view topic, bytes_view payload, mqtt::qos q,
            std::uint64_t cookie);

  broker& broker_;
  registry& devices_;
  platform_options options_;
  device_listener* listener_ = nullptr;
  std::vector<std::uint8_t> codes_;
  std::string topic_;
  byte_buffer payload_;
  json_reader json_;
  std::uint64_t command_id_ = 0;
};

} // namespace fleet::cloud
