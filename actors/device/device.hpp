// The device itself, without an actor around it: an MQTT client machine over a board, driven by the
// calls of its link and one wake. What must survive a crash is its slot's.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "actors/device/dialect.hpp"
#include "actors/device/event_ring.hpp"
#include "actors/device/meters.hpp"
#include "actors/device/phase.hpp"
#include "actors/device/report_clock.hpp"
#include "actors/device/settings.hpp"
#include "actors/device/surroundings.hpp"
#include "hal_sim/board/board.hpp"
#include "hal_sim/world/home.hpp"
#include "protocol/base/random.hpp"
#include "protocol/ledger/ledger.hpp"
#include "protocol/mqtt/client.hpp"

namespace fleet::actors {

/// What of a device outlives a crash and a power loss: its board with the key-value store, its side
/// of the MQTT session, both accounts of the ledger, and the trace of what happened last. The shard
/// owns it.
struct device_slot {
  device_slot(hal::home& h, std::uint32_t index, std::uint64_t seed) : board(h, index, seed) {}

  hal::board board;
  /// The client's half of the session (MQTT 3.1.1, 3.1.2.4), from the first boot on; never of a
  /// sub-device.
  std::optional<mqtt::client> session;
  ledger::sender_account uplink;
  ledger::receiver_account downlink;
  event_ring trace;
  std::uint32_t connections = 0; ///< made so far; tells a repeat on a new one from one on the same
  std::uint32_t oversized = 0;   ///< downlink packets that its receive buffer did not hold
  /// Tagged publishes repeated on one connection without DUP, for ledger::totals::explain().
  std::uint32_t unmarked_repeats = 0;
  time_point crashed_at{};  ///< the last time
  std::uint8_t crashes = 0; ///< those not forgiven yet
  bool subscribed = false;  ///< the session holds all that the device subscribes
  bool renewed = false;     ///< a session older than this process has been discarded
  /// When the offer came of the update under way, through all its boots (firmware_part.hpp).
  time_point update_began = never;
  /// Of a gateway from its first boot on: the slots of its sub-devices, in order (features.hpp).
  std::unique_ptr<std::deque<device_slot>> behind;
};

/// The next report of a plain device: its tag, of the slot's account, and what its sensors say now.
report next_report(const hal::home& h, device_slot& slot, const product_settings& product,
                   std::uint64_t colours);

class device_extras;
class guide;
class registrar;
class topic_schedule;
class turn_giver;

class device {
public:
  /// `turns` outlives it; without one there is no firmware, and files are not fetched.
  device(device_surroundings& around, device_slot& slot, std::uint32_t index,
         turn_giver* turns = nullptr);
  ~device();
  device(const device&) = delete;
  device& operator=(const device&) = delete;

  /// Lets it go: the first attempt is due at `first_attempt`.
  void run(time_point first_attempt);
  /// No further reports; what is in flight may finish.
  void quiet();
  /// Ends it in order: DISCONNECT as soon as nothing is in flight, at the latest at `deadline`.
  void stop(time_point deadline);

  // What the link tells; `events` of the constructor's owner are passed on to these.
  void transport_up();
  void received(bytes_view bytes);
  void transport_down(hal::close_reason reason, std::string_view detail);

  // What faults do to its board's power (board_faults.hpp): it is gone, it comes back, or the
  // watchdog resets the board. None says DISCONNECT.
  void power_cut();
  void power_return();
  void reboot();

  /// What turn_giver was asked for: something happened to a part of it.
  void part_turn();

  /// Does what is due at the home's now(). `link_events` is whom a new stream shall tell.
  void handle_timeout(hal::stream_events& link_events);
  [[nodiscard]] time_point next_timeout() const noexcept;

  /// Ends its software where it wants a reset, and brings the home's gauges up to date; after each
  /// of the calls above.
  void settle();

