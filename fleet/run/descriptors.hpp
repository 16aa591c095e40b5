// How many file descriptors a run opens. Counted before it starts.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "actors/supervision/device_set.hpp"
#include "fleet/run/prepare.hpp"
#include "fleet/scenario/plan.hpp"

namespace fleet::program {

/// What a process needs beyond its connections: epoll sets, listeners, files, the metrics page.
inline constexpr std::uint64_t descriptors_beside = 64;

/// Connections that downloads from the embedded twin may need at a time, both ends.
inline std::uint64_t download_descriptors(const scenario_plan& plan) noexcept {
  std::uint64_t sum = 0;
  for (const auto& planned : plan.rollouts) {
    const std::uint64_t devices = plan.products[planned.product].devices.count;
    const std::uint64_t most = planned.rollout.under_way;
    sum += 2 * (most == 0 ? devices : std::min(most, devices));
  }
  return sum;
}

/// What processes of a run need, by their devices.
class descriptor_needs {
public:
  descriptor_needs() = default;
  descriptor_needs(const run_options& o, const prepared& ready);
  /// Of one with the devices `here`.
  [[nodiscard]] std::uint64_t of(const actors::device_set& here) const noexcept;

private:
  struct kind {
    device_range devices;
    std::uint32_t each = 0;
  };
  std::vector<kind> kinds_;
  std::uint64_t beside_ = 0;
};

/// Whether this process may open what the devices `here` need, its limit raised as far as it goes.
std::optional<startup_error> check_descriptors(const run_options& o, const prepared& ready,
                                               const actors::device_set& here);

} // namespace fleet::program
