// One device on its home, driven by typed lines: it connects, keeps the connection, sends what is
// asked and tells everything as lines. Where lines come from and go to is its owner's business.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fleet/hand/answers.hpp"
#include "fleet/hand/commands.hpp"
#include "fleet/hand/hand_face.hpp"
#include "fleet/hand/hand_setup.hpp"
#include "fleet/hand/hand_state.hpp"
#include "fleet/hand/log_lines.hpp"
#include "fleet/hand/packet_log.hpp"
#include "fleet/hand/retry.hpp"
#include "fleet/hand/sample.hpp"
#include "hal_sim/board/board.hpp"
#include "protocol/mqtt/client.hpp"
#include "protocol/shadow/client.hpp"

namespace fleet::actors {
class guide;
} // namespace fleet::actors

namespace fleet::program {

/// How long an answer is awaited, and how long a stop may take.
inline constexpr duration answer_timeout = std::chrono::seconds{5};
inline constexpr duration step_timeout = std::chrono::seconds{30};
inline constexpr duration stop_grace = std::chrono::seconds{5};
inline constexpr duration interrupt_grace = std::chrono::seconds{2};
/// Subscriptions it keeps account of: those of the platform (aliyun-iot.md §8.1).
inline constexpr std::size_t subscriptions_max = 100;

class hand_device final : public hand_face, hal::stream_events, hal::timer, ota_host {
public:
  /// All calls on the thread of `where`, which outlives it, as `watcher` does.
  hand_device(hal::home& where, hand_setup setup, hand_watcher& watcher);
  ~hand_device() override;
  hand_device(const hand_device&) = delete;
  hand_device& operator=(const hand_device&) = delete;

  void boot() override;
  void take(std::string line) override;
  void complain(std::string_view sentence) override;
  void note(std::string_view text) override { say(line_kind::note, text); }
  void end_of_input() override;
  void found(const std::string& host, const result<hal::address, std::string>& at) override;
  void interrupt() override;

private:
  using phase = hand_phase;
  using subscription = hand_subscription;

  // The link and time (hand_device.cpp).
  void on_connected() override;
  void on_received(bytes_view bytes) override;
  void on_closed(hal::close_reason reason, std::string_view detail) override;
  void on_wake(time_point now) override;
  void attempt();
  /// Connects to the broker.
  void call(const hal::address& peer);
  /// What hides its stream, where the ID2 model does.
  std::unique_ptr<stream_transform> veil();

  // The auth host (hand_door.cpp).
  [[nodiscard]] bool asks_the_door() const noexcept;
  void knock();
  void ask_the_door();
  void hear_the_door(bytes_view bytes);
  bool door_closed(setback what, const std::string& why);
  void settle_door();

  void setback_came(setback what, const std::string& why);
  void end_turn();
  void flush();
  void leave(bool unsubscribing, duration grace);
  void leave_if_done();
  void end(exit_code code, const std::string& why = {});
  [[nodiscard]] time_point next_wake() const;
  [[nodiscard]] time_point now() const noexcept { return home_.now(); }
  void say(line_kind kind, std::string_view text);
  void trouble(std::string_view text);

  // What MQTT tells (hand_session.cpp).
  void drain();
  void welcomed(bool session_present);
  void refused(mqtt::connack_code code);
  void arrived(const mqtt::message_view& message);
  void granted(std::uint16_t packet_id, bytes_view codes);
  void dismissed(std::uint16_t packet_id);
  void ready_if_subscribed();
  void answer(const mqtt::message_view& request);
  void judge(const awaited_answer& done);
  void subscribe(const std::string& filter, mqtt::qos qos);
  void unsubscribe(subscription& s);
  bool publish(const std::string& topic, std::string_view payload, mqtt::qos qos) override;
  [[nodiscard]] std::size_t requests() const noexcept;

  // What is typed (hand_orders.cpp).
  void pump();
  bool next_command();
  [[nodiscard]] bool held_back();
  [[nodiscard]] bool settled() const noexcept;
  void carry_out(const hand_command& c);
  void carry_out_unsubscribe(const std::string& filter);
  void carry_out_set(const std::string& object);
  void carry_out_event(const hand_command& c);
  void report(const std::string& params, asked_by who);
  void await(awaited_answer what);
  void tell_status();
  void tell_lines(std::string_view text);

  // The OTA sample, which is a part of it.
  void tell(line_kind kind, std::string_view text) override {
    flush();
    say(kind, text);
  }
  void look_up(const std::string& host) override { watcher_.on_question(host); }
  void sample_over() override { leave(false, stop_grace); }
  void turn_over() override { end_turn(); }

  // The shadow (hand_shadow.cpp).
  void shadow_get();
  void shadow_update(const std::string& reported);
  void shadow_delete(const std::vector<std::string>& names);
  void drop_deaf_shadow();
  bool open_shadow();
  void shadow_subscribed();
  void shadow_arrived(bytes_view payload);
  void send_shadow();
  void drain_shadow();

  hal::home& home_;
  hand_setup setup_;
  hand_watcher& watcher_;
  sample_topics topics_;
  secret_mask mask_;
  hal::board board_;
  mqtt::client_behaviour behaviour_;
  mqtt::client client_;
  packet_log packets_;
  retry_plan retry_;
  random_stream colours_;
  json_reader json_;
  byte_buffer out_;                      ///< of this turn
  std::unique_ptr<actors::guide> guide_; ///< asks the auth host, and knows its answer
  actors::login_text login_;             ///< of this connection
  hal::address peer_{};

  phase phase_ = phase::off;
  time_point phase_due_ = never; ///< resting: the next attempt; leaving, closing: the end of grace
  time_point attempt_began_{};
  std::vector<subscription> subscriptions_;
  answer_book answers_;
  sample_lamp lamp_;
  std::uint64_t next_id_ = 1; ///< of Alink requests
  duration every_{0};         ///< of pub open; 0: off
  time_point report_due_ = never;

  std::deque<std::string> lines_;
  std::deque<hand_command> commands_; ///< of the line under way
  time_point wait_until_{};
  time_point step_due_ = never; ///< when the command before is waited for no longer
  bool line_under_way_ = false;
  bool was_ready_ = false;
  bool first_log_on_ = true;
  bool input_over_ = false;
  bool interrupted_ = false;
  bool mistyped_ = false; ///< a line that is none
  bool failed_ = false;   ///< something the user asked for was refused or never answered

  std::unique_ptr<ota_sample> ota_; ///< none: the sample of MQTT
  bool ota_connected_ = false;      ///< it knows that the session stands
  std::string shadow_prefix_;
  std::unique_ptr<shadow::client> shadow_;
  byte_buffer shadow_out_; ///< a request to its platform, to be published
  bool shadow_pulling_ = false;
  std::uint64_t published_ = 0;
  std::uint64_t received_ = 0;
  std::uint32_t connections_ = 0;
};

} // namespace fleet::program
