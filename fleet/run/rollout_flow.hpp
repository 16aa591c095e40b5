// One rollout of a scenario: a timer of the twins' home that puts the image into the twin's store
// when its time has come, starts the campaign once that is ready, and reads afterwards what became
// of it. A twin that does not answer is asked again until the run ends.
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
  /// How often an image is asked for that is not ready, a twin that did not answer, and seen() is
  /// brought up to date.
  static constexpr duration look_every = std::chrono::milliseconds{500};
  /// A piece that does not get through in its time is halved, down to this.
  static constexpr std::size_t piece_least = std::size_t{64} << 10;

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
  /// Looks once more.
  void stop();
  /// All that was seen.
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
  void begin(time_point now);
  /// Takes what the twin says of the image; false: it says nothing, or what is wrong.
  bool see(const cloud::firmware_operations::firmware_result& image);
  bool put_piece(cloud::firmware_operations& console);
  [[nodiscard]] bool all_there() const;
  /// A twin that did not answer is asked again; whatever else is wrong stays so.
  void failed(const cloud::operation_failure& why);
  void look();

  hal::home& home_;
  console_now console_;
  rollout_plan& planned_;
  const product_plan& product_;
  std::uint64_t seed_ = 0;
  std::optional<cloud::firmware_view> image_; ///< as it was seen last
  std::size_t piece_ = cloud::firmware_piece_max;
  std::optional<cloud::campaign_view> campaign_; ///< likewise
  std::string unanswered_;                       ///< why the last question had no answer
  std::string trouble_;                          ///< why it never began, or was not seen at the end
  time_point begin_at_ = never;
  time_point began_{};
  std::optional<time_point> ended_;
  progress seen_;
};

} // namespace fleet::program
