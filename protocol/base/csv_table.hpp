// A table out of comma-separated text (RFC 4180), its first line naming the columns; read once and
// never changed. Every mistake has its place.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/result.hpp"

namespace fleet {

inline constexpr std::size_t csv_octets_most = std::size_t{16} << 20;
inline constexpr std::size_t csv_columns_most = 200;
inline constexpr std::size_t csv_rows_most = 1'000'000;
inline constexpr std::size_t csv_cells_most = 4'000'000;
inline constexpr std::size_t csv_mistakes_most = 20; ///< of one text

/// Both from 1; columns count octets.
struct csv_place {
  std::uint32_t line = 1;
  std::uint32_t column = 1;

  friend bool operator==(const csv_place&, const csv_place&) = default;
};

struct csv_mistake {
  csv_place at;
  std::string message; ///< one sentence

  friend bool operator==(const csv_mistake&, const csv_mistake&) = default;
};

class csv_table {
public:
  /// Takes a byte order mark, LF and CRLF, a last line without an end, quoted cells with commas,
  /// line ends and doubled quotes. Empty lines are left out; blanks around a cell that is not
  /// quoted are no part of it. Refused: a cell more or less than there are columns, columns without
  /// a name or with one of another, quotes within a cell, what is beyond the limits, no row at all.
  static result<csv_table, std::vector<csv_mistake>> parse(std::string_view text);

  csv_table(csv_table&&) noexcept = default;
  csv_table& operator=(csv_table&&) noexcept = default;
  csv_table(const csv_table&) = delete;
  csv_table& operator=(const csv_table&) = delete;

  [[nodiscard]] std::span<const std::string> columns() const noexcept { return columns_; }
  [[nodiscard]] std::optional<std::size_t> find_column(std::string_view name) const noexcept;
  /// At least one.
  [[nodiscard]] std::size_t rows() const noexcept { return places_.size() / columns_.size(); }
  /// A cell for each column.
  [[nodiscard]] std::span<const std::string_view> row(std::size_t i) const noexcept {
    return std::span{cells_}.subspan(i * columns_.size(), columns_.size());
  }
  [[nodiscard]] csv_place place_of(std::size_t row, std::size_t column) const noexcept {
    return places_[row * columns_.size() + column];
  }

private:
  friend class csv_reader;
  csv_table() = default;

  std::vector<char> text_; ///< what the cells point into; a move leaves it where it is
  std::vector<std::string> columns_;
  std::vector<std::string_view> cells_;
  std::vector<csv_place> places_;
};

} // namespace fleet
