// The probe: one extra client on a foreign broker that reads every report and sends the commands,
// so that the ledger has two sides there as well. It stands beside the fleet and is not counted in
// it.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "actors/device/dialect.hpp"
#include "actors/device/settings.hpp"
#include "fleet/run/far_side.hpp"
#include "fleet/run/topic_share.hpp"
#include "hal_sim/world/home.hpp"
#include "protocol/base/random.hpp"
#include "protocol/mqtt/client.hpp"

namespace fleet::program {

/// The far side of devices, by index beyond the first; probes of one row, each with devices of its
/// own among them, share one.
struct probe_accounts {
  explicit probe_accounts(std::uint32_t devices);

  std::vector<ledger::receiver_account> uplink;
  std::vector<ledger::sender_account> downlink;
  std::vector<bool> heard; ///< which devices have reported at least once
};

struct probe_options {
  std::uint32_t first = 0; ///< index of the first device that it is for
  std::uint32_t devices = 0;
  std::size_t place = 0; ///< of the product's; it is for the devices of that one alone
  std::shared_ptr<probe_accounts> accounts{}; ///< none: its own
  device_range product{};                     ///< all devices of that product; of none: those above
  duration command_interval{0};               ///< between commands to one device; 0: none
  std::string client_id;
  std::string username;
  std::string password;
};

/// How a probe's first words with a broker went. Leads from trying to one of the others, once.
enum class probe_start : std::uint8_t {
  trying,
  ready,      ///< it has subscribed and sees the reports
  not_let_in, ///< it speaks MQTT and refused the log-on or the subscription
  unusable    ///< what answers there does not speak MQTT, or not in time
};

/// How long a broker has to answer CONNECT, and then SUBSCRIBE.
inline constexpr duration probe_patience = std::chrono::seconds{5};
/// How long the probe's leave may take in all.
inline constexpr duration probe_leave = std::chrono::seconds{2};

class probe final : public far_side, private hal::stream_events, private hal::timer {
public:
  /// `product` gives target, security, QoS and dialect, and outlives the probe.
  probe(hal::home& home, const actors::product_settings& product, probe_options options);
  ~probe() override;

  /// Starts to connect; on the home's thread, or before it runs.
  void start();
  /// What it subscribes to.
  [[nodiscard]] std::string filter() const { return product_.speech->all_reports_filter(); }
  /// Callable from any thread, as why().
  [[nodiscard]] probe_start started() const noexcept {
    return started_.load(std::memory_order_acquire);
  }
  /// Once it is not_let_in or unusable: what the target did, as the rest of a sentence that begins
  /// with the target.
  [[nodiscard]] const std::string& why() const noexcept { return why_; }

  void quiet() override;
  [[nodiscard]] std::uint64_t commands() const override;
  [[nodiscard]] std::uint64_t accepted() const override;
  [[nodiscard]] std::optional<far_ledger> ledger_now() const override {
    return far_ledger{commands(), accepted(), corrupted_};
  }
  /// Its session outlives its connections, so it connects once more with a clean one: otherwise
  /// each run would leave a session at the broker that nobody takes up again.
  void stop() override;
  [[nodiscard]] bool leaving() const override {
    return leave_.load(std::memory_order_acquire) == leave::discarding;
  }
  [[nodiscard]] const ledger::receiver_account* uplink_of(std::uint32_t index) const override;
  [[nodiscard]] const ledger::sender_account* downlink_of(std::uint32_t index) const override;
  [[nodiscard]] std::uint64_t corrupted() const override { return corrupted_; }
  [[nodiscard]] std::uint64_t repeated() const override { return repeated_; }
  [[nodiscard]] bool sees_dup() const override { return false; }
  void sample(std::vector<metrics::sample>& out) const override;

private:
  enum class leave : std::uint8_t { no, discarding, gone };

  void on_connected() override;
  void on_received(bytes_view bytes) override;
  void on_closed(hal::close_reason reason, std::string_view detail) override;
  void on_wake(time_point now) override;

  void drain_events();
  void on_report(const mqtt::message_view& message);
  [[nodiscard]] bool counts_what_is_on(std::string_view topic);
  void send_commands(time_point now);
  /// Whether it keeps the far side of a device.
  [[nodiscard]] bool mine(std::uint32_t index) const noexcept {
    return index - options_.first < options_.devices
           && product_.places.number_of(index) == options_.place;
  }
  void lose_link();
  /// Connects for the clean session.
  void discard_session();
  void be_gone();
  void re_arm();
  /// The first outcome is the one that counts.
  void settle(probe_start how, std::string why);
  void on_failed(mqtt::violation why);
  [[nodiscard]] bool said_nothing_foreign() const;
  /// What arrived before CONNACK was none of MQTT.
  [[nodiscard]] std::string foreign_text() const;

  hal::home& home_;
  const actors::product_settings& product_;
  probe_options options_;
  topic_share topics_;
  mqtt::client_behaviour behaviour_;
  mqtt::client client_;
  hal::stream_ptr stream_;
  std::string first_octets_; ///< what came before CONNACK, its beginning
  std::string why_;          ///< written once, before started_
  std::string topic_;
  byte_buffer payload_;
  time_point connect_due_ = never;
  time_point command_due_ = never;
  time_point answer_due_ = never; ///< of SUBACK
  time_point leave_due_ = never;
  duration command_spacing_{0};
  std::uint32_t next_command_ = 0;
  std::uint32_t connection_ = 0;
  std::uint32_t early_closes_ = 0; ///< connections that were closed before SUBACK, from the first
  bool transport_up_ = false;
  bool last_ = false; ///< the connection is the one with a clean session
  std::uint64_t repeated_ = 0;
  std::atomic<std::uint64_t> corrupted_{0};
  std::atomic<std::uint64_t> accepted_{0};
  std::atomic<std::uint64_t> commands_{0};
  std::atomic<probe_start> started_{probe_start::trying};
  std::atomic<bool> quiet_{false};
  std::atomic<leave> leave_{leave::no};
};

} // namespace fleet::program
