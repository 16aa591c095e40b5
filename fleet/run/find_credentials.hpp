// Who is which device of a run: rows of a file, or triples that are generated. A worker of a run of
// several processes has the rows of its own devices alone.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "fleet/run/prepare.hpp"

namespace fleet::program {

/// Whether a product's devices have rows in a file of credentials, where the run has one.
bool has_rows(const product_plan& plan) noexcept;

/// How many of the devices are in the ranges, of which no two have any in common.
std::uint32_t count_of(const device_range& devices, const std::vector<device_range>& ranges);

/// Fills in `into.credentials`, or says why it cannot.
std::optional<startup_error> find_credentials(const run_options& options, prepared& into);

} // namespace fleet::program
