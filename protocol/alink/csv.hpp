// Reading CSV (RFC 4180) record by record with positions, for credential files. Knows no column by
// name and copies only quoted fields.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fleet::alink {

/// One value of a record and where it begins, both counted from 1; columns count octets.
struct csv_field {
  std::string_view value;
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

/// Takes a text apart; a byte-order mark in front is skipped. Views live until the next record.
class csv_reader {
public:
  enum class outcome : std::uint8_t {
    record,             ///< `fields` holds one record; an empty line is none
    end,                ///< nothing is left
    unterminated_quote, ///< nothing more can be read; `where` is the opening quote
    text_after_quote    ///< the record is unusable, the next may be read; `where` is the text
  };

  explicit csv_reader(std::string_view text) noexcept;
  outcome next(std::vector<csv_field>& fields, csv_field& where);

  /// The line on which the last record began.
  [[nodiscard]] std::uint32_t record_line() const noexcept { return record_line_; }

private:
  enum class piece : std::uint8_t { good, unterminated, followed_by_text };
  piece read_field(csv_field& field);
  piece read_quoted(csv_field& field);
  void skip_line() noexcept;
  [[nodiscard]] bool at_line_end() const noexcept;
  void take_line_end() noexcept;
  [[nodiscard]] std::uint32_t column(const char* at) const noexcept;

  const char* at_;
  const char* end_;
  const char* line_start_;
  std::uint32_t line_ = 1;
  std::uint32_t record_line_ = 1;
  std::deque<std::string> unquoted_; ///< values that had doubled quotes; a deque keeps views valid
};

} // namespace fleet::alink
