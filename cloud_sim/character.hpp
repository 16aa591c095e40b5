// What makes the broker core one cloud or another: who may connect, what a subscription means,
// where a message goes. Two exist: mqtt_character and platform_character.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "cloud_sim/kept_session.hpp"
#include "protocol/alink/id2_stream.hpp"
#include "protocol/base/time.hpp"
#include "protocol/mqtt/server.hpp"

namespace fleet::cloud {

class connection;

/// What the core remembers of one client over its connections; characters derive theirs.
struct peer {
  mqtt::session session;
  connection* online = nullptr;
  bool clean = true;
  time_point expires = never; ///< while it waits for its client to come back
  peer* older = nullptr;      ///< neighbours in the line of those that wait
  peer* newer = nullptr;
  std::unique_ptr<kept_session> kept; ///< none: it is not kept over the twin's own death
};

/// Told of devices that commands can go to.
class device_listener {
public:
  /// May be told of the same device again and again.
  virtual void on_device(std::uint32_t device) = 0;

protected:
  ~device_listener() = default;
};

/// Told of the cloud's own commands that arrived.
class command_watcher {
public:
  /// The device acknowledged a command of QoS 1 or 2 so long after it was due, on the twin's home.
  /// Each command once, and none that a twin had sent before it died.
  virtual void on_acknowledged(std::uint32_t device, duration after) = 0;

protected:
  ~command_watcher() = default;
};

/// The outcome of a command that the cloud tried to send to a device.
enum class command_outcome : std::uint8_t {
  sent,
  offline,
  not_subscribed,
  busy,
  unknown_device,
  nothing_to_set ///< no property of its thing model can be written
};

/// Who knows the keys of devices with an ID2 element, by the model (aliyun-iot.md §5.6).
class id2_keys {
public:
  /// The key of a stream that begins so, 32 hexadecimal digits; nothing: it is not taken.
  [[nodiscard]] virtual std::optional<std::string>
  stream_key(const alink::id2_preamble& begin) const = 0;

protected:
  ~id2_keys() = default;
};

class character {
public:
  virtual ~character() = default;

  /// Null: no stream is looked at for a preamble of the ID2 model.
  [[nodiscard]] virtual const id2_keys* id2() const noexcept { return nullptr; }

  /// A number for the session that a CONNECT asks for: whoever asks for the same one gets the same
  /// number, on each home of the twin. Nothing: any home may answer it.
  [[nodiscard]] virtual std::optional<std::uint64_t>
  place_of(const mqtt::connect_view& connect) const = 0;
  /// Must end in exactly one of broker::admit(), refuse(), dispatch() and a gives_way() that is
  /// true.
  virtual void on_connect(connection& from, const mqtt::connect_view& connect) = 0;
  /// The message is acknowledged already; its views die with the call.
  virtual void on_publish(connection& from, const mqtt::message_view& message) = 0;
  /// Fills one code a filter; then grants by itself (broker::grant), so that it may deliver
  /// afterwards.
  virtual void on_subscribe(connection& from, std::uint16_t packet_id,
                            std::span<const mqtt::server_event::filter> filters) = 0;
  virtual void on_unsubscribe(connection& from, std::span<const std::string_view> filters) = 0;
  /// The will of a client that went without DISCONNECT.
  virtual void on_will(const mqtt::stored_message& will, mqtt::qos q, bool retain) = 0;
  /// The client's connection of that number is over; forget() may follow.
  virtual void on_gone(peer& /*who*/, std::uint32_t /*connection*/) {}
  /// What the client is selected by where faults are concerned: its device's index, or what stands
  /// for one.
  [[nodiscard]] virtual std::uint32_t number_of(const peer& who) const = 0;
  /// Frees the client: its session ended or its time is over. It is offline and in no line.
  virtual void forget(peer& who) = 0;

  // For keeping clients over the twin's own death.

  /// What names the client in the store; lives as long as the client.
  [[nodiscard]] virtual std::string_view kept_name(const peer& who) const = 0;
  /// As place_of() of the client that kept_name() names; nothing: that is nobody's name.
  [[nodiscard]] virtual std::optional<std::uint64_t> place_of_kept(std::string_view name) const = 0;
  /// Fills in marks and subscriptions.
  virtual void describe(const peer& who, session_head& out) const = 0;
  /// At start: the client that describe() told of, offline. None where it cannot be here.
  virtual peer* reseat(std::string_view name, const session_head& head) = 0;

  /// Tells `listener` of the devices there are and of those that come, until the next call.
  virtual void watch(device_listener* listener) = 0;
  /// Sends the cloud's command to a device, with a tag of the ledger. It was due at `due`, from
  /// when its acknowledgement is timed.
  virtual command_outcome command(std::uint32_t device, mqtt::qos q, time_point due) = 0;
};

} // namespace fleet::cloud
