// Counts of the vendor's dialect that have a metric of their own, by product; all others are one
// metric with a label.
#pragma once

#include <array>
#include <optional>

#include "actors/device/meters.hpp"
#include "fleet/metrics/family.hpp"

namespace fleet::metrics {

struct native_count {
  actors::counter actors::meters::*from;
  family as;
};

inline constexpr std::array<native_count, 6> native_counts{{
    {&actors::meters::events_posted, family::events_posted},
    {&actors::meters::commands_refused, family::commands_refused},
    {&actors::meters::services_answered, family::services_answered},
    {&actors::meters::rrpc_answered, family::rrpc_answered},
    {&actors::meters::shadow_updates, family::shadow_updates},
    {&actors::meters::shadow_converged, family::shadows_converged},
}};

/// The metric of a count that has its own.
constexpr std::optional<family> native_family(actors::counter actors::meters::*from) noexcept {
  for (const auto& each : native_counts) {
    if (each.from == from) {
      return each.as;
    }
  }
  return std::nullopt;
}

} // namespace fleet::metrics
