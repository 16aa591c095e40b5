// Who gets which devices. Pure.
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

} // namespace fleet::program
