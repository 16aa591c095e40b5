// Either world as a run sees it: homes, and time that passes when the director lets it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fleet/options.hpp"
#include "fleet/run/machine.hpp"
#include "hal_sim/world/home.hpp"

namespace caf {
class actor_system;
}

namespace fleet::program {

class run_world {
public:
  virtual ~run_world() = default;

  /// Homes for shards, at least one.
  [[nodiscard]] virtual std::vector<hal::home*> device_homes() = 0;
  /// The twin's home; in the virtual world the only one there is.
  [[nodiscard]] virtual hal::home& twin_home() = 0;
  virtual void attach(caf::actor_system& system) = 0;
  /// Homes begin to turn.
  virtual void start() = 0;
  /// Homes end, once what is queued and unsent has gone, after `at_most` in any case; nothing of
  /// what lived on them runs any more.
  virtual void stop(duration at_most) = 0;
  /// Runs `job` on `home` and returns when it has run.
  virtual void call(hal::home& home, const std::function<void()>& job) = 0;
  /// Lets `slice` pass in this world, or less if a signal came.
  virtual std::optional<int> pass(duration slice, stop_signals& signals) = 0;
  /// Seconds in this world since start().
  [[nodiscard]] virtual double elapsed_s() const = 0;
  /// The digest of the virtual world.
  [[nodiscard]] virtual std::optional<std::string> digest() const { return std::nullopt; }
};

/// Threads for devices that the real world gets on so many processors; the embedded twin has one
/// more.
std::uint32_t device_homes_for(const run_options& options, bool embedded_twin,
                               std::uint32_t processors) noexcept;

/// `round`: as place_map has it. `head_start`: its homes' time is so far on from the beginning.
std::unique_ptr<run_world> make_real_world(const run_options& options, bool embedded_twin,
                                           std::size_t round = 1,
                                           duration head_start = duration{0});
std::unique_ptr<run_world> make_virtual_world(const run_options& options, std::uint64_t seed);

} // namespace fleet::program
