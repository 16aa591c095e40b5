// The cloud's own traffic of a scenario: each entry a timer of the twins' home that does one thing
// to one device after the other at the planned rate, and counts what came of it. What a cloud can
// do is behind traffic_cloud; nothing here knows a twin.
#pragma once

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <string>

#include "actors/device/histogram.hpp"
#include "cloud_sim/character.hpp"
#include "cloud_sim/operations.hpp"
#include "fleet/run/traffic_text.hpp"
#include "fleet/scenario/plan.hpp"
#include "hal_sim/world/home.hpp"

namespace fleet::program {

/// What the traffic asks of the cloud of one profile.
class traffic_cloud {
public:
  virtual ~traffic_cloud() = default;
  /// A property set, or a message to the command topic, with the ledger's tag; due at `due`.
  virtual cloud::command_outcome command(std::uint32_t device, mqtt::qos q, time_point due) = 0;
  /// From inside a broker that knows no devices.
  virtual bool publish(std::string_view topic, bytes_view payload, mqtt::qos q) = 0;
  /// The console, or null where this cloud has none.
  virtual cloud::operations* console() = 0;
};

/// Written by the home's thread, readable from any. Every attempt ends as one of the others.
struct traffic_counts {
  std::atomic<std::uint64_t> attempted{0};
  std::atomic<std::uint64_t> answered{0};  ///< well; where nobody answers: it was sent
  std::atomic<std::uint64_t> timed_out{0}; ///< no answer in time
  std::atomic<std::uint64_t> refused{0};   ///< by the cloud or with an error by the device
  std::atomic<std::uint64_t> offline{0};   ///< the device was
  // Of those refused:
  std::atomic<std::uint64_t> not_subscribed{0}; ///< the device was on and did not listen there
  std::atomic<std::uint64_t> busy{0};           ///< too much was under way
  std::atomic<std::uint64_t> unknown{0};        ///< the cloud does not know device or product
  // Of those offline:
  std::atomic<std::uint64_t> absent{0}; ///< and nothing explains it: see traffic_flow
  // Beside the attempts:
  std::atomic<std::uint64_t> skipped{0}; ///< due, but too many were without answer
  std::atomic<std::uint64_t> overdue{0}; ///< without an end at stop(), though their time was up
};

/// Whether the load has a device on all the time between two moments after the start.
using device_wanted = std::function<bool(std::uint32_t device, duration from, duration to)>;

/// Whom an entry goes to, and how it was counted.
struct traffic_target {
  device_range devices;
  std::string product;     ///< its name
  std::string product_key; ///< empty with profile mqtt
  program::profile profile = program::profile::linkdevelop;
  mqtt::qos qos = mqtt::qos::at_least_once;
  const tsl::model* model = nullptr; ///< outlives the traffic
  device_wanted wanted;              ///< none: all of them, always
  bool behind_gateway = false;
  duration settle = std::chrono::seconds{10};   ///< what a device needs once the load has it on
  duration slow_link{0};                        ///< what its link adds to each patience
  duration away_most = std::chrono::minutes{2}; ///< no back-off after a broken link takes longer
};

/// Whether the twin's own command, with its place in the ledger, is what the entry asks for.
bool is_ledger_command(const cloud_traffic& what, profile p) noexcept;

/// An attempt that finds its device offline, not listening yet or busy is made again for a while,
/// as long as the load has the device on: it may have logged on a moment ago, be on its way back,
/// or its queue be full for an instant. What is found offline in the end is told apart: `absent` is
/// a device that the load had on since the first try and for at least `settle`, nobody disabled,
/// and that has been away for longer than any back-off after a broken link, or never came. Whether
/// a sub-device ever logs in the end of the run judges, since that takes as long as its gateway
/// needs for all of them. A call to a sub-device that leaves its gateway, or is thrown off, before
/// it has answered is such an attempt, too: the answer would be acknowledged and thrown away
/// (aliyun-iot.md §16.8, 520).
///
/// stop() ends what waits to be made again: what has been tried for `judged_after` is judged as if
/// its time were up, the rest is cut off and counts as offline.
class traffic_flow final : private hal::timer {
public:
  /// What one entry may have unanswered; more is not attempted before some is answered.
  static constexpr std::uint64_t pending_most = 10'000;
  /// What one wake makes up for, should the home be late.
  static constexpr std::uint32_t burst_most = 1000;
  /// What a device has to answer a call, on a link that is not slow.
  static constexpr duration patience = std::chrono::seconds{5};
  /// How long an attempt is made again, and how often.
  static constexpr duration reach_within = std::chrono::seconds{15};
  static constexpr duration retry_every = std::chrono::milliseconds{500};
  /// What a device that the load switches on has to be there, on a link that is not slow.
  static constexpr duration settle_within = std::chrono::seconds{10};
  /// How long an order has been tried in vain that is judged when the run ends.
  static constexpr duration judged_after = patience;
  /// An attempt that was not made again and has no end for so long will not have one.
  static constexpr duration end_most = patience + std::chrono::seconds{5};

