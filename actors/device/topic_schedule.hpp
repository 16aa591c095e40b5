// The topics that a product's devices listen to for a while, by its plan (features.hpp): registers
// and unregisters them at the device's cloud connection and counts what comes of it. Judges no
// message.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "actors/device/cloud_connection.hpp"
#include "actors/device/mqtt_channel.hpp"

namespace fleet::actors {

class topic_schedule final : topic_handler {
public:
  /// `own`: the filters that the device subscribes by itself.
  topic_schedule(const device_parts& of, std::span<const filter_text> own);
  topic_schedule(const topic_schedule&) = delete;
  topic_schedule& operator=(const topic_schedule&) = delete;

  /// As cloud_connection's.
  topic_fit dispatch(const mqtt::message_view& message) { return connection_.dispatch(message); }
  void welcomed(bool session_present) { connection_.welcomed(session_present); }
  void online();
  void lost() { connection_.lost(); }
  bool subscribed(std::uint16_t id, bool granted) { return connection_.subscribed(id, granted); }
  bool unsubscribed(std::uint16_t id) { return connection_.unsubscribed(id); }
  bool timed_out(std::uint16_t id) { return connection_.timed_out(id); }
  /// Registers and unregisters nothing any more.
  void quiet();

  void handle_timeout();
  [[nodiscard]] time_point next_timeout() const noexcept;

  [[nodiscard]] cloud_connection& connection() noexcept { return connection_; }
  /// Octets, its own size included.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  struct listening {
    std::string filter;
    time_point due = never; ///< of the next registration, or of its end
    time_point began{};     ///< when this round's registration was due
    bool on = false;
  };

  void on_topic_message(std::uint32_t token, const mqtt::message_view& message) override;
  void on_topic_news(std::uint32_t token, topic_news what) override;
  void step(std::uint32_t which);
  [[nodiscard]] std::string filter_of(const topic_plan& plan) const;
  [[nodiscard]] time_point now() const noexcept { return of_.around.home->now(); }

  device_parts of_;
  mqtt_channel channel_;
  cloud_connection connection_;
  std::span<const topic_plan> plans_; ///< the product's
  std::vector<listening> topics_;     ///< in the order of the plans
  bool started_ = false;
};

} // namespace fleet::actors
