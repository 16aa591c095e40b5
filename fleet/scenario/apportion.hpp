// Whole devices out of counts, shares and gateways. A part of resolve(), for itself because it is
// arithmetic of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "fleet/scenario/plan.hpp"

namespace fleet::program {

/// `total` in parts of `ppm` millionths each, by largest remainder, ties to the first: together
/// the whole part of what the shares make.
std::vector<std::uint32_t> parts_of(std::uint32_t total, std::span<const std::uint32_t> ppm);

/// `ppm` millionths, at most all, of each: together the whole part of what that makes of their sum,
/// by largest remainder, ties to the first.
std::vector<std::uint32_t> part_of_each(std::span<const std::uint32_t> wholes, std::uint32_t ppm);

/// Fills in ranges, gateways and sums of a plan whose products are there.
std::optional<plan_mistake> apportion(const scenario& file, const scenario_overrides& flags,
                                      scenario_plan& plan);

} // namespace fleet::program