  [[nodiscard]] phase now_in() const noexcept { return phase_; }
  /// Octets, with what is optional and, of a gateway, with its sub-devices and their slots.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;
  void foresee(unsigned step) const noexcept; ///< as hal::timer's
  /// What it does beyond the plain device; null for a plain one.
  [[nodiscard]] const device_extras* extras() const noexcept { return extras_.get(); }

private:
  bool go(step s);
  void enter(phase p);
  void attempt(hal::stream_events& link_events);
  void log_on();
  void drain_events();
  void on_welcome(bool session_present);
  bool renew_session(bool session_present);
  void on_subscribed(std::uint16_t packet_id, bool granted);
  void on_online();
  void own_filters(std::vector<filter_text>& out) const;
  void on_message(const mqtt::message_view& message);
  void on_reply(const downlink& answer);
  void answer(const downlink& command, mqtt::qos q);
  void on_acknowledged(const mqtt::client_event::publish_acknowledged& ack);
  void on_resent(const mqtt::client_event::publish_resent& again);
  void on_refused(mqtt::connack_code code);
  void report_due(time_point due);
  void leave_link(outcome why, std::string_view detail);
  void lose_link();
  void back_off();
  // device_power.cpp
  void power_up();
  [[nodiscard]] bool boot_image();
  void cycle_power();
  void end_software(time_point back);
  void come_back();
  // device_registration.cpp
  [[nodiscard]] std::optional<std::string_view> kept_secret() const noexcept;
  void begin_registration(hal::connect_options& options);
  void log_on_or_register(login_text& out);
  void ask_for_secret();
  void take_secret(const mqtt::message_view& message);
  void take_answer(bytes_view bytes);
  [[nodiscard]] bool end_answer();
  void settle_registration();
  // device_guidance.cpp
  void begin_guidance(hal::connect_options& options);
  [[nodiscard]] std::unique_ptr<stream_transform> veil();
  [[nodiscard]] bool asks_for_guidance() const noexcept;
  void ask_for_guidance();
  void take_guidance(bytes_view bytes);
  [[nodiscard]] bool end_guidance(hal::close_reason reason, std::string_view detail);
  void settle_guidance();
  void finish_stop_if_drained();
  [[nodiscard]] time_point now() const noexcept { return around_.home->now(); }
  [[nodiscard]] meters& counts() noexcept { return *around_.counts; }
  /// Whose slot a cookie's message belongs to: the device's own, or a sub-device's.
  [[nodiscard]] device_slot& sender_of(std::uint64_t cookie) noexcept;
  /// Where that one's product counts.
  [[nodiscard]] meters& counts_of(const device_slot& sender) noexcept;

  device_surroundings& around_;
  const product_settings& product_;
  device_slot& slot_;
  mqtt::client& client_; ///< the slot's
  std::string topic_;
  random_stream jitter_;
  random_stream values_;
  report_clock reports_;
  time_point phase_due_ = never; ///< end of the back-off, or the stop's deadline
  time_point attempt_began_{};
  duration wait_{}; ///< the last back-off, doubled on the next failure
  struct awaited_reply {
    std::uint32_t sequence = 0;
    time_point due{};
  };
  std::array<awaited_reply, 3> awaited_{};
  std::uint32_t index_;
  std::uint16_t awaited_next_ = 0;
  std::uint16_t in_flight_shown_ = 0;
  phase phase_ = phase::off;
  std::uint8_t filters_pending_ = 0;
  bool quiet_ = false;
  bool light_ = false;
  bool renewing_ = false; ///< CONNECT asks for a clean session, to discard what the server kept
  bool was_online_ = false;
  bool was_told_online_ = false; ///< what the extras know
  bool software_ = false;        ///< runs; else it comes at power_back_
  bool dead_ = false;            ///< no image starts: it does not come back
  bool held_ = false;            ///< off until power_return()
  bool buffered_ = false;        ///< its receive buffer is there
  time_point power_back_ = never;
  turn_giver* turns_;
  std::unique_ptr<device_extras> extras_;
  std::unique_ptr<topic_schedule> topics_; ///< null: it subscribes at log-on and never again
  std::unique_ptr<registrar> registrar_;   ///< while the link is there for registration alone
  std::unique_ptr<guide> guide_;           ///< from an attempt's first question until its CONNECT
};

} // namespace fleet::actors
