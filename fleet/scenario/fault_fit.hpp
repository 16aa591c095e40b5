// Which effects which products can have, and which would be the nearest where one cannot. A part of
// resolve_fault(), for itself because it is a table of its own.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fleet/scenario/fault_plan.hpp"

namespace fleet::program {

/// Why product number `i` cannot have an effect, as the rest of a sentence that starts with it;
/// nothing: it can.
std::optional<std::string> misfit(faults::effect what, const fault_scene& scene, std::size_t i);

/// Why the far side cannot: cloud faults are the twin's to do. A whole sentence's end.
std::optional<std::string> far_misfit(faults::effect what, const fault_scene& scene);

/// What comes nearest and needs nothing.
faults::effect nearest_effect(faults::effect what, bool over_datagrams) noexcept;

} // namespace fleet::program
