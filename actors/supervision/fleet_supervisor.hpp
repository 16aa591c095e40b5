// The root of the tree: spawns one shard supervisor a shard, each on its shard's home, passes
// orders down and knows when all have ended. Lives on the first shard's home.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "actors/supervision/messages.hpp"
#include "actors/supervision/pinned_actor.hpp"
#include "actors/supervision/shard.hpp"

namespace fleet::actors {

class fleet_supervisor final : public pinned_actor {
public:
  /// `shards` outlive the actor; `all_ended` is set when the last shard ended.
  fleet_supervisor(caf::actor_config& cfg, hal::home& h, std::vector<shard*> shards,
                   std::shared_ptr<std::atomic<bool>> all_ended);

  caf::behavior make_behavior() override;

private:
  void finish_if_done();

  std::vector<shard*> shards_;
  std::vector<caf::actor> supervisors_;
  std::shared_ptr<std::atomic<bool>> all_ended_;
  std::size_t ended_ = 0;
};

/// Spawns the tree for `shards` and answers its root; `*all_ended` turns true when the root is
/// done.
caf::actor spawn_fleet(caf::actor_system& system, std::vector<shard*> shards,
                       std::shared_ptr<std::atomic<bool>> all_ended);

} // namespace fleet::actors
