// What the compiler of templates reads within braces: numbers, ranges, periods. Internal to the
// folder.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/base/time.hpp"

namespace fleet::alink {

/// Without blanks at its ends.
std::string_view trimmed(std::string_view text) noexcept;

/// A whole number, or nothing.
std::optional<std::int64_t> whole_number(std::string_view text) noexcept;

/// `18.0..26.5` as 180 and 265 with one decimal.
struct decimal_range {
  std::int64_t low = 0;
  std::int64_t high = 0;
  std::uint32_t decimals = 0;
};
/// Nothing for what is no range, has more than `decimals_most` decimals or does not fit.
std::optional<decimal_range> parse_range(std::string_view text, std::uint32_t decimals_most);

/// `500ms`, `90s`, `24h`: one unit of d, h, m, s and ms; 1 ms to 365 days.
std::optional<duration> parse_period(std::string_view text) noexcept;

/// A piece of a template for a sentence, without anything that a terminal obeys.
std::string shown_piece(std::string_view text);

/// The nearest of the placeholders' words.
std::string_view nearest_placeholder(std::string_view to) noexcept;
bool is_placeholder(std::string_view word) noexcept;

} // namespace fleet::alink
