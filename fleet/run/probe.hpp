// The probe: one extra client on a foreign broker that reads every report and sends the commands,
// so that the ledger has two sides there as well. It stands beside the fleet and is not counted in
// it.
#pragma once

#include <atomic>
#include <deque>
#include <string>
#include <vector>

#include "actors/device/dialect.hpp"
#include "actors/device/settings.hpp"
#include "fleet/run/far_side.hpp"
#include "hal_sim/world/home.hpp"
#include "protocol/base/random.hpp"
#include "protocol/mqtt/client.hpp"

namespace fleet::program {

struct probe_options {
  std::uint32_t first = 0; ///< index of the product's first device
  std::uint32_t devices = 0;
  duration command_interval{0}; ///< between commands to one device; 0: none
  std::string client_id;
  std::string username;
  std::string password;
};

class probe final : public far_side, private hal::stream_events, private hal::timer {
public:
  /// `product` gives target, security, QoS and dialect, and outlives the probe.
  probe(hal::home& home, const actors::product_settings& product, probe_options options);
  ~probe() override;

  /// Starts to connect; on the home's thread, or before it runs.
  void start();
  /// What it subscribes to.
  [[nodiscard]] std::string filter() const { return product_.speech->all_reports_filter(); }
  /// Whether it has subscribed and sees the reports; callable from any thread.
  [[nodiscard]] bool ready() const noexcept { return ready_.load(std::memory_order_acquire); }
  /// Whether the broker refused its subscription or its log-in; callable from any thread.
  [[nodiscard]] bool refused() const noexcept { return refused_.load(std::memory_order_acquire); }

  void quiet() override;
  [[nodiscard]] std::uint64_t commands() const override;
  [[nodiscard]] std::uint64_t accepted() const override;
  void stop() override;
  [[nodiscard]] const ledger::receiver_account* uplink_of(std::uint32_t index) const override;
  [[nodiscard]] const ledger::sender_account* downlink_of(std::uint32_t index) const override;
  [[nodiscard]] std::uint64_t corrupted() const override { return corrupted_; }
  [[nodiscard]] bool sees_dup() const override { return false; }
  void sample(std::vector<metrics::sample>& out) const override;

private:
  void on_connected() override;
  void on_received(bytes_view bytes) override;
  void on_closed(hal::close_reason reason, std::string_view detail) override;
  void on_wake(time_point now) override;

  void drain_events();
  void on_report(const mqtt::message_view& message);
  void send_commands(time_point now);
  void lose_link();
  void re_arm();

  hal::home& home_;
  const actors::product_settings& product_;
  probe_options options_;
  mqtt::client_behaviour behaviour_;
  mqtt::client client_;
  hal::stream_ptr stream_;
  std::vector<ledger::receiver_account> uplink_; ///< by index beyond the first
  std::vector<ledger::sender_account> downlink_;
  std::vector<bool> heard_; ///< which devices have reported at least once
  std::string topic_;
  byte_buffer payload_;
  time_point connect_due_ = never;
  time_point command_due_ = never;
  duration command_spacing_{0};
  std::uint32_t next_command_ = 0;
  std::uint32_t connection_ = 0;
  std::uint64_t corrupted_ = 0;
  std::atomic<std::uint64_t> accepted_{0};
  std::atomic<std::uint64_t> commands_{0};
  std::atomic<bool> ready_{false};
  std::atomic<bool> refused_{false};
  std::atomic<bool> quiet_{false};
};

} // namespace fleet::program
