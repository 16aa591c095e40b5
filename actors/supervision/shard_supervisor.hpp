// Supervises the devices of one shard: starts them by the ramp, restarts those that crashed under
// the restart policy, stops them in order. One actor and one timer for all of them.
#pragma once

#include <queue>
#include <vector>

#include "actors/supervision/device_actor.hpp"
#include "actors/supervision/fault_driver.hpp"
#include "actors/supervision/messages.hpp"
#include "actors/supervision/pinned_actor.hpp"
#include "actors/supervision/shard.hpp"

namespace fleet::actors {

class shard_supervisor final : public pinned_actor,
                               private hal::timer,
                               private device_watcher,
                               private device_finder {
public:
  shard_supervisor(caf::actor_config& cfg, hal::home& h, shard& s, std::uint32_t number,
                   caf::actor fleet);
  ~shard_supervisor() override;

  caf::behavior make_behavior() override;
  void on_exit() override;

private:
  enum class stage : std::uint8_t { idle, running, quiet, stopping, ended };

  void on_wake(time_point now) override;
  void on_trouble(std::uint32_t index, outcome what, std::string_view detail) override;
  void on_stopped(std::uint32_t index) override;
  device_actor* device_at(std::uint32_t slot) noexcept override;

  void take_fault(const faults::fault& f, duration since);
  void run(duration since);
  void start_due();
  void follow_load();
  /// Answers how many of a line are on.
  std::uint32_t follow(const start_line& line, std::uint32_t on);
  void turn_on(std::uint32_t slot);
  void turn_off(std::uint32_t slot);
  void spawn(std::uint32_t slot);
  void quiet();
  void stop(duration grace);
  void ended(const device_ended& message);
  void restart_due();
  void release_stopped();
  void finish_if_done();
  void re_arm();
  void restart_later(std::uint32_t slot);
  [[nodiscard]] time_point next_load_change() const;
  [[nodiscard]] time_point start_time(std::uint32_t slot) const noexcept;
  [[nodiscard]] time_point now() const noexcept { return shard_.home.now(); }

  struct pending_restart {
    time_point due;
    std::uint32_t slot;
    bool operator>(const pending_restart& other) const noexcept {
      return due != other.due ? due > other.due : slot > other.slot;
    }
  };

  shard& shard_;
  caf::actor fleet_;
  /// A device's actor, or null before its start and after its end.
  std::vector<caf::actor> devices_;
  std::vector<bool> wanted_; ///< by slot: it has been started, and not stopped by the load
  std::vector<std::uint32_t> to_release_;
  std::priority_queue<pending_restart, std::vector<pending_restart>, std::greater<>> restarts_;
  time_point run_began_{};
  time_point ramp_began_{}; ///< later, where these devices joined the run late
  time_point restart_window_{};
  time_point stop_deadline_ = never;
  bool cut_ = false; ///< the deadline came and took whoever was left
  std::uint32_t restarts_in_window_ = 0;
  std::uint32_t next_to_start_ = 0; ///< a slot, without lines
  std::vector<std::uint32_t> on_;   ///< of each line, how many
  std::uint32_t alive_ = 0;
  std::uint32_t number_;
  std::unique_ptr<fault_driver> faults_; ///< from the first fault on
  stage stage_ = stage::idle;
};

} // namespace fleet::actors
