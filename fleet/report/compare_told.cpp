// Two runs side by side, as a table and as a page.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include "fleet/report/compare.hpp"
#include "fleet/report/document.hpp"

namespace fleet::report {

namespace {

/// Columns of a terminal, not octets: time has a micro sign.
std::string padded_left(const std::string& text, std::size_t width) {
  std::size_t columns = 0;
  for (const char c : text) {
    columns += (static_cast<unsigned char>(c) & 0xC0) != 0x80 ? 1 : 0;
  }
  return std::string(width > columns ? width - columns : 1, ' ') + text;
}

/// What the page draws of one run.
json side_of(const earlier_run& run) {
  const auto& root = run.facts().root;
  return {{"name", run.name()},
          {"verdict", text_at(root, "verdict")},
          {"run", object_at(root, "run")},
          {"environment", object_at(root, "environment")},
          {"faults", list_at(root, "faults")},
          {"series", object_at(root, "series")},
          {"histograms", object_at(root, "histograms")}};
}

json optional_of(const std::optional<double>& value) {
  return value ? json(*value) : json(nullptr);
}

} // namespace

std::string compare_text(const earlier_run& a, const earlier_run& b) {
  std::string out = fmt::format("A  {}\nB  {}\n", a.name(), b.name());
  if (const auto other = differences(a, b); !other.empty()) {
    out += fmt::format("the runs differ: {}\n", fmt::join(other, ", "));
  }
  std::string group;
  for (const auto& row : compare(a, b)) {
    if (row.group != group) {
      group = row.group;
      out += fmt::format("\n{:<32}{:>16}{:>16}  {}\n", group, "A", "B", "change");
    }
    const bool judged = row.is == change::better || row.is == change::worse;
    out += fmt::format("{:<32}", "  " + row.name) + padded_left(row.a_text, 16)
           + padded_left(row.b_text, 16) + "  " + row.change_text
           + (judged ? fmt::format("{}{}", row.change_text.empty() ? "" : ", ", to_string(row.is))
                     : std::string{});
    out.erase(out.find_last_not_of(' ') + 1);
    out += '\n';
  }
  return out;
}

std::string compare_page(const earlier_run& a, const earlier_run& b) {
  json rows = json::array();
  for (const auto& row : compare(a, b)) {
    rows.push_back({{"group", row.group},
                    {"name", row.name},
                    {"a", optional_of(row.a)},
                    {"b", optional_of(row.b)},
                    {"a_text", row.a_text},
                    {"b_text", row.b_text},
                    {"change", row.change_text},
                    {"is", to_string(row.is)}});
  }
  const json data = {
      {"compare",
       {{"a", side_of(a)}, {"b", side_of(b)}, {"differences", differences(a, b)}, {"rows", rows}}}};
  return page_of("fleet: " + a.name() + " and " + b.name(),
                 data.dump(-1, ' ', false, json::error_handler_t::replace), compare_text(a, b));
}

} // namespace fleet::report
