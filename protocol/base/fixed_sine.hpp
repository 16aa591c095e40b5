// The sine in fixed point, equal on every machine.
#pragma once

#include <cstdint>

namespace fleet {

/// sin(2π · turn / 2^32) in units of 2^-30, within 2^-19 of the true value; odd and periodic.
std::int64_t fixed_sine(std::uint32_t turn) noexcept;

} // namespace fleet
