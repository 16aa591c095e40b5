// Those of a run who carry faults out, as its desk orders them about: the supervisors of the
// shards.
#pragma once

#include <vector>

#include <caf/actor.hpp>

#include "actors/supervision/shard.hpp"
#include "fleet/run/fault_desk.hpp"

namespace fleet::program {

/// The shards, each of which has a driver of its own on its home.
class shard_hand final : public fault_hand {
public:
  /// The list outlives the hand, as the shards do.
  explicit shard_hand(const std::vector<actors::shard*>& shards) : shards_(shards) {}
  /// The supervisor of all; null: nobody any more.
  void speak_to(caf::actor root) { root_ = std::move(root); }

  /// What is added from now on began to count so long ago.
  void late_by(duration since) { since_ = since; }

  std::optional<fault_refusal> add(const std::shared_ptr<const faults::fault>& f) override;
  std::optional<std::string> remove(const std::string& name) override;
  [[nodiscard]] std::optional<fault_figures> figures(const std::string& name) const override;

private:
  const std::vector<actors::shard*>& shards_;
  caf::actor root_;
  duration since_{0};
};

} // namespace fleet::program
