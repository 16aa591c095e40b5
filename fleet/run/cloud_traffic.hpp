// The cloud's own traffic of a scenario: each entry a timer of the twins' home that does one thing
// to one device after the other at the planned rate, and counts what came of it. What a cloud can
// do is behind traffic_cloud; nothing here knows a twin.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "cloud_sim/operations.hpp"
#include "fleet/run/traffic_text.hpp"
#include "fleet/scenario/plan.hpp"
#include "hal_sim/world/home.hpp"

namespace fleet::program {

/// What the traffic asks of the cloud of one profile.
class traffic_cloud {
public:
  virtual ~traffic_cloud() = default;
  /// A property set, or a message to the command topic, with the ledger's tag; false: not sent.
  virtual bool command(std::uint32_t device, mqtt::qos q) = 0;
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
  std::atomic<std::uint64_t> offline{0};   ///< the device was, or did not listen there
  // Beside the attempts:
  std::atomic<std::uint64_t> skipped{0}; ///< due, but too many were without answer
  std::atomic<std::uint64_t> overdue{0}; ///< without an end at stop(), though their time was up
};

/// Whom an entry goes to, and how it was counted.
struct traffic_target {
  device_range devices;
  std::string product;     ///< its name
  std::string product_key; ///< empty with profile mqtt
  program::profile profile = program::profile::linkdevelop;
  mqtt::qos qos = mqtt::qos::at_least_once;
  const tsl::model* model = nullptr; ///< outlives the traffic
};

/// Whether the twin's own command, with its place in the ledger, is what the entry asks for.
bool is_ledger_command(const cloud_traffic& what, profile p) noexcept;

class traffic_flow final : private hal::timer {
public:
  /// What one entry may have unanswered; more is not attempted before some is answered.
  static constexpr std::uint64_t pending_most = 10'000;
  /// What one wake makes up for, should the home be late.
  static constexpr std::uint32_t burst_most = 1000;
  /// What a device has to answer a call.
  static constexpr duration patience = std::chrono::seconds{5};
  /// An attempt without an end for so long will not have one.
  static constexpr duration end_most = patience + std::chrono::seconds{5};

  /// `names` gives the devices of the fleet; all but `to` outlive the flow.
  traffic_flow(hal::home& home, traffic_cloud& cloud, const cloud_traffic& what, traffic_target to);
  ~traffic_flow();

  /// From now on; on the home's thread, as stop().
  void start(std::uint64_t seed, const alink::credential_source& names);
  void stop();

  [[nodiscard]] const cloud_traffic& what() const noexcept { return what_; }
  [[nodiscard]] const traffic_target& target() const noexcept { return to_; }
  [[nodiscard]] const traffic_counts& counts() const noexcept { return *counts_; }
  /// Attempts without an end so far; callable from any thread.
  [[nodiscard]] std::uint64_t pending() const noexcept;

private:
  void on_wake(time_point now) override;
  void act();
  void disable(cloud::operations& console, const traffic_subject& to);
  void enable_again();
  void call(cloud::operations& console, const traffic_subject& to);
  [[nodiscard]] time_point due(std::uint64_t number) const noexcept;
  [[nodiscard]] cloud::call_done when_done() const;

  hal::home& home_;
  traffic_cloud& cloud_;
  const cloud_traffic& what_;
  traffic_target to_;
  traffic_text text_;
  std::shared_ptr<traffic_counts> counts_ = std::make_shared<traffic_counts>(); ///< answers hold it
  const alink::credential_source* names_ = nullptr;
  random_stream random_{0, 0, ""};
  byte_buffer payload_;
  time_point began_{};
  std::uint64_t number_ = 0; ///< of the next attempt, from 0
  alink::identity disabled_; ///< until enable_at_
  time_point enable_at_ = never;
};

/// Whether a cloud of profile `p` can do this entry: by itself, or by its console where it has one.
bool traffic_possible(const cloud_traffic& what, profile p, bool has_console) noexcept;

} // namespace fleet::program
