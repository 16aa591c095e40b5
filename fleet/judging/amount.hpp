// Amounts in expectations, read and printed, and the words for what they count.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "fleet/judging/expectation.hpp"

namespace fleet::judging {

/// `a duration` and so on, for sentences.
std::string_view text_of(unit u) noexcept;
std::string_view text_of(argument a) noexcept;
/// How such an amount is written.
std::string_view example_of(unit u) noexcept;

/// Fills in value and unit from the term's word; or the rest of a sentence that begins with it.
std::optional<std::string> read_amount_word(term& out);

/// For people: `31ms`, `1.5s`, `12.3KiB`, `200/s`, `0.012`; with `percent` a share as `1.2%`.
std::string said(double value, unit u, bool percent = false);

} // namespace fleet::judging
