// Passing orders down the tree.
#include "actors/supervision/fleet_supervisor.hpp"

#include <utility>

#include <caf/send.hpp>

#include "actors/supervision/shard_supervisor.hpp"

namespace fleet::actors {

fleet_supervisor::fleet_supervisor(caf::actor_config& cfg, hal::home& h, std::vector<shard*> shards,
                                   std::shared_ptr<std::atomic<bool>> all_ended)
    : pinned_actor(cfg, h), shards_(std::move(shards)), all_ended_(std::move(all_ended)) {}

caf::behavior fleet_supervisor::make_behavior() {
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    supervisors_.push_back(spawn_on<shard_supervisor>(
        shards_[i]->home, home_system(), std::ref(*shards_[i]), static_cast<std::uint32_t>(i),
        caf::actor_cast<caf::actor>(this)));
  }
  const auto pass_on = [this](const auto& order) {
    for (const auto& s : supervisors_) {
      caf::anon_send(s, order);
    }
  };
  return {
      [pass_on](run_devices order) { pass_on(order); },
      [pass_on](quiet_devices order) { pass_on(order); },
      [pass_on](const stop_devices& order) { pass_on(order); },
      [pass_on](const add_fault& order) { pass_on(order); },
      [pass_on](const remove_fault& order) { pass_on(order); },
      [this](const crash_device& order) {
        for (std::size_t i = 0; i < shards_.size(); ++i) {
          if (shards_[i]->devices.contains(order.index)) {
            caf::anon_send(supervisors_[i], order);
          }
        }
      },
      [this](const shard_ended&) {
        ++ended_;
        finish_if_done();
      },
  };
}

void fleet_supervisor::finish_if_done() {
  if (ended_ == shards_.size()) {
    supervisors_.clear();
    all_ended_->store(true, std::memory_order_release);
    quit();
  }
}

caf::actor spawn_fleet(caf::actor_system& system, std::vector<shard*> shards,
                       std::shared_ptr<std::atomic<bool>> all_ended) {
  FLEET_CHECK(!shards.empty());
  hal::home& root = shards.front()->home;
  return spawn_on<fleet_supervisor>(root, system, std::move(shards), std::move(all_ended));
}

} // namespace fleet::actors
