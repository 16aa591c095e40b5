// What a home costs without a network: its timer queue at the size of a fleet, and a message to an
// actor that lives on it.
#include <memory>
#include <vector>

#include <benchmark/benchmark.h>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/all.hpp>

#include "actors/supervision/pinned_actor.hpp"
#include "hal_sim/virtual_world/virtual_world.hpp"
#include "hal_sim/world/timer.hpp"

namespace {

using namespace fleet;

/// Re-arms itself, as a device that reports at an interval does.
class ticker final : public hal::timer {
public:
  ticker(hal::timer_queue& queue, duration interval) : queue_(queue), interval_(interval) {}

private:
  void on_wake(time_point now) override { queue_.arm(*this, later(now, interval_)); }
  hal::timer_queue& queue_;
  duration interval_;
};

void wake_and_re_arm(benchmark::State& state) {
  hal::timer_queue queue;
  std::vector<std::unique_ptr<ticker>> tickers;
  const auto count = state.range(0);
  for (std::int64_t i = 0; i < count; ++i) {
    tickers.push_back(std::make_unique<ticker>(queue, std::chrono::seconds{10}));
    queue.arm(*tickers.back(), time_point{} + std::chrono::microseconds{i * 7919 % 10'000'000});
  }
  for (auto _ : state) {
    benchmark::DoNotOptimize(queue.wake_one(queue.next()));
  }
  for (const auto& t : tickers) {
    queue.disarm(*t);
  }
}
BENCHMARK(wake_and_re_arm)->Arg(1000)->Arg(10'000)->Arg(100'000);

/// The wake of a device moves with each message: re-armed in place, not woken.
void move_a_wake(benchmark::State& state) {
  hal::timer_queue queue;
  std::vector<std::unique_ptr<ticker>> tickers;
  for (std::int64_t i = 0; i < 10'000; ++i) {
    tickers.push_back(std::make_unique<ticker>(queue, std::chrono::seconds{10}));
    queue.arm(*tickers.back(), time_point{} + std::chrono::milliseconds{i});
  }
  std::int64_t now_ms = 0;
  for (auto _ : state) {
    ++now_ms;
    queue.arm(*tickers[static_cast<std::size_t>(now_ms * 7919 % 10'000)],
              time_point{} + std::chrono::milliseconds{now_ms + 10'000});
  }
  for (const auto& t : tickers) {
    queue.disarm(*t);
  }
}
BENCHMARK(move_a_wake);

class counting_actor final : public actors::pinned_actor {
public:
  counting_actor(caf::actor_config& cfg, hal::home& h, std::uint64_t& count)
      : pinned_actor(cfg, h), count_(count) {}
  caf::behavior make_behavior() override {
    return {[this](std::int32_t by) { count_ += static_cast<std::uint64_t>(by); }};
  }

private:
  std::uint64_t& count_;
};

/// From send to handler, on one home.
void message_to_an_actor(benchmark::State& state) {
  caf::actor_system_config config;
  config.set("scheduler.policy", caf::atom("sharing"));
  config.set("scheduler.max-threads", 1);
  caf::actor_system system{config};
  std::uint64_t count = 0;
  hal::virtual_world world;
  world.home().attach(system);
  std::vector<caf::actor> all;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    all.push_back(actors::spawn_on<counting_actor>(world.home(), system, count));
  }
  std::size_t next = 0;
  for (auto _ : state) {
    caf::anon_send(all[next], std::int32_t{1});
    world.run_until(world.now());
    next = next + 1 < all.size() ? next + 1 : 0;
  }
  if (count != static_cast<std::uint64_t>(state.iterations())) {
    state.SkipWithError("a message was not handled");
  }
  for (const auto& actor : all) {
    caf::anon_send_exit(actor, caf::exit_reason::kill);
  }
  world.run_until(world.now());
}
BENCHMARK(message_to_an_actor)->Arg(1)->Arg(10'000);

} // namespace
