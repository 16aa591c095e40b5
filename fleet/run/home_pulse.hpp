// The pulse of a run's homes: now and then each is handed a small job, and how long that waited and
// what else waited there is noted. Costs an idle home ten short turns a second.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "actors/device/histogram.hpp"
#include "hal_sim/world/home.hpp"

namespace fleet::program {

class home_pulse {
public:
  /// What is known of one home; readable from any thread.
  struct beat {
    std::atomic<std::uint64_t> queued{0};
    std::atomic<std::uint64_t> timers{0};
    actors::histogram lag; ///< from the hand-over of the job to its turn
    std::atomic<bool> out{false};
  };
  struct watched {
    std::string name; ///< the metrics' label
    hal::home* home = nullptr;
    std::shared_ptr<beat> found = std::make_shared<beat>(); ///< a job may outlive the pulse
  };
  /// Monotonic time since any moment; callable from any thread.
  using clock = std::function<duration()>;

  explicit home_pulse(clock now) : now_(std::move(now)) {}
  /// Before the first strike().
  void watch(std::string name, hal::home& home) { homes_.push_back({std::move(name), &home}); }

  /// Hands a job to each home that has done the last one. Of one thread.
  void strike();

  [[nodiscard]] const std::vector<watched>& homes() const noexcept { return homes_; }

private:
  clock now_;
  std::vector<watched> homes_;
};

} // namespace fleet::program
