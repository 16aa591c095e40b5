// One pass over the text. Quoted cells are made plain where they stand, since that makes them
// shorter.
#include "protocol/base/csv_table.hpp"

#include <algorithm>

namespace fleet {

namespace {

constexpr std::size_t name_octets_most = 64;

bool good_name(std::string_view name) noexcept {
  return !name.empty() && name.size() <= name_octets_most
         && std::none_of(name.begin(), name.end(), [](char c) {
              return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == '{' || c == '}';
            });
}

} // namespace

/// Reads line by line, cell by cell.
class csv_reader {
public:
  explicit csv_reader(std::string_view text) {
    constexpr std::string_view mark = "\xEF\xBB\xBF";
    if (text.starts_with(mark)) {
      text.remove_prefix(mark.size());
      line_at_ = 0;
      before_ = mark.size(); // it counts in the first line, as editors without an eye for it do
    }
    out_.text_.assign(text.begin(), text.end());
  }

  result<csv_table, std::vector<csv_mistake>> run() {
    if (out_.text_.size() > csv_octets_most) {
      complain({}, "the table is longer than 16 MiB");
    } else {
      read_lines();
    }
    if (mistakes_.empty() && !header_) {
      complain({},
               "the table is empty; its first line names the columns, each further one is a row");
    } else if (mistakes_.empty() && out_.cells_.empty()) {
      complain(here(), "the table has no row below the names of its columns");
    }
    if (!mistakes_.empty()) {
      return fail(std::move(mistakes_));
    }
    return std::move(out_);
  }

private:
  struct cell {
    std::string_view text;
    csv_place at;
  };

  void complain(csv_place at, std::string message) {
    if (mistakes_.size() < csv_mistakes_most) {
      mistakes_.push_back({at, std::move(message)});
    }
  }

  [[nodiscard]] std::size_t size() const noexcept { return out_.text_.size(); }
  [[nodiscard]] bool at_end() const noexcept { return at_ == size(); }
  /// What comes next; 0 at the end.
  [[nodiscard]] char peek() const noexcept { return at_end() ? '\0' : out_.text_[at_]; }
  [[nodiscard]] bool at_line_end() const noexcept {
    return at_end() || peek() == '\n'
           || (peek() == '\r' && (at_ + 1 == size() || out_.text_[at_ + 1] == '\n'));
  }
  [[nodiscard]] csv_place here() const noexcept {
    return {line_, static_cast<std::uint32_t>(at_ - line_at_ + before_ + 1)};
  }
  void end_line() {
    at_ += peek() == '\r' ? 1 : 0;
    at_ += at_end() ? 0 : 1;
    next_line();
  }
  void next_line() {
    ++line_;
    line_at_ = at_;
    before_ = 0;
  }

  void read_lines() {
    std::vector<cell> cells;
    while (!at_end() && mistakes_.size() < csv_mistakes_most && !broken_) {
      if (at_line_end()) {
        end_line();
        continue;
      }
      cells.clear();
      read_line(cells);
      if (broken_) {
        return;
      }
      if (!header_) {
        take_header(cells);
      } else {
        take_row(cells);
      }
    }
  }

  void read_line(std::vector<cell>& cells) {
    while (true) {
      const auto at = here();
      cells.push_back({peek() == '"' ? quoted() : plain(), at});
      if (broken_) {
        return;
      }
      if (peek() == ',' && !at_end()) {
        ++at_;
        continue;
      }
      end_line();
      return;
    }
  }

  std::string_view plain() {
    const std::size_t from = at_;
    while (!at_line_end() && peek() != ',') {
      if (peek() == '"' && !told_quote_) {
        told_quote_ = true;
        complain(here(),
                 "a quote within a cell; put the whole cell into quotes, and write \"\" for "
                 "one in it");
      }
      ++at_;
    }
    told_quote_ = false;
    std::string_view text{out_.text_.data() + from, at_ - from};
    const auto blank = [](char c) { return c == ' ' || c == '\t'; };
    while (!text.empty() && blank(text.front())) {
      text.remove_prefix(1);
    }
    while (!text.empty() && blank(text.back())) {
      text.remove_suffix(1);
    }
    return text;
  }

  /// Its octets move up over the doubled quotes.
  std::string_view quoted() {
    const auto opened = here();
    const std::size_t from = ++at_;
    std::size_t to = from;
    while (true) {
      if (at_end()) {
        complain(opened, "this quote is not closed");
        broken_ = true;
        return {};
      }
      const char c = out_.text_[at_++];
      if (c == '"' && peek() != '"') {
        break;
      }
      at_ += c == '"' ? 1 : 0;
      out_.text_[to++] = c;
      if (c == '\n') {
        next_line();
      }
    }
    if (!at_line_end() && peek() != ',') {
      complain(here(), "after a closing quote comes a comma or the end of the line");
      while (!at_line_end() && peek() != ',') {
        ++at_;
      }
    }
    return {out_.text_.data() + from, to - from};
  }

  void take_header(const std::vector<cell>& cells) {
    header_ = true;
    if (cells.size() > csv_columns_most) {
      complain(cells[csv_columns_most].at, "more than 200 columns");
      broken_ = true;
      return;
    }
    for (const cell& c : cells) {
      if (!good_name(c.text)) {
        complain(c.at, c.text.empty() ? "a column without a name"
                                      : "a column's name takes 1 to 64 octets, without braces and "
                                        "control characters");
      } else if (std::find(out_.columns_.begin(), out_.columns_.end(), c.text)
                 != out_.columns_.end()) {
        complain(c.at, "two columns are called " + std::string{c.text});
      }
      out_.columns_.emplace_back(c.text);
    }
  }

  void take_row(const std::vector<cell>& cells) {
    const std::size_t wanted = out_.columns_.size();
    if (cells.size() != wanted) {
      const auto counted = [](std::size_t n) {
        return std::to_string(n) + (n == 1 ? " cell" : " cells");
      };
      const auto at = cells.size() > wanted ? cells[wanted].at : cells.back().at;
      complain(at, "this row has " + counted(cells.size()) + ", and the table "
                       + std::to_string(wanted) + (wanted == 1 ? " column" : " columns"));
      return;
    }
    if (out_.cells_.size() + wanted > csv_cells_most
        || out_.cells_.size() / wanted == csv_rows_most) {
      complain(cells.front().at, "more than 1,000,000 rows, or 4,000,000 cells");
      broken_ = true;
      return;
    }
    for (const cell& c : cells) {
      out_.cells_.push_back(c.text);
      out_.places_.push_back(c.at);
    }
  }

  csv_table out_;
  std::vector<csv_mistake> mistakes_;
  std::size_t at_ = 0;
  std::size_t line_at_ = 0; ///< where the line begins
  std::size_t before_ = 0;  ///< octets of it that are not in the text
  std::uint32_t line_ = 1;
  bool header_ = false;
  bool broken_ = false; ///< there is no telling what comes behind
  bool told_quote_ = false;
};

result<csv_table, std::vector<csv_mistake>> csv_table::parse(std::string_view text) {
  return csv_reader{text}.run();
}

std::optional<std::size_t> csv_table::find_column(std::string_view name) const noexcept {
  const auto found = std::find(columns_.begin(), columns_.end(), name);
  return found == columns_.end()
             ? std::nullopt
             : std::optional{static_cast<std::size_t>(found - columns_.begin())};
}

} // namespace fleet
