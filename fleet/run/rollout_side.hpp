// The rollouts of a run, and who carries them out: embedded twins on their home, or a target that
// is a twin, by its admin API. Of a run in several processes the coordinator has them.
#pragma once

#include <memory>
#include <vector>

#include "fleet/console/admin_connection.hpp"
#include "fleet/run/rollout_flow.hpp"
#include "fleet/run/run_world.hpp"

namespace fleet::program {

class rollout_side {
public:
  rollout_side();
  ~rollout_side();
  rollout_side(const rollout_side&) = delete;
  rollout_side& operator=(const rollout_side&) = delete;

  /// All of a plan, at the twin of that admin API. Its questions block, so they have a home of
  /// their own. `ready` outlives this.
  void order_at(const admin_target& where, prepared& ready);

  /// From now on; those of embedded twins on their home's thread.
  void start(std::uint64_t seed);
  /// Stops all; true once what became of each is added. Embedded twins' are at once; a target is
  /// asked meanwhile, until `until_s` of the first call, and then given up, so that this is called
  /// again until it is true.
  bool stop(run_world& world, double until_s, std::vector<report::rollout_fact>& out);
  /// After the homes have ended, or while no flow has begun.
  void clear();

  std::vector<std::unique_ptr<rollout_flow>> flows;

private:
  struct far_console;
  std::unique_ptr<far_console> far_; ///< none: embedded twins'
};

} // namespace fleet::program
