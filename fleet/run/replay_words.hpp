// What is to be said of tables that reports replay: what a property takes, what a file looks like
// that is no table, and what a payload makes of the cells.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/csv_table.hpp"
#include "protocol/tsl/data_type.hpp"

namespace fleet::program {

/// `float from -40 to 60`, `text of at most 8 octets`, `one of 0 or 1`.
std::string value_said(const tsl::data_type& type);

/// Up to ten names, and how many more there are.
std::string names_said(const std::vector<std::string>& names);

/// Whether text is UTF-16, by its byte order mark or the zeros between its letters.
bool is_utf_16(std::string_view text) noexcept;

/// What separates the names of a first line that has no comma: `;`, `tabs`; empty: nothing that is
/// known.
std::string_view other_separator(std::string_view text) noexcept;

/// Cells of which a payload that looks like JSON makes something that is none: a sentence for each
/// column with such. `payload` is a template that was bound to the table.
std::vector<std::string> broken_json(std::string_view payload, const csv_table& table);

} // namespace fleet::program
