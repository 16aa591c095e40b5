// Where flows live, and whose thread may touch them.
#include "fleet/run/rollout_side.hpp"

#include <atomic>

#include "fleet/run/admin_firmware.hpp"
#include "hal_sim/real_world/real_world.hpp"

namespace fleet::program {

namespace {

/// With one answer: whoever stops a run waits for it.
constexpr duration patience_most = std::chrono::seconds{5};

admin_target patient(admin_target where) {
  where.patience =
      where.patience == duration{0} ? patience_most : std::min(where.patience, patience_most);
  return where;
}

} // namespace

struct rollout_side::far_console {
  explicit far_console(const admin_target& where) : api(patient(where)), console(api) {
    world.start();
  }

  void call(const std::function<void()>& job) {
    std::atomic<bool> done{false};
    world.home(0).post([&] {
      job();
      done.store(true, std::memory_order_release);
      done.notify_one();
    });
    done.wait(false, std::memory_order_acquire);
  }

  hal::real_world world{
      hal::real_world_options{.read_buffer_bytes = 16UL * 1024, .name = "rollouts"}};
  admin_connection api;
  admin_firmware console;
};

rollout_side::rollout_side() = default;

rollout_side::~rollout_side() {
  clear();
}

void rollout_side::order_at(const admin_target& where, prepared& ready) {
  far_ = std::make_unique<far_console>(where);
  for (auto& planned : ready.plan->rollouts) {
    flows.push_back(std::make_unique<rollout_flow>(far_->world.home(0), far_->console, planned,
                                                   ready.products[planned.product].plan));
  }
}

void rollout_side::start(std::uint64_t seed) {
  const auto all = [&] {
    for (const auto& flow : flows) {
      flow->start(seed);
    }
  };
  if (far_) {
    far_->call(all);
  } else {
    all();
  }
}

void rollout_side::stop(run_world& world, std::vector<report::rollout_fact>& out) {
  if (flows.empty() || !out.empty()) {
    return;
  }
  const auto all = [&] {
    for (const auto& flow : flows) {
      flow->stop();
      out.push_back(flow->fact());
    }
  };
  if (far_) {
    far_->call(all);
  } else {
    world.call(world.twin_home(), all);
  }
}

void rollout_side::clear() {
  if (far_) { // an image may be on its way still
    far_->api.give_up();
    far_->world.stop(duration{0});
  }
  flows.clear();
  far_.reset();
}

} // namespace fleet::program
