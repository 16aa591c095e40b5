// The vendor's platform as its devices see it over MQTT (aliyun-iot.md §8.1, §9): sessions, topic
// classes, and who takes which message. A message finds its device by index; there is no tree, and
// no way from one device to another. Who may come in is platform_door's.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "cloud_sim/broker.hpp"
#include "cloud_sim/character.hpp"
#include "cloud_sim/platform_calls.hpp"
#include "cloud_sim/platform_door.hpp"
#include "cloud_sim/platform_firmware.hpp"
#include "cloud_sim/platform_gateways.hpp"
#include "cloud_sim/platform_options.hpp"
#include "cloud_sim/platform_shadows.hpp"
#include "cloud_sim/platform_state.hpp"
#include "cloud_sim/platform_things.hpp"
#include "cloud_sim/post_door.hpp"
#include "cloud_sim/registry.hpp"
#include "cloud_sim/switchboard.hpp"
#include "cloud_sim/uplink_guard.hpp"

namespace fleet::cloud {

class platform_character final : public character,
                                 private presence_listener,
                                 private post_platform {
public:
  platform_character(broker& core, registry& devices, platform_state& state,
                     const platform_options& options);

  /// Takes the tokens of pre-auth from now on; null: none. Must outlive the character.
  void take_tokens(const platform_logons* logons) noexcept { door_.take_tokens(logons); }

  [[nodiscard]] const id2_keys* id2() const noexcept override { return &door_; }
  [[nodiscard]] std::optional<std::uint64_t>
  place_of(const mqtt::connect_view& connect) const override;
  void on_connect(connection& from, const mqtt::connect_view& connect) override;
  void on_publish(connection& from, const mqtt::message_view& message) override;
  void on_subscribe(connection& from, std::uint16_t packet_id,
                    std::span<const mqtt::server_event::filter> filters) override;
  void on_unsubscribe(connection& from, std::span<const std::string_view> filters) override;
  void on_will(const mqtt::stored_message& will, mqtt::qos q, bool retain) override;
  void on_gone(peer& who, std::uint32_t connection) override;
  [[nodiscard]] std::uint32_t number_of(const peer& who) const override;
  void forget(peer& who) override;
  [[nodiscard]] std::string_view kept_name(const peer& who) const override;
  [[nodiscard]] std::optional<std::uint64_t> place_of_kept(std::string_view name) const override;
  void describe(const peer& who, session_head& out) const override;
  peer* reseat(std::string_view name, const session_head& head) override;
  /// Tells of each device online now, and of each that logs on from now on.
  void watch(device_listener* listener) override;
  command_outcome command(std::uint32_t device, mqtt::qos q, time_point due) override;

  /// Disabling ends the device's connection and forgets what was kept for it.
  void set_disabled(std::uint32_t device, bool disabled);
  /// Ends its connection, or its session behind a gateway, and what was kept for it.
  void withdraw(std::uint32_t device);
  /// To the devices of a product that are online and subscribed, as far as the bounds go; answers
  /// how many connections were told (§9.1), or nothing where there were too many broadcasts, or
  /// this one is too large. A gateway that subscribed it is told once for all of
  /// its sub-devices of that product, while one is logged in.
  std::optional<std::uint32_t> broadcast(product& to, std::string_view topic, bytes_view payload);

  /// Each device of a product that is online, sub-devices last.
  template <class Visitor>
  void for_each_line(const product& of, Visitor visit) {
    broker_.for_each_online([&](peer& who) {
      auto& client = static_cast<platform_client&>(who);
      if (client.of == &of) {
        visit(switchboard::direct(client));
      }
    });
    state_.relations.for_each_relation([&](device_index, device_index sub_device) {
      auto* const client = lines_.sub_device(sub_device);
      if (client != nullptr && client->of == &of) {
        visit(lines_.find(sub_device));
      }
    });
  }

  /// Devices that are online and have not done yet what their shadow's desired part asks (§13).
  [[nodiscard]] std::uint64_t shadows_waiting() const;

  /// Where firmware is to be had, once that is known; see firmware_options::url.
  void serve_firmware_at(std::string base) { options_.firmware.url = std::move(base); }

  // For the console.
  [[nodiscard]] broker& core() noexcept { return broker_; }
  [[nodiscard]] registry& devices() noexcept { return devices_; }
  [[nodiscard]] platform_state& state() noexcept { return state_; }
  [[nodiscard]] const platform_state& state() const noexcept { return state_; }
  [[nodiscard]] const platform_options& options() const noexcept { return options_; }
  [[nodiscard]] switchboard& lines() noexcept { return lines_; }
  [[nodiscard]] const switchboard& lines() const noexcept { return lines_; }
  [[nodiscard]] platform_shadows& shadows() noexcept { return shadows_; }
  [[nodiscard]] platform_gateways& gateways() noexcept { return gateways_; }
  [[nodiscard]] platform_calls& calls() noexcept { return calls_; }
  [[nodiscard]] platform_firmware& firmware() noexcept { return firmware_; }
  /// Also for the front doors of devices that only post.
  [[nodiscard]] post_door& posts() noexcept { return posts_; }

private:
  platform_client& seat(std::uint32_t device, const alink::identity& who);
  void note_presence(std::uint32_t device, product& of, bool online);
  void on_sub_device(device_index device, bool online) override;
  post_verdict take_post(platform_client& as, const mqtt::message_view& message, std::uint32_t link,
                         answer_box& answer) override;
  void on_posting(platform_client& who, post_protocol by, bool online) override;
  /// The device that a gateway's packet is about: itself, or a sub-device that is logged in.
  [[nodiscard]] platform_client& subject(platform_client& who, std::uint32_t link,
                                         std::string_view topic) const;
  /// Whether a publish is within platform_bounds; counts it either way.
  bool within_bounds(device_index device, const mqtt::message_view& message,
                     alink::topic_kind kind);
  /// Whether `as`, which speaks over the connection of `who`, may hear what a filter selects.
  [[nodiscard]] bool may_hear(const platform_client& as, const platform_client& who,
                              std::string_view filter) const;
  void take(const uplink& what, std::uint32_t link, bool may_subscribe);
  void echo(const uplink& what);

  broker& broker_;
  registry& devices_;
  platform_state& state_;
  platform_options options_; ///< as they came, but for what is known late
  platform_door door_;
  switchboard lines_;
  platform_things things_;
  platform_shadows shadows_;
  platform_gateways gateways_;
  platform_calls calls_;
  platform_firmware firmware_;
  post_door posts_;
  device_listener* listener_ = nullptr;
  uplink_guard guard_;
  std::vector<std::uint8_t> codes_;
  std::vector<platform_client*> touched_;
  std::string topic_;
  byte_buffer payload_;
};

} // namespace fleet::cloud
