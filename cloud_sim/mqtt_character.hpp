// The open character: a complete MQTT 3.1.1 broker for `--profile mqtt`. Everybody may use every
// topic but `$…`, which belongs to the broker itself.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "cloud_sim/broker.hpp"
#include "cloud_sim/character.hpp"
#include "cloud_sim/exchange_desk.hpp"
#include "cloud_sim/retained.hpp"
#include "cloud_sim/subscription_tree.hpp"

namespace fleet::alink {
class credential_source;
}

namespace fleet::cloud {

struct user_password {
  std::string user;
  std::string password;
};

struct open_options {
  /// Whether clients without a known user name may connect. With false and no users nobody can.
  bool anonymous = true;
  std::vector<user_password> users;
  /// Where commands to devices go; `{device}` and `{index}` are replaced.
  std::string command_topic = "fleet/{device}/down";
};

class mqtt_character final : public character, private exchange_desk::clients {
public:
  /// `names` gives `{device}` by index; none: `dev_` and six digits.
  mqtt_character(broker& core, const open_options& options, const alink::credential_source* names);
  ~mqtt_character() override;

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
  /// Tells of each device whose tagged message passes.
  void watch(device_listener* listener) override { listener_ = listener; }
  command_outcome command(std::uint32_t device, mqtt::qos q, time_point due) override;

  /// Publishes from inside; the only way onto `$…` topics.
  void publish(std::string_view topic, bytes_view payload, mqtt::qos q, bool retain);

  /// At start: a retained message as it was kept.
  void load_retained(mqtt::message_ptr message, mqtt::qos q);

  /// To be called once, before the first stream, where others like it live on other homes of the
  /// broker's neighbours: the exchange between them, which outlives it.
  void live_abroad(exchange& between);
  [[nodiscard]] const exchange_desk* abroad() const noexcept { return abroad_.get(); }

  [[nodiscard]] std::size_t client_count() const noexcept { return clients_.size(); }
  [[nodiscard]] const retained_messages& retained() const noexcept { return retained_; }

private:
  struct client;
  /// The client that a command to a device is for. Whoever else its topic reaches may read it, and
  /// acknowledges for nobody but itself.
  struct addressee {
    client* who = nullptr;
    mqtt::qos granted = mqtt::qos::at_most_once;
    bool sole = false; ///< nobody else could be meant just as well
  };

  [[nodiscard]] mqtt::connack_code judge(const mqtt::connect_view& connect) const;
  [[nodiscard]] client* find(std::string_view id) const;
  [[nodiscard]] std::uint32_t number_of(std::string_view id) const;
  std::string make_id();
  client& seat(std::string id);
  void retain(const mqtt::message_ptr& message, mqtt::qos q);
  void on_message(const mqtt::stored_message& message, mqtt::qos q) override;
  void on_announced(std::uint64_t ticket, const std::vector<std::string>& refused) override;
  void on_settled(std::uint64_t ticket) override;
  /// A SUBSCRIBE of which the other homes are not all told yet; its connection is held.
  struct asking;
  void ask_abroad(connection& from, std::uint16_t packet_id,
                  std::span<const mqtt::server_event::filter> filters);
  std::uint8_t settle(client& who, const std::string& filter, mqtt::qos q, bool refused);
  void release_all(const client& who);
  std::uint8_t subscribe(client& who, const mqtt::server_event::filter& f);
  void replay(client& who, const mqtt::server_event::filter& f, mqtt::qos granted);
  [[nodiscard]] std::string name_of(std::uint32_t device) const;
  void write_command_topic(std::string_view name, std::uint32_t device);
  [[nodiscard]] bool listens_to(const client& who, std::string_view topic) const;
  /// Among matches_.
  [[nodiscard]] addressee find_addressee(std::uint32_t device, std::string_view name) const;
  /// Hands a message to all that matches_ holds; `stored`: made before, or null. The copy for `to`
  /// bears the cookie.
  void route(const mqtt::message_view& message, mqtt::message_ptr stored, const client* to,
             message_mark mark);

  broker& broker_;
  open_options options_;
  const alink::credential_source* names_;
  std::string listed_key_; ///< the product of `names_`; empty: none are listed
  subscription_tree tree_;
  retained_messages retained_;
  /// Looked up, never walked: its order is nobody's business.
  std::unordered_map<std::string_view, std::unique_ptr<client>> clients_;
  std::unordered_map<std::string_view, const std::string*> passwords_;
  std::vector<subscription_tree::match> matches_;
  std::vector<std::uint8_t> codes_;
  std::vector<retained_messages::kept> replayed_;
  std::unique_ptr<exchange_desk> abroad_;  ///< none: all clients live here
  std::map<std::uint64_t, asking> asking_; ///< by ticket
  std::string command_topic_;
  byte_buffer command_payload_;
  std::uint64_t made_ids_ = 0;
  std::uint64_t command_id_ = 0;
  device_listener* listener_ = nullptr;
  bool routing_ = false;
};

} // namespace fleet::cloud
