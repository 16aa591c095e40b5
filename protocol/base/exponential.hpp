// What lies between two events of a Poisson process, in whole numbers, equal on every machine.
#pragma once

#include "protocol/base/random.hpp"
#include "protocol/base/time.hpp"

namespace fleet {

/// Exponentially distributed with this mean, 44 times it at most; `mean` is 0 to a year. Draws
/// once.
duration exponential(random_stream& random, duration mean) noexcept;

} // namespace fleet
