// A walk over the octets, and a table.
#include "fleet/scenario/yaml_mistakes.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace fleet::program {

namespace {

constexpr std::string_view byte_order_mark = "\xEF\xBB\xBF";

/// The octets of the UTF-8 character at `at`; 0 where there is none, or one that YAML forbids.
std::size_t character(std::string_view text, std::size_t at) {
  const auto octet = [&](std::size_t i) -> unsigned {
    return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U;
  };
  const unsigned first = octet(at);
  if (first < 0x80) {
    return first >= 0x20 || first == '\t' || first == '\n' || first == '\r' ? 1 : 0;
  }
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4) {
    return 0;
  }
  unsigned code = first & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((octet(at + i) & 0xC0U) != 0x80U) {
      return 0;
    }
    code = code << 6U | (octet(at + i) & 0x3FU);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  return overlong || surrogate || code > 0x10FFFF ? 0 : length;
}

std::string no_character(std::string_view text, std::size_t at) {
  const unsigned first = static_cast<unsigned char>(text[at]);
  if (at == 0 && (text.starts_with("\xFF\xFE") || text.starts_with("\xFE\xFF"))) {
    return "UTF-16 text; save the file as UTF-8";
  }
  if (first < 0x20) {
    return fmt::format("a control character, U+{:04X}; in double quotes it is written \\x{:02X}",
                       first, first);
  }
  return fmt::format("the octet 0x{:02X} is no UTF-8 here; save the file as UTF-8", first);
}

/// What the parser says, by how it begins, and what is told instead.
constexpr std::array<std::pair<std::string_view, std::string_view>, 19> told{{
    {"illegal tab when looking for indentation",
     "a tab where the indentation is counted; indent with blanks"},
    {"illegal block entry",
     "no item of a list can begin here; its dash stands behind blanks, under the list's key"},
    {"illegal map value", "a key cannot be here; keys of one map begin in one column, and a text "
                          "with a colon and a blank in it is quoted"},
    {"illegal map key", "a key cannot be here; keys of one map begin in one column"},
    {"end of map not found",
     "nothing above begins in this column; keys of one map, and dashes of one list, begin in one"},
    {"end of sequence not found",
     "nothing above begins in this column; keys of one map, and dashes of one list, begin in one"},
    {"illegal flow end", "this bracket closes none that is open; ] goes with [ and } with {"},
    {"unknown token", "no value begins with this character; quote the text, as \"@home\""},
    {"alias not found", "a * begins the name of an anchor; quote a text that begins with it"},
    {"illegal character found while scanning alias",
     "a * begins the name of an anchor; quote a text that begins with it"},
    {"anchor not found", "an & begins the name of an anchor; quote a text that begins with it"},
    {"illegal character found while scanning anchor",
     "an & begins the name of an anchor; quote a text that begins with it"},
    {"the referenced anchor is not defined",
     "no anchor of this name stands before; quote a text that begins with *"},
    {"unknown escape character", "no escape that YAML has; write \\\\ for a backslash in double "
                                 "quotes, or put the text in single ones"},
    {"bad character found while scanning hex number",
     "an escape without its digits; \\x takes two hexadecimal ones, \\u four and \\U eight"},
    {"invalid unicode", "an escape of no character; the last is \\U0010FFFF"},
    {"YAML", "a directive that is not read here; leave the line out"},
    {"bad YAML version", "a directive that is not read here; leave the line out"},
    {"TAG directives", "a directive that is not read here; leave the line out"},
}};

/// Whether the line of octet `at` has a tab before it among nothing but blanks.
bool behind_a_tab(std::string_view text, std::size_t at) {
  const auto before = text.substr(0, std::min(at, text.size()));
  const auto line = before.substr(before.rfind('\n') + 1); // npos + 1 is 0
  return line.find('\t') != std::string_view::npos
         && line.find_first_not_of(" \t") == std::string_view::npos;
}

} // namespace

text_place place_in(std::string_view text, std::size_t at) {
  const auto before = text.substr(0, std::min(at, text.size()));
  const std::size_t line_start = before.rfind('\n') + 1; // npos + 1 is 0
  return {static_cast<std::uint32_t>(std::count(before.begin(), before.end(), '\n')) + 1,
          static_cast<std::uint32_t>(before.size() - line_start) + 1};
}

std::optional<placed_mistake> encoding_mistake(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const std::size_t length = character(text, i);
    if (length == 0) {
      return placed_mistake{place_in(text, i), no_character(text, i)};
    }
    if (text.substr(i, length) == byte_order_mark) {
      return placed_mistake{place_in(text, i),
                            "a byte order mark, which stands at the beginning alone; take it out"};
    }
    i += length;
  }
  return std::nullopt;
}

std::string broken_yaml(std::string_view parser_says, std::string_view text, std::size_t at) {
  const auto known = std::find_if(told.begin(), told.end(), [parser_says](const auto& row) {
    return parser_says.starts_with(row.first);
  });
  std::string_view what = known == told.end() ? parser_says : known->second;
  if (behind_a_tab(text, at)) {
    what = told.front().second;
  }
  return "broken YAML: " + std::string{what};
}

} // namespace fleet::program
