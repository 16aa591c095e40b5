// What people write for amounts: durations, counts, sizes and rates, read and printed. No clock, no
// flags: who asked, and what range is allowed, is the caller's business.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/base/result.hpp"
#include "protocol/base/time.hpp"

namespace fleet::text {

/// Why a word is not an amount: the rest of a sentence that starts with that word, such as `has no
/// unit; write 90s, 500ms or 1h30m`.
using complaint = std::string;

/// `90s`, `1h30m`, `500ms`, `1.5s`: units d, h, m, s, ms, us, largest first, each once; at most 292
/// years. A number without a unit is an error, except `0`.
result<duration, complaint> parse_duration(std::string_view word);

/// `5000`, `5k`, `1.5M`: a whole number, k for thousands and M for millions.
result<std::uint64_t, complaint> parse_count(std::string_view word);

/// Octets: `1024`, `4KiB`, `1MiB`, `10kB`, `1MB`, `512B`.
result<std::uint64_t, complaint> parse_size(std::string_view word);

/// Events a second: `200`, `200/s`, `0.5/s`, `90/min`, `2k/s`.
result<double, complaint> parse_rate(std::string_view word);

/// A whole number in decimal, or in hexadecimal after `0x`, that fits 64 bits.
result<std::uint64_t, complaint> parse_number(std::string_view word);

/// The shortest form that parse_duration() reads back: `1h30m`, `500ms`; `0s` for nothing.
std::string format_duration(duration d);

/// With thousands apart: `19,000`.
std::string format_count(std::uint64_t n);

/// `4KiB` where it is a whole number of them, else octets: `1000B`.
std::string format_size(std::uint64_t octets);

} // namespace fleet::text
