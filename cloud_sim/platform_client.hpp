// What the platform remembers of one device: its MQTT session and its subscriptions. The two topics
// that every device uses are flags; the rest, seldom used, is a list.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cloud_sim/character.hpp"

namespace fleet::cloud {

struct product;

/// Topics that the platform delivers often, so that a client keeps its grants for them ready.
enum class known_topic : std::uint8_t { property_post_reply, property_set };
inline constexpr std::size_t known_topic_count = 2;
/// What follows `/sys/PK/DN/`.
std::string_view suffix_of(known_topic t) noexcept;

struct platform_client final : peer {
  platform_client(std::uint32_t device, std::string_view product_key, std::string_view device_name);

  /// False when the device has `limit` subscriptions already and this is another one. refresh()
  /// when a packet's filters are through.
  bool subscribe(std::string_view filter, mqtt::qos q, std::uint32_t limit);
  void unsubscribe(std::string_view filter);
  void refresh();
  /// Takes the client as subscribed to all of §9.4 at QoS 1.
  void subscribe_automatically();
  [[nodiscard]] bool subscribed_automatically() const noexcept { return auto_ != 0; }

  // Its subscriptions as they are kept over the twin's own death.
  void describe(session_head& out) const;
  void restore(const session_head& head);

  /// The QoS at which a topic was granted to this device; below 0: not at all.
  [[nodiscard]] int granted(known_topic t) const noexcept {
    return effective_[static_cast<std::size_t>(t)] - 1;
  }
  /// The same for any topic; linear in the device's own subscriptions.
  [[nodiscard]] int granted(std::string_view topic) const noexcept;

  [[nodiscard]] std::string_view product_key() const noexcept {
    return std::string_view{own}.substr(1, key_length_);
  }
  [[nodiscard]] std::string_view device_name() const noexcept {
    return std::string_view{own}.substr(key_length_ + 2U, own.size() - key_length_ - 3U);
  }
  /// Whether a topic is `/sys/PK/DN/` and then `suffix`, to the letter.
  [[nodiscard]] bool is_own_system(std::string_view topic, std::string_view suffix) const noexcept;
  [[nodiscard]] std::uint32_t subscription_count() const noexcept;
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

  const std::uint32_t index;
  const std::string own; ///< `/PK/DN/`
  product* of = nullptr; ///< outlives the client

private:
  struct entry {
    std::string filter;
    mqtt::qos qos;
  };
  [[nodiscard]] bool system_suffix(std::string_view topic, std::string_view& suffix) const noexcept;
  [[nodiscard]] bool automatic(std::size_t at) const noexcept { return ((auto_ >> at) & 1U) != 0; }

  const std::uint8_t key_length_;
  // 0: not subscribed, else the granted QoS + 1.
  std::array<std::uint8_t, known_topic_count> exact_{};
  std::array<std::uint8_t, known_topic_count> effective_{};
  std::uint64_t auto_ = 0; ///< by place in the list of §9.4
  std::unique_ptr<std::vector<entry>> others_;
};

} // namespace fleet::cloud
