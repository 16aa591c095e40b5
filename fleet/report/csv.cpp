// The series of an earlier run as CSV: its columns as they stand there.
#include <algorithm>

#include <fmt/format.h>

#include "fleet/report/document.hpp"
#include "fleet/report/earlier.hpp"

namespace fleet::report {

namespace {

/// RFC 4180 §2: in quotes where it would be read as more than one field.
std::string field(const std::string& text) {
  if (text.find_first_of(",\"\r\n") == std::string::npos) {
    return text;
  }
  std::string out = "\"";
  for (const char c : text) {
    out += c == '"' ? std::string{"\"\""} : std::string(1, c);
  }
  return out + "\"";
}

} // namespace

std::string to_csv(const earlier_run& run) {
  std::vector<const json*> columns;
  std::size_t rows = 0;
  std::string out;
  for (const auto& [name, values] : object_at(run.facts().root, "series").items()) {
    if (values.is_array()) {
      out += (columns.empty() ? "" : ",") + field(name);
      columns.push_back(&values);
      rows = std::max(rows, values.size());
    }
  }
  out += '\n';
  for (std::size_t row = 0; row < rows; ++row) {
    for (std::size_t i = 0; i < columns.size(); ++i) {
      out += i == 0 ? "" : ",";
      if (row < columns[i]->size() && (*columns[i])[row].is_number()) {
        out += (*columns[i])[row].dump();
      }
    }
    out += '\n';
  }
  return out;
}

} // namespace fleet::report
