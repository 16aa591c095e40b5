// Numbers into JSON text, the shortest that reads back as the same number. Reading is
// protocol/base/json.hpp's.
#pragma once

#include "protocol/base/bytes.hpp"

namespace fleet::tsl {

/// Appends a finite number: without exponent where that is short (1500, 0.25), else with one.
void append_number(byte_buffer& out, double value);

/// Appends a finite number with at most `decimals` places, rounded, without zeros at its end.
void append_rounded(byte_buffer& out, double value, int decimals);

} // namespace fleet::tsl
