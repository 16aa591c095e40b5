// Faults that expectations name, held against those that a run has. What an expectation says is
// judging/expectation.hpp's.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "fleet/judging/expectation.hpp"
#include "fleet/scenario/faults.hpp"

namespace fleet::program {

/// What is wrong with a line that can be read: a fault, or a preset, that is not among `faults`,
/// and the nearest that is. Nothing: all are there, or it names none.
std::optional<judging::misreading> unknown_fault(std::string_view line,
                                                 std::span<const planned_fault> faults);

} // namespace fleet::program
