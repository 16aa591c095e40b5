// The real world: its homes, each a thread of its own once started. What lives on them comes from
// elsewhere.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "hal_sim/real_world/real_home.hpp"

namespace fleet::hal {

struct real_world_options {
  std::size_t homes = 1;
  /// See real_home_options.
  std::vector<address> source_addresses{};
  std::uint32_t loopback_sources = 8;
  std::uint64_t places_in_turn = 1;
  /// Attempts to connect under way at once in the whole world; each home gets its even part, at
  /// least one, so that no home ever waits for another.
  std::size_t pending_connects_max = 60;
  std::size_t read_buffer_bytes = 64 * 1024;
  /// The world's time is so far on when it starts, for a run that began earlier elsewhere.
  duration head_start{0};
  /// Threads are called `name-0`, `name-1`…; up to ten letters.
  std::string name = "home";
};

/// Homes that share one origin of time. Must outlive what lives on them; dies stopped.
class real_world {
public:
  explicit real_world(const real_world_options& options);
  ~real_world();
  real_world(const real_world&) = delete;
  real_world& operator=(const real_world&) = delete;

  /// Starts a thread for each home, with all signals blocked. Until then, and for tests that never
  /// do, homes are pumped by poll_once().
  void start();

  /// Lets every home go on until nothing is queued or unsent, for `grace` at most, and joins the
  /// threads. Whoever lives there should have closed its streams before.
  void stop(duration grace);

  [[nodiscard]] std::size_t size() const noexcept { return homes_.size(); }
  [[nodiscard]] real_home& home(std::size_t index) { return *homes_[index]; }

private:
  std::string name_;
  std::vector<std::unique_ptr<real_home>> homes_;
  std::vector<std::thread> threads_;
};

} // namespace fleet::hal
