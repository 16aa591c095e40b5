// The cloud as a device's application sees it (aliyun-iot.md §19, CMP and cloud connection): one
// face over the protocols, topics registered and unregistered while it runs. Whoever owns the
// channel tells it what the far side answered; it owns no link and knows no packet.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "actors/device/cloud_channel.hpp"
#include "actors/device/uri_type.hpp"
#include "protocol/alink/gateway_messages.hpp"

namespace fleet::actors {

/// The topic, or filter, of a URI.
std::string topic_of(uri_type type, const alink::device_pair& who, std::string_view uri);

/// How a registration went on, after register_topic() or unregister_topic() said `done`. By the
/// SDK's events (§8.2): 3 and 5, 4 and 7, 6.
enum class topic_news : std::uint8_t {
  registered,
  refused,   ///< connection_code::refused; the registration is over
  timed_out, ///< of either request, only where `remembers` is off; the registration is over
  unregistered
};

/// Who registered a topic. Lives until it was told that the registration is over, or the connection
/// ends. May register and unregister from within both calls.
class topic_handler {
public:
  /// A message on a topic that the registration `token` fits best.
  virtual void on_topic_message(std::uint32_t token, const mqtt::message_view& message) = 0;
  virtual void on_topic_news(std::uint32_t token, topic_news what) = 0;

protected:
  ~topic_handler() = default;
};

/// Registrations at a time: the platform's limit (§8.1), and the SDK's (§8.2).
inline constexpr std::size_t platform_topics_max = 100;
inline constexpr std::size_t sdk_topics_max = 30;

struct connection_rules {
  std::size_t topics_max = platform_topics_max;
  /// Registrations made offline wait for the next log-on, and those of a session that the far side
  /// lost are made again. Off, as in the SDK (§8.2): offline is not_connected, a lost session is
  /// deaf, an unanswered request is over.
  bool remembers = true;
  /// The SDK's check of filters: a leading slash, visible ASCII (§8.2).
  bool vendor_filters = false;
};

/// The rules of the two behaviours; `sdk`: the SDK's.
connection_rules rules_of(bool sdk) noexcept;

/// Who an arriving message is for.
enum class topic_fit : std::uint8_t {
  handled, ///< its handler has it
  held,    ///< the device's own part: a filter of hold() fits best
  late,    ///< only what is being unregistered fits
  nobody
};

class cloud_connection {
public:
  /// `channel` outlives it.
  cloud_connection(cloud_channel& channel, const connection_rules& rules)
      : channel_(channel), rules_(rules) {}

  [[nodiscard]] bool open() const noexcept { return online_ && channel_.open(); }
  /// Sends now or not at all.
  connection_code send(const cloud_message& message);

  /// From now on messages that `filter` fits best go to `handler`. `done`: news follow. One that is
  /// registered already gets this handler and is asked for anew (MQTT 3.1.1, 3.8.4). failed,
  /// not_supported, bad_topic, list_full; not_connected as the rules have it.
  connection_code register_topic(std::string_view filter, mqtt::qos q, topic_handler& handler,
                                 std::uint32_t token);
  /// The handler gets no message from now on. `done`: news follow, unless it is registered again
  /// before. unknown_topic for what is not registered, or is the device's own.
  connection_code unregister_topic(std::string_view filter);
  /// A filter that the device subscribes by itself at log-on. Takes no place among topics_max.
  void hold(std::string_view filter);

  topic_fit dispatch(const mqtt::message_view& message);

  // What the channel's owner tells.
  /// Logged on; whether the far side still has the session.
  void welcomed(bool session_present);
  /// And subscribed what it holds: now requests may go out.
  void online();
  void lost();
  /// The answers to subscribe() and unsubscribe() of the channel; false for another's number.
  bool subscribed(std::uint16_t number, bool granted);
  bool unsubscribed(std::uint16_t number);
  bool timed_out(std::uint16_t number);

  [[nodiscard]] std::size_t registered() const noexcept;
  /// Heap octets, its own size left out.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  struct topic {
    std::string filter;
    topic_handler* handler = nullptr; ///< null: held by the device itself
    std::uint32_t token = 0;
    std::uint16_t request = 0; ///< the number of the one under way; 0: none
    mqtt::qos qos = mqtt::qos::at_most_once;
    bool leaving = false;   ///< which of the two requests that is
    bool wanted = true;     ///< registered, and not unregistered since
    bool to_ask = false;    ///< a SUBSCRIBE is due
    bool may_stand = false; ///< the far side has it, or may have it
  };
  struct piece_of_news {
    topic_handler* to;
    std::uint32_t token;
    topic_news what;
  };

  [[nodiscard]] bool takes(std::string_view filter) const noexcept;
  topic* find(std::string_view filter) noexcept;
  topic* asked_with(std::uint16_t number, bool leaving) noexcept;
  connection_code settle(topic& t);
  void settle_waiting();
  void room_came();
  void end(topic& t, topic_news what);

  cloud_channel& channel_;
  connection_rules rules_;
  std::vector<topic> topics_;
  bool online_ = false;
  bool waiting_ = false; ///< a request had no room
};

/// Whether `a` says more of a topic than `b`, both of which fit it: at the first level where they
/// differ a name goes before `+`, and `+` before `#`.
bool fits_better(std::string_view a, std::string_view b) noexcept;

} // namespace fleet::actors
