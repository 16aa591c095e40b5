// Who gets which devices, at the beginning and when somebody is lost. Pure.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "fleet/scenario/plan.hpp"

namespace fleet::program {

/// Ranges that follow each other from 0 and have `devices` together, each as large as its weight's
/// share, the rest going to the largest remainders, the first of equal ones first. Weights are
/// positive, and there is one at least; with fewer devices than weights some ranges are empty.
std::vector<device_range> split_devices(std::uint32_t devices,
                                        std::span<const std::uint32_t> weights);

/// Somebody who can have more devices.
struct taker {
  std::uint32_t cores = 1; ///< positive
  std::uint64_t has = 0;   ///< devices that share its cores already
  std::uint32_t room = 0;  ///< devices that it can have beyond
};

/// How many of the devices each gets: so that each core has as many as any
/// other, as far as what is there allows, and nobody more than there is room
/// for. All together fewer than `devices` where there is not room for all.
std::vector<std::uint32_t> share_among(std::uint32_t devices, std::span<const taker> takers);

/// As that, with one at least for each that has room, as long as there are as
/// many.
std::vector<std::uint32_t> share_among_all(std::uint32_t devices, std::span<const taker> takers);

/// As share_among(), with `least` at least for each that gets any, as far as
/// the room of the others allows: a smaller part is not worth a process.
std::vector<std::uint32_t> share_among_few(std::uint32_t devices, std::span<const taker> takers,
                                           std::uint32_t least);

} // namespace fleet::program
