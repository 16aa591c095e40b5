// Both worlds behind one face.
#include "fleet/run/run_world.hpp"

#include <algorithm>
#include <atomic>
#include <functional>
#include <thread>

#include "fleet/run/source_addresses.hpp"
#include "hal_sim/real_world/real_world.hpp"
#include "hal_sim/virtual_world/virtual_world.hpp"

namespace fleet::program {

#ifdef FLEET_LEAKS
/// What --soak must find: something is not given back. Only in the program fleet_leaky.
void leak(hal::home& home);
#endif

namespace {

/// What one home holds before a second is worth its wakes.
constexpr std::uint32_t devices_per_home = 8000;

class real final : public run_world {
public:
  real(hal::real_world_options options, std::uint32_t device_homes, bool twin)
      : world_(std::move(options)), device_homes_(device_homes), twin_(twin) {}

  std::vector<hal::home*> device_homes() override {
    std::vector<hal::home*> out;
    for (std::uint32_t i = 0; i < device_homes_; ++i) {
      out.push_back(&world_.home(i));
    }
    return out;
  }
  hal::home& twin_home() override { return world_.home(twin_ ? device_homes_ : 0); }
  void attach(caf::actor_system& system) override {
    for (std::size_t i = 0; i < world_.size(); ++i) {
      world_.home(i).attach(system);
    }
  }
  void start() override {
    began_ = monotonic_seconds();
    running_ = true;
    world_.start();
  }
  void stop(duration at_most) override {
    if (running_) {
      running_ = false;
      world_.stop(at_most);
    }
  }
  void call(hal::home& home, const std::function<void()>& job) override {
    if (!running_) {
      job();
      return;
    }
    std::atomic<bool> done{false};
    home.post([&] {
      job();
      done.store(true, std::memory_order_release);
      done.notify_one();
    });
    done.wait(false, std::memory_order_acquire);
  }
  std::optional<int> pass(duration slice, stop_signals& signals) override {
#ifdef FLEET_LEAKS
    call(world_.home(0), [this] { leak(world_.home(0)); });
#endif
    return signals.wait(slice);
  }
  double elapsed_s() const override {
    return monotonic_seconds() - began_;
  }

private:
  hal::real_world world_;
  double began_ = 0;
  std::uint32_t device_homes_;
  bool twin_;
  bool running_ = false;
};

class simulated final : public run_world {
public:
  explicit simulated(const hal::virtual_options& options) : world_(options) {}

  std::vector<hal::home*> device_homes() override { return {&world_.home()}; }
  hal::home& twin_home() override { return world_.home(); }
  void attach(caf::actor_system& system) override { world_.home().attach(system); }
  void start() override {}
  void stop(duration) override {}
  void call(hal::home&, const std::function<void()>& job) override { job(); }
  std::optional<int> pass(duration slice, stop_signals& signals) override {
    world_.run_for(slice);
#ifdef FLEET_LEAKS
    leak(world_.home());
#endif
    return signals.wait(duration::zero());
  }
  double elapsed_s() const override {
    return seconds(world_.now().time_since_epoch());
  }
  std::optional<std::string> digest() const override {
    return world_.digest_text();
  }

private:
  hal::virtual_world world_;
};

} // namespace

std::uint32_t device_homes_for(const run_options& options, bool embedded_twin,
                               std::uint32_t processors) noexcept {
  // The twin needs a core of its own; a fleet is held by what is left.
  const std::uint32_t spare = embedded_twin && processors > 1 ? 1 : 0;
  // A home more wakes more often for the same load: only as many as the devices are worth.
  const std::uint32_t worth = 1 + options.devices / devices_per_home;
  return options.homes != 0 ? options.homes : std::min(processors - spare, worth);
}

std::unique_ptr<run_world> make_real_world(const run_options& options, bool embedded_twin,
                                           std::size_t round, duration head_start) {
  const std::uint32_t homes = device_homes_for(options, embedded_twin, usable_cores());
  hal::real_world_options world;
  world.head_start = head_start;
  world.homes = homes + (embedded_twin ? 1 : 0);
  world.source_addresses = options.source_addresses;
  world.loopback_sources = loopback_sources_for(options.devices);
  world.places_in_turn = round;
  // The limit is of each place; it is split evenly over homes, and the twin's makes no connections.
  world.pending_connects_max = round * options.connects_pending * world.homes / homes;
  return std::make_unique<real>(std::move(world), homes, embedded_twin);
}

std::unique_ptr<run_world> make_virtual_world(const run_options&, std::uint64_t seed) {
  hal::virtual_options world;
  world.seed = seed;
  return std::make_unique<simulated>(world);
}

} // namespace fleet::program
