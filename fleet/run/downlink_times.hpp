// How long a twin's commands took to arrive: from the moment each was due to its acknowledgement,
// into the meters of the devices they went to. What was never acknowledged has no time.
#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "actors/supervision/shard.hpp"
#include "cloud_sim/character.hpp"

namespace fleet::program {

class downlink_times final : public cloud::command_watcher {
public:
  /// From now on; all twins of a run live on one home, which alone writes these histograms. Shards
  /// are in the order of their devices and outlive the twin's last message.
  void count_in(std::vector<actors::shard*> shards) { shards_ = std::move(shards); }

  /// Of a device in no shard nothing is counted.
  void on_acknowledged(std::uint32_t device, duration after) override {
    // Shards without devices begin where the next one does; the last that begins here holds it.
    const auto next = std::upper_bound(
        shards_.begin(), shards_.end(), device,
        [](std::uint32_t d, const actors::shard* each) { return d < each->options.first; });
    if (next == shards_.begin()) {
      return;
    }
    actors::shard& holds = **(next - 1);
    if (const auto slot = holds.devices.place_of(device)) {
      auto& times = holds.part_of(*slot).counts.latencies;
      times[static_cast<std::size_t>(actors::latency::downlink)].record(after);
    }
  }

private:
  std::vector<actors::shard*> shards_;
};

/// The same of a twin that runs alone, whoever its devices are.
class downlink_meter final : public cloud::command_watcher {
public:
  void on_acknowledged(std::uint32_t, duration after) override { times_.record(after); }
  /// Readable from any thread.
  [[nodiscard]] const actors::histogram& times() const noexcept { return times_; }

private:
  actors::histogram times_;
};

} // namespace fleet::program