  /// `names` gives the devices of the fleet; all but `to` outlive the flow.
  traffic_flow(hal::home& home, traffic_cloud& cloud, const cloud_traffic& what, traffic_target to);
  ~traffic_flow();

  /// From now on; on the home's thread, as stop().
  void start(std::uint64_t seed, const alink::credential_source& names);
  void stop();

  [[nodiscard]] const cloud_traffic& what() const noexcept { return what_; }
  [[nodiscard]] const traffic_target& target() const noexcept { return to_; }
  [[nodiscard]] const traffic_counts& counts() const noexcept { return board_->counts; }
  /// Attempts without an end so far; callable from any thread.
  [[nodiscard]] std::uint64_t pending() const noexcept;
  /// Whether devices answer what it asks, so that there are answer_times().
  [[nodiscard]] bool is_answered() const noexcept;
  /// From the moment an order was due to its answer, whatever that said; of one that had to be made
  /// again, from when it was due again. Callable from any thread.
  [[nodiscard]] const actors::histogram& answer_times() const noexcept { return board_->times; }

private:
  struct attempt {
    std::uint64_t number = 0;
    time_point first{};           ///< when it was made first
    time_point next{};            ///< when it is made again
    bool again = false;           ///< it has been
    cloud::operation_error why{}; ///< it is made again
    std::int64_t made_ms = 0;     ///< when it was made last, by the wall clock
  };
  /// What answers hold that may come when the flow is gone.
  struct board {
    traffic_counts counts;
    actors::histogram times;
    traffic_flow* flow = nullptr;
    std::uint64_t late = 0; ///< without answer, and made more than once
  };
  void on_wake(time_point now) override;
  void arm_next();
  void act(const attempt& which);
  void try_again(time_point now);
  void disable(cloud::operations& console, const traffic_subject& to, const attempt& which);
  void enable_again();
  void call(cloud::operations& console, const traffic_subject& to, const attempt& which);
  void ended(const attempt& which, const cloud::operation_result& got);
  void failed(const attempt& which, cloud::operation_error why);
  void give_up(const attempt& which, cloud::operation_error why);
  /// Whether a sub-device's log-in to which it was sent has ended since.
  [[nodiscard]] bool logged_out_since(const attempt& which) const;
  [[nodiscard]] bool wanted(const attempt& which, time_point from) const;
  [[nodiscard]] bool is_absent(const attempt& which) const;
  [[nodiscard]] std::uint32_t device_of(const attempt& which) const noexcept {
    return to_.devices.first + static_cast<std::uint32_t>(which.number % to_.devices.count);
  }
  [[nodiscard]] time_point due(std::uint64_t number) const noexcept;
  [[nodiscard]] time_point due(const attempt& which) const noexcept {
    return which.again ? which.next : due(which.number);
  }
  [[nodiscard]] cloud::call_done when_done(const attempt& which);
  [[nodiscard]] duration answer_within() const noexcept { return patience + to_.slow_link; }

  hal::home& home_;
  traffic_cloud& cloud_;
  const cloud_traffic& what_;
  traffic_target to_;
  traffic_text text_;
  std::shared_ptr<board> board_ = std::make_shared<board>();
  std::deque<attempt> waiting_; ///< to be made again, by their time; at most pending_most
  const alink::credential_source* names_ = nullptr;
  random_stream random_{0, 0, ""};
  byte_buffer payload_;
  time_point began_{};
  std::uint64_t number_ = 0; ///< of the next attempt, from 0
  alink::identity disabled_; ///< until enable_at_
  time_point enable_at_ = never;
  bool stopped_ = false;
};

/// Whether a cloud of profile `p` can do this entry: by itself, or by its console where it has one.
bool traffic_possible(const cloud_traffic& what, profile p, bool has_console) noexcept;

} // namespace fleet::program
