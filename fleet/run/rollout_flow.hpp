// One rollout of a scenario: a timer of the twins' home that puts the image into the twin's store
// when its time has come, starts the campaign once that is ready, and reads afterwards what became
// of it.
#pragma once

#include <atomic>
#include <functional>
#include <optional>
#include <string>

#include "cloud_sim/firmware_operations.hpp"
#include "fleet/report/rollouts.hpp"
#include "fleet/run/firmware.hpp"
#include "hal_sim/world/home.hpp"

namespace fleet::program {

class rollout_flow final : private hal::timer {
public:
  /// How often an image is asked for that is not ready, and seen() is brought up to date.
  static constexpr duration look_every = std::chrono::milliseconds{500};

  /// The console now; null while its twin is away. Asked anew each time: a twin that was killed
  /// comes back with another.
  using console_now = std::function<cloud::firmware_operations*()>;

  /// Home and console outlive the flow; the plan outlives start().
  rollout_flow(hal::home& home, console_now console, rollout_plan& planned,
               const product_plan& product);
  rollout_flow(hal::home& home, cloud::firmware_operations& console, rollout_plan& planned,
               const product_plan& product)
      : rollout_flow(
          home, [&console] { return &console; }, planned, product) {}
  ~rollout_flow();

  /// From now on; on the home's thread, as stop() and fact().
  void start(std::uint64_t seed);
  void stop();
  /// All that is known now.
  [[nodiscard]] report::rollout_fact fact() const;

  /// Of the campaign when it was looked at last; callable from any thread.
  struct progress {
    std::atomic<std::uint32_t> devices{0};
    std::array<std::atomic<std::uint32_t>, cloud::rollout_state_count> by_state{};
    std::atomic<bool> running{false}; ///< it is to go on by itself
  };
  [[nodiscard]] const progress& seen() const noexcept { return seen_; }
  [[nodiscard]] const std::string& name() const noexcept { return planned_.rollout.name; }
  /// After the start of the run.
  [[nodiscard]] duration begins() const noexcept { return planned_.rollout.at; }
  [[nodiscard]] const std::string& product() const noexcept { return product_.product.name; }

private:
  void on_wake(time_point now) override;
  bool put_image(cloud::firmware_operations& console);
  void begin(time_point now);
  void look();
  void fail_with(const cloud::operation_failure& why);

  hal::home& home_;
  console_now console_;
  rollout_plan& planned_;
  const product_plan& product_;
  std::uint64_t seed_ = 0;
  std::optional<std::uint32_t> firmware_;
  std::optional<std::uint32_t> campaign_;
  std::string trouble_; ///< why it never began
  time_point begin_at_ = never;
  time_point began_{};
  std::optional<time_point> ended_;
  progress seen_;
};

} // namespace fleet::program
