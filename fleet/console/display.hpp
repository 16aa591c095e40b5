// Text as people see it on a terminal: tables with even columns, JSON with indents, times, and
// nothing in it that a terminal would obey. Knows no API.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fleet::program {

/// The text without what a terminal obeys or hides: control characters (C0, DEL, C1), marks that
/// turn the direction of writing, and octets that are no UTF-8 become `\xNN`.
std::string printable(std::string_view text);

/// printable(), but ends of lines and tabs stay.
std::string printable_lines(std::string_view text);

/// Columns that a terminal gives the UTF-8 text: two for wide letters, none for combining marks.
std::size_t display_width(std::string_view text);

/// Rows of cells, printed so that columns begin below each other.
class text_table {
public:
  /// `indent`: blanks before each line.
  explicit text_table(std::size_t indent = 0) : indent_(indent) {}
  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
  /// Each line ended by a newline; no blanks at a line's end.
  [[nodiscard]] std::string text() const;

private:
  std::size_t indent_;
  std::vector<std::vector<std::string>> rows_;
};

/// Valid JSON with a member a line, two blanks a level, no newline at the end.
std::string indented_json(std::string_view json);

/// `2026-11-25 11:02:03 UTC` for milliseconds since 1970; `never` for 0 and less.
std::string time_text(std::int64_t ms);

} // namespace fleet::program
