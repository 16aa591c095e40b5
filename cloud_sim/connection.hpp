// One accepted stream with its MQTT server machine: moves bytes and time between the two and hands
// what comes out to the broker's character. Has one armed wake. Freed by the broker alone.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "cloud_sim/character.hpp"
#include "cloud_sim/counters.hpp"
#include "hal_sim/world/stream.hpp"
#include "hal_sim/world/timer.hpp"
#include "protocol/alink/id2_stream.hpp"
#include "protocol/mqtt/server.hpp"

namespace fleet::cloud {

class broker;

class connection final : public hal::stream_events, private hal::timer {
public:
  connection(broker& owner, hal::stream_ptr accepted, time_point now);
  ~connection();
  connection(const connection&) = delete;
  connection& operator=(const connection&) = delete;

  /// Sends or queues a message for this client; `q` is capped by the subscription already. Never
  /// ends the connection at once: a client that reads too slowly is cut off when the turn is over.
  mqtt::deliver_outcome deliver(const mqtt::message_ptr& message, mqtt::qos q, bool retain);
  /// QoS 0, straight from the views; false when it was dropped because the client reads too slowly.
  bool deliver_now(std::string_view topic, bytes_view payload);

  /// None before CONNECT is accepted and after the end.
  [[nodiscard]] peer* who() const noexcept { return who_; }
  /// Grows with each connection accepted by the twin.
  [[nodiscard]] std::uint32_t number() const noexcept { return number_; }
  /// The number that its device is selected by (faults::selector), as soon as it is known.
  [[nodiscard]] std::uint32_t device() const noexcept { return device_; }
  void stands_for(std::uint32_t device) noexcept { device_ = device; }
  /// Sends what faults held back; `last`: and closes its stream behind that.
  void release(bytes_view packets, bool last);
  /// Whether it goes on after this turn, as far as is known.
  [[nodiscard]] bool alive() const noexcept { return phase_ == phase::alive; }
  /// From now on nothing more of what came is looked at, until resume(), which is for turns.
  void hold();
  void resume();
  /// Whether the bytes come and go encrypted.
  [[nodiscard]] bool over_tls() const noexcept { return over_tls_; }
  /// What its stream began with, if it is one of the ID2 model; null for others.
  [[nodiscard]] const alink::id2_preamble* id2() const noexcept {
    return id2_ == nullptr ? nullptr : &id2_->preamble();
  }
  /// More is waiting to leave than hal::high_water_bytes.
  [[nodiscard]] bool congested() const;
  /// Heap octets of this connection and its machine; the stream is not counted.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  friend class broker;
  enum class phase : std::uint8_t { alive, condemned, lingering, ended };

  void on_connected() override;
  void on_received(bytes_view bytes) override;
  void on_drained() override;
  void on_closed(hal::close_reason reason, std::string_view detail) override;
  void on_wake(time_point now) override;
  void foresee(unsigned step) const noexcept override;

  /// Whether a stream that begins with these octets is one of the ID2 model.
  [[nodiscard]] bool begins_id2(bytes_view bytes);
  /// Decrypts `bytes` into `plain`; false: they are the machine's no more.
  [[nodiscard]] bool unveil(bytes_view bytes, byte_buffer& plain);
  /// The machine appended to `out`, which had `before` octets.
  void wrote(byte_buffer& out, std::size_t before);
  /// Encrypts and counts what now leaves.
  void sending(byte_buffer& out, std::size_t before);
  /// Whether a message came that is not heard; its acknowledgement is taken back.
  bool unheard(const mqtt::server_event_variant& event, byte_buffer& out);
  /// Octets under way to the client.
  [[nodiscard]] std::size_t unsent() const;

  /// What came: counted, not decrypted.
  void take_in(bytes_view bytes);
  void set_aside(bytes_view bytes);
  /// Reads again where nothing keeps it from that.
  void read_on();
  void drain();
  void handle(const mqtt::server_event_variant& event);
  void fail(mqtt::violation why);
  void rearm();

  broker& owner_;
  hal::stream_ptr stream_;
  mqtt::server_connection machine_;
  peer* who_ = nullptr;
  struct will {
    mqtt::stored_message message;
    mqtt::qos qos;
    bool retain;
  };
  std::unique_ptr<will> will_;
  std::unique_ptr<alink::id2_server_stream> id2_; ///< none: plain
  /// What came before CONNECT was read, while it may belong to another home; and while it is held,
  /// what has not been looked at, decrypted. None: nothing of either.
  std::unique_ptr<byte_buffer> aside_;
  time_point armed_for_ = never;
  std::uint32_t number_ = 0;
  std::uint32_t at_ = 0; ///< in the broker's list
  std::uint32_t device_ = UINT32_MAX;
  std::uint32_t arrival_ = 0; ///< neighbours::next_arrival(), which goes round
  phase phase_ = phase::alive;
  bool paused_ = false;
  bool over_tls_ = false;
  bool heard_ = false; ///< octets came
  bool held_ = false;
};

} // namespace fleet::cloud
