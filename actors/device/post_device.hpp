// A device that only posts (aliyun-iot.md §17, §18), without an actor around it: the phases, meters
// and reports of device.hpp over a post_channel, with firmware (§14.4) where the product has it,
// driven by its parts' turns and one wake. No subscriptions, no commands: answers to its posts are
// all that it hears.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "actors/device/device.hpp"
#include "actors/device/post_channel.hpp"
#include "actors/device/thing_link.hpp"

namespace fleet::actors {

struct post_firmware;

/// Links that may end over one report before it is given up.
inline constexpr std::uint8_t post_links_max = 8;

class post_device final : post_channel_events, thing_link {
public:
  /// The product has a plan and the vendor's dialect. `turns` outlives it.
  post_device(device_surroundings& around, device_slot& slot, std::uint32_t index,
              turn_giver& turns);
  ~post_device();
  post_device(const post_device&) = delete;
  post_device& operator=(const post_device&) = delete;

  // As device has them.
  void run(time_point first_attempt);
  void quiet();
  void stop(time_point deadline);
  void part_turn();
  void power_cut();
  void power_return();
  void reboot();
  void handle_timeout();
  [[nodiscard]] time_point next_timeout() const noexcept;
  void settle();
  [[nodiscard]] phase now_in() const noexcept { return phase_; }
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  /// One that waits for its turn or its answer.
  struct pending_post {
    std::string topic; ///< empty: where reports go
    std::vector<std::uint8_t> payload;
    std::uint64_t cookie = 0; ///< cookie.hpp; reports have tags
    time_point due{};
    std::uint32_t id = 0;    ///< the channel's; 0: not posted
    std::uint8_t logons = 0; ///< how often the platform refused the token
    std::uint8_t ways = 0;   ///< how often its session was lost
    std::uint8_t delays = 0; ///< how often the platform could not take it
    std::uint8_t links = 0;  ///< how many ended after it had gone out and before it was taken
    bool reliable = true;
    bool counted = false; ///< as published
    bool went = false;    ///< out, since the link came up
  };

  void on_transport_up() override;
  void on_logged_on() override;
  void on_channel_ended(outcome why, std::string_view detail) override;
  void on_begun_anew(std::string_view detail) override {
    around_.watcher->on_trouble(index_, outcome::timed_out, detail);
  }
  void on_post_ended(std::uint32_t id, const post_answer& answer) override;
  void on_way_lost() override;
  void on_ready() override { send_waiting(); }
  void on_resent(std::uint32_t times) override { bump(counts().resent, times); }

  // For the firmware.
  [[nodiscard]] std::optional<skip> obstacle(std::size_t octets) const override;
  std::optional<skip> publish(const mqtt::message_view& message, time_point due,
                              std::uint64_t cookie) override;
  bool write_pack(byte_buffer&, std::uint32_t, const alink::pack_part&) override { return false; }

  bool go(step s);
  void attempt();
  void log_on();
  void report_due(time_point due);
  [[nodiscard]] bool window_is_full() const noexcept;
  void send_waiting();
  void forget(std::size_t at);
  void take_back() noexcept;
  void forget_all() noexcept;
  // post_device_answers.cpp
  void take_report(std::size_t at, bytes_view payload);
  void post_later(std::size_t at, duration asked);
  void take_reply(bytes_view payload, time_point due);
  void leave_link(outcome why, std::string_view detail);
  void finish_stop_if_drained();
  // post_device_power.cpp
  void power_up();
  void cycle_power();
  void end_software(time_point back);
  void come_back();
  void firmware_online();
  void take_offer(std::string_view topic, bytes_view payload);
  void ask_for_firmware();
  [[nodiscard]] time_point now() const noexcept { return around_.home->now(); }
  [[nodiscard]] meters& counts() noexcept { return *around_.counts; }

  device_surroundings& around_;
  const product_settings& product_;
  device_slot& slot_;
  std::string topic_;
  turn_giver& turns_;
  std::unique_ptr<post_channel> channel_;   ///< one for each boot
  std::unique_ptr<post_firmware> firmware_; ///< none: the product has none, or it is off
  std::vector<pending_post> pending_;       ///< oldest first
  std::vector<std::uint8_t> spare_;         ///< the memory of a payload that is over
  random_stream jitter_;
  random_stream values_;
  report_clock reports_;
  time_point phase_due_ = never; ///< end of the back-off, or the stop's deadline
  time_point attempt_began_{};
  duration wait_{};
  time_point power_back_ = never;
  time_point hold_until_ = never; ///< nothing is posted before: the platform has no room
  std::uint32_t index_;
  std::uint16_t in_flight_shown_ = 0;
  phase phase_ = phase::off;
  bool quiet_ = false;
  bool renewing_ = false; ///< it is online and asks for another token
  bool sending_ = false;
  bool software_ = false; ///< runs; else it comes at power_back_
  bool dead_ = false;     ///< no image starts
  bool held_ = false;     ///< off until power_return()
};

// The actor keeps room for either kind.
static_assert(sizeof(post_device) <= sizeof(device));

} // namespace fleet::actors
