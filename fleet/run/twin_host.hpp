// An embedded twin of a run: on the twins' home in the real world, on the common one in the
// virtual. It plays one profile's cloud; a run of several profiles has several.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "cloud_sim/fault_desk.hpp"
#include "cloud_sim/twin.hpp"
#include "fleet/run/downlink_times.hpp"
#include "fleet/run/far_side.hpp"
#include "fleet/run/firmware_door.hpp"
#include "fleet/run/guidance.hpp"
#include "fleet/run/post_front.hpp"
#include "fleet/run/prepare.hpp"
#include "fleet/run/run_world.hpp"

namespace fleet::program {

class twin_host final : public far_side, private cloud::cloud_life {
public:
  /// Starts a twin for the products of profile `p`, and points them at it. Before the world turns.
  static result<std::unique_ptr<twin_host>, startup_error>
  start(run_world& world, const run_options& options, prepared& ready, profile p);
  ~twin_host() override;

  void quiet() override;
  [[nodiscard]] std::uint64_t commands() const override;
  void time_commands(const std::vector<actors::shard*>& shards) override {
    downlinks_.count_in(shards);
  }
  void stop() override;
  [[nodiscard]] const ledger::receiver_account* uplink_of(std::uint32_t index) const override;
  [[nodiscard]] const ledger::sender_account* downlink_of(std::uint32_t index) const override;
  [[nodiscard]] const ledger::receiver_account* refused_of(std::uint32_t index) const override;
  [[nodiscard]] std::uint64_t corrupted() const override;
  [[nodiscard]] std::uint64_t unkept() const override;
  [[nodiscard]] std::uint64_t over_bound() const override;
  [[nodiscard]] std::uint64_t doubled(std::uint32_t index) const override {
    return faults_.doubled(index);
  }
  [[nodiscard]] bool sees_dup() const override { return true; }
  [[nodiscard]] far_load load() const override;
  [[nodiscard]] std::optional<far_ledger> ledger_now() const override;
  [[nodiscard]] std::optional<std::uint64_t> shadows_waiting() const override {
    return twin_.shadows_waiting();
  }
  void sample(std::vector<metrics::sample>& out) const override;

  /// On its home's thread only.
  [[nodiscard]] cloud::twin& twin() noexcept { return twin_; }

  /// What it does wrong on purpose; on its home's thread only. Of cloud_restart, see can_restart().
  [[nodiscard]] cloud::fault_desk& faults() noexcept { return faults_; }
  /// Whether it keeps what it acknowledged over kill() (prepared::twin_keeps); else what was
  /// acknowledged would be lost, and no cloud_restart may be ordered.
  [[nodiscard]] bool can_restart() const noexcept { return keeps_; }
  /// Ends the twin as kill -9 would, its doors with it: connections are reset, new ones refused.
  /// Twice is harmless.
  void kill();
  /// Starts it again on the same addresses with what it had acknowledged. Twice is harmless.
  void bring_back();
  /// Why it could not be brought back; it stays, though the next time went well.
  [[nodiscard]] std::string trouble() const override {
    return troubled_.load(std::memory_order_acquire) ? trouble_ : std::string{};
  }

private:
  twin_host(hal::home& home, cloud::twin_options options, cloud::fault_draw draw);
  static result<std::unique_ptr<twin_host>, startup_error>
  start_twin(run_world& world, prepared& ready, const cloud::twin_options& o,
             std::unique_ptr<embedded_post_front> posts);
  void start_commands();
  std::optional<startup_error> open_doors_beside(prepared& ready, profile p);
  void go_down() override { kill(); }
  void come_up() override { bring_back(); }
  void note_trouble(std::string why);

  hal::home& home_;
  cloud::fault_desk faults_;
  downlink_times downlinks_;
  std::unique_ptr<embedded_post_front> posts_; ///< none: all speak MQTT; the twin listens by it
  bool keeps_;
  cloud::twin twin_;
  std::vector<hal::address> at_;    ///< of its MQTT listeners
  cloud::command_options commands_; ///< what it sends by itself; an interval of 0: nothing
  std::string trouble_;             ///< written once, before `troubled_`
  std::atomic<bool> troubled_{false};
  std::unique_ptr<embedded_auth_host> door_;         ///< none: no device asks
  std::unique_ptr<embedded_firmware_door> firmware_; ///< none: no product has firmware
};

/// The twin's profile for a run's or the server's.
cloud::profile twin_profile(profile p) noexcept;

/// What the cloud of profile `p` is told of the run's products: names, thing models, secrets of
/// registration. None for the open broker.
std::vector<cloud::product_options> twin_products(const prepared& ready, profile p);

/// Adds a twin's counters as metrics.
void sample_twin(const cloud::twin_counters& counters, std::vector<metrics::sample>& out);
/// Of one that runs alone: how long its commands took.
/// Of each of its homes.
void sample_downlinks(const std::vector<downlink_meter>& commands,
                      std::vector<metrics::sample>& out);
/// And what its faults did, by effect.
void sample_faults(const std::array<cloud::counter, faults::effect_count>& counts,
                   std::vector<metrics::sample>& out);

} // namespace fleet::program
