// Where flows live, and whose thread may touch them.
#include "fleet/run/rollout_side.hpp"

#include <atomic>
#include <optional>

#include "fleet/run/admin_firmware.hpp"
#include "hal_sim/real_world/real_world.hpp"

namespace fleet::program {

namespace {

/// With one answer, while others wait for their turn.
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

  /// What became of all, once it is known; each time it is asked again in between.
  const std::vector<report::rollout_fact>*
  stopped(const std::vector<std::unique_ptr<rollout_flow>>& flows, double now_s, double until_s) {
    if (!give_up_s) {
      give_up_s = until_s;
      world.home(0).post([this, &flows] {
        for (const auto& flow : flows) {
          flow->stop();
          facts.push_back(flow->fact());
        }
        all_told.store(true, std::memory_order_release);
      });
    } else if (now_s >= *give_up_s) {
      api.give_up();
    }
    return all_told.load(std::memory_order_acquire) ? &facts : nullptr;
  }

  hal::real_world world{
      hal::real_world_options{.read_buffer_bytes = 16UL * 1024, .name = "rollouts"}};
  admin_connection api;
  admin_firmware console;
  std::optional<double> give_up_s;         ///< none: it was not asked yet
  std::vector<report::rollout_fact> facts; ///< the home's, until:
  std::atomic<bool> all_told{false};
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
  const auto all = [this, seed] {
    for (const auto& flow : flows) {
      flow->start(seed);
    }
  };
  if (far_) {
    far_->world.home(0).post(all);
  } else {
    all();
  }
}

bool rollout_side::stop(run_world& world, double until_s, std::vector<report::rollout_fact>& out) {
  if (flows.empty() || !out.empty()) {
    return true;
  }
  if (far_) {
    if (const auto* facts = far_->stopped(flows, world.elapsed_s(), until_s)) {
      out = *facts;
    }
    return !out.empty();
  }
  world.call(world.twin_home(), [this, &out] {
    for (const auto& flow : flows) {
      flow->stop();
      out.push_back(flow->fact());
    }
  });
  return true;
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
