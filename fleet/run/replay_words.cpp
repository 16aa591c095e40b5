// Sentences, and a look at the places of a payload's columns.
#include "fleet/run/replay_words.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "fleet/scenario/reading.hpp"
#include "fleet/text/nearest.hpp"
#include "fleet/text/quantities.hpp"
#include "protocol/base/json.hpp"

namespace fleet::program {

namespace {

constexpr std::size_t names_told_most = 10;

/// Where a payload has a column's cell.
struct column_use {
  std::string_view name;
  bool quoted = false; ///< within a text
  bool alone = true;   ///< a whole value: nothing else is between its separators
};

bool looks_like_json(std::string_view payload) noexcept {
  const auto from = payload.find_first_not_of(" \t\r\n");
  return from != std::string_view::npos
         && (payload.substr(from).starts_with("{{") || payload[from] == '[');
}

/// Whether a value can end, or begin, at what is written there.
bool borders(std::string_view text, std::string_view marks) noexcept {
  return text.empty() || marks.find(text.front()) != std::string_view::npos;
}

std::vector<column_use> uses_of(std::string_view payload) {
  constexpr std::string_view word = "{column ";
  constexpr std::string_view blanks = " \t\r\n";
  std::vector<column_use> out;
  bool quoted = false;
  char before = 0; // the last that is no blank
  for (std::size_t i = 0; i < payload.size(); ++i) {
    const auto rest = payload.substr(i);
    if (rest.starts_with("{{") || rest.starts_with("}}")) {
      before = payload[i++];
    } else if (payload[i] == '{') {
      const auto end = std::min(rest.find('}'), rest.size() - 1);
      if (rest.starts_with(word)) {
        auto name = rest.substr(word.size(), end - word.size());
        name.remove_prefix(std::min(name.find_first_not_of(' '), name.size()));
        name = name.substr(0, name.find_last_not_of(' ') + 1);
        auto after = rest.substr(end + 1);
        after.remove_prefix(std::min(after.find_first_not_of(blanks), after.size()));
        const bool alone =
            std::string_view{":,["}.find(before) != std::string_view::npos && borders(after, ",]}");
        out.push_back({name, quoted, alone});
      }
      before = '}';
      i += end;
    } else if (payload[i] == '\\' && quoted) {
      ++i;
    } else {
      quoted = quoted != (payload[i] == '"');
      before = blanks.find(payload[i]) == std::string_view::npos ? payload[i] : before;
    }
  }
  return out;
}

/// Holds cells against the places that they get.
class json_judge {
public:
  bool good(const column_use& use, std::string_view cell) {
    if (use.quoted) {
      return std::none_of(cell.begin(), cell.end(), [](char c) {
        return c == '"' || c == '\\' || static_cast<unsigned char>(c) < 0x20;
      });
    }
    if (!use.alone) {
      return true; // a part of a value: who knows
    }
    text_ = "[" + std::string{cell} + "]";
    return reader_.read(as_bytes(text_)) == json_error::none && reader_.is_array()
           && reader_.top().size() == 1;
  }

private:
  json_reader reader_;
  std::string text_;
};

} // namespace

std::string value_said(const tsl::data_type& type) {
  using tsl::data_kind;
  switch (type.kind) {
    case data_kind::integer:
    case data_kind::single:
    case data_kind::real:
      return fmt::format("{} from {} to {}", word_of(type.kind), type.min, type.max);
    case data_kind::enumeration:
    case data_kind::boolean: {
      std::vector<std::string> values;
      for (const auto& label : type.labels) {
        values.push_back(std::to_string(label.value));
      }
      return std::string{word_of(type.kind)} + " of " + names_said(values);
    }
    case data_kind::text:
      return fmt::format("text of at most {} octets", text::format_count(type.length));
    case data_kind::date: return "date as milliseconds since 1970";
    case data_kind::structure: return "struct as a JSON object, or a column for each member";
    case data_kind::array:
      return fmt::format("array as a JSON list of at most {}", text::format_count(type.length));
  }
  return std::string{word_of(type.kind)};
}

std::string names_said(const std::vector<std::string>& names) {
  std::string out;
  for (std::size_t i = 0; i < std::min(names.size(), names_told_most); ++i) {
    out += (i == 0 ? "" : ", ") + names[i];
  }
  if (names.size() > names_told_most) {
    out += " and " + text::format_count(names.size() - names_told_most) + " more";
  }
  return out;
}

bool is_utf_16(std::string_view text) noexcept {
  return text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF")
         || (text.size() >= 2 && (text[0] == '\0') != (text[1] == '\0'));
}

std::string_view other_separator(std::string_view text) noexcept {
  const auto line = text.substr(0, text.find_first_of("\r\n"));
  const auto has = [line](char c) { return line.find(c) != std::string_view::npos; };
  if (has(',')) {
    return {};
  }
  return has(';') ? ";" : has('\t') ? "tabs" : "";
}

std::vector<std::string> broken_json(std::string_view payload, const csv_table& table) {
  std::vector<std::string> out;
  if (!looks_like_json(payload)) {
    return out;
  }
  json_judge judge;
  for (const auto& use : uses_of(payload)) {
    const auto column = table.find_column(use.name);
    std::size_t bad = 0;
    std::size_t first = 0;
    for (std::size_t row = 0; column && row < table.rows(); ++row) {
      if (!judge.good(use, table.row(row)[*column])) {
        first = bad == 0 ? row : first;
        ++bad;
      }
    }
    if (bad == 0) {
      continue;
    }
    const auto at = table.place_of(first, *column);
    const auto cell = table.row(first)[*column];
    out.push_back(fmt::format(
        "{} of {} cells of column {} would make the payload no JSON: {} in line {}, column {}{}",
        text::format_count(bad), text::format_count(table.rows()), use.name,
        cell.empty() ? "an empty one" : shown_value(cell), at.line, at.column,
        bad == 1 ? "" : ", and others"));
  }
  return out;
}

} // namespace fleet::program
