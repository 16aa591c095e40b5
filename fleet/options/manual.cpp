// Help for a terminal.
#include "fleet/options/manual.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace fleet::program {

namespace {

constexpr std::size_t help_width = 100;
constexpr std::size_t help_column = 30;

/// Appends `text`, broken at blanks so that lines start at `column` and stay within the width.
void append_wrapped(std::string& out, std::string_view text, std::size_t column) {
  std::size_t used = column;
  bool first = true;
  while (!text.empty()) {
    const std::size_t blank = std::min(text.find(' '), text.size());
    const std::string_view word = text.substr(0, blank);
    if (!first && used + 1 + word.size() > help_width) {
      out += '\n';
      out.append(column, ' ');
      used = column;
    } else if (!first) {
      out += ' ';
      ++used;
    }
    out += word;
    used += word.size();
    first = false;
    text.remove_prefix(std::min(blank + 1, text.size()));
  }
  out += '\n';
}

/// What stands left of the column, and a line of its own where it reaches beyond.
void append_left(std::string& out, const std::string& left) {
  out += left;
  if (left.size() + 1 < help_column) {
    out.append(help_column - left.size(), ' ');
  } else {
    out += '\n';
    out.append(help_column, ' ');
  }
}

} // namespace

std::string help_text(const manual& of) {
  std::string out = of.command + ": ";
  append_wrapped(out, of.summary, 0);
  out += "\nusage: " + of.command + " " + of.usage + "\n";
  if (of.rest) {
    out += "\n  " + of.rest->value_word;
    out.append(help_column - 2 - std::min(help_column - 3, of.rest->value_word.size()), ' ');
    append_wrapped(out, of.rest->text, help_column);
  }
  std::string group;
  for (const auto& f : of.flags) {
    if (f.group != group) {
      group = f.group;
      out += '\n';
      append_wrapped(out, group, 0);
    }
    std::string left = "  " + f.names.front();
    for (std::size_t i = 1; i < f.names.size(); ++i) {
      left += ", " + f.names[i];
    }
    if (!f.value_word.empty()) {
      left += " " + f.value_word;
    }
    append_left(out, left);
    append_wrapped(out, f.text, help_column);
    for (const auto& [word, text] : f.terms) {
      append_left(out, "    " + word);
      append_wrapped(out, text, help_column);
    }
  }
  if (!of.examples.empty()) {
    out += "\nExamples\n";
    for (const auto& [line, text] : of.examples) {
      out += "  " + line + "\n      ";
      append_wrapped(out, text, 6);
    }
  }
  return out;
}

} // namespace fleet::program
