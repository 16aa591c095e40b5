// The retained messages of the open broker (MQTT 3.1.1, 3.3.1.3): one per topic, bounded in number
// and octets, replayed to new subscriptions in the order of their topics.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/mqtt/server.hpp"

namespace fleet::cloud {

class retained_messages {
public:
  struct kept {
    mqtt::message_ptr message;
    mqtt::qos qos = mqtt::qos::at_most_once;
  };

  retained_messages(std::uint32_t count_max, std::uint64_t bytes_max)
      : count_max_(count_max), bytes_max_(bytes_max) {}

  /// Replaces the topic's message. False when a bound would be passed: then the topic has none any
  /// more, since the former one is not the last ([MQTT-3.3.1-7]).
  bool set(mqtt::message_ptr message, mqtt::qos q);
  /// Forgets the topic's message ([MQTT-3.3.1-10]).
  void clear(std::string_view topic);
  /// Fills `out` with what `filter` selects, by topic; an exact filter costs one look-up, one with
  /// wildcards walks the topics that share its literal beginning.
  void find(std::string_view filter, std::vector<kept>& out) const;

  [[nodiscard]] std::size_t size() const noexcept { return by_topic_.size(); }
  [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_; }

private:
  std::map<std::string, kept, std::less<>> by_topic_;
  std::uint32_t count_max_;
  std::uint64_t bytes_max_;
  std::uint64_t bytes_ = 0;
};

} // namespace fleet::cloud
