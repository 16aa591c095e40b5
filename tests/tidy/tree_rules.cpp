// Shape of files, and what is between files: dead ones, metrics, READMEs.
#include "tests/tidy/rules.hpp"

#include <algorithm>
#include <array>

namespace fleet::tidy {

namespace {

constexpr std::size_t header_lines_most = 200;
/// tests/support has no sources of its own: its headers are them.
constexpr std::size_t support_lines_most = 400;
constexpr std::size_t source_lines_most = 600;
constexpr std::size_t function_lines_most = 70;
constexpr std::size_t line_columns_most = 100;

/// Columns of a line: UTF-8 continuation octets take none.
std::size_t columns(std::string_view line) {
  return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

bool opens_function(std::string_view line) {
  if (line.empty() || !line.ends_with('{') || !word_character(line.front())) {
    return false;
  }
  static constexpr std::array<std::string_view, 7> others{
      "namespace", "struct ", "class ", "enum ", "union ", "extern ", "inline namespace"};
  return std::none_of(others.begin(), others.end(),
                      [&](std::string_view o) { return line.starts_with(o); })
         && line.find('=') == std::string_view::npos;
}

void check_functions(const source_file& file, findings& found) {
  std::uint32_t number = 0;
  std::uint32_t opened = 0;
  for (const std::string_view line : split_lines(file.code())) {
    ++number;
    if (opened == 0 && opens_function(line)) {
      opened = number;
    } else if (opened != 0 && line.starts_with('}')) {
      if (number - opened + 1 > function_lines_most) {
        found.push_back({file.path(), opened,
                         "a function of " + std::to_string(number - opened + 1) + " lines; at most "
                             + std::to_string(function_lines_most)});
      }
      opened = 0;
    }
  }
}

/// Words starting with `fleet_` in a text that is no code.
void collect_metric_words(const source_file& file, findings& found,
                          const std::set<std::string, std::less<>>& known) {
  std::uint32_t number = 0;
  for (const std::string_view line : split_lines(file.text())) {
    ++number;
    for (std::size_t at = line.find("fleet_"); at != std::string_view::npos;
         at = line.find("fleet_", at + 1)) {
      if (at > 0 && word_character(line[at - 1])) {
        continue;
      }
      std::size_t end = at;
      while (end < line.size() && word_character(line[end])) {
        ++end;
      }
      const std::string_view name = line.substr(at, end - at);
      std::string_view family = name;
      for (const std::string_view suffix : {"_bucket", "_sum", "_count"}) {
        if (!known.contains(name) && name.ends_with(suffix)) {
          family = name.substr(0, name.size() - suffix.size());
        }
      }
      if (!known.contains(family)) {
        found.push_back({file.path(), number, "nobody exports the metric " + std::string{name}});
      }
    }
  }
}

/// Built only by a preset of its own, which need not be the one that runs this test.
bool built_elsewhere(const source_file& file) {
  return (file.under("tests/fuzz/") && file.path().ends_with("_fuzz.cpp"))
         || file.under("tests/bench/");
}

} // namespace

findings check_shape(const source_file& file) {
  findings found;
  const auto lines = file.lines();
  const std::size_t most = !file.header()                 ? source_lines_most
                           : file.under("tests/support/") ? support_lines_most
                                                          : header_lines_most;
  if (lines.size() > most) {
    found.push_back(
        {file.path(), 0, std::to_string(lines.size()) + " lines; at most " + std::to_string(most)});
  }
  if (lines.empty() || !lines.front().starts_with("//")) {
    found.push_back({file.path(), 1, "opens without a comment on what it is and what it is not"});
  }
  if (file.header() && file.code().find("#pragma once") == std::string::npos) {
    found.push_back({file.path(), 1, "a header without #pragma once"});
  }
  std::uint32_t number = 0;
  for (const auto line : lines) {
    ++number;
    if (columns(line) > line_columns_most) {
      found.push_back({file.path(), number,
                       std::to_string(columns(line)) + " columns; at most "
                           + std::to_string(line_columns_most)});
    }
    if (line.find('\t') != std::string_view::npos || line.ends_with(' ') || line.ends_with('\r')) {
      found.push_back({file.path(), number, "a tab, a blank at the end, or a carriage return"});
    }
    for (const std::string_view leftover : {"TO"
                                            "DO",
                                            "FIX"
                                            "ME",
                                            "XX"
                                            "X"}) {
      const std::size_t at = line.find(leftover);
      const std::size_t after = at + leftover.size();
      if (at != std::string_view::npos && (at == 0 || !word_character(line[at - 1]))
          && (after >= line.size() || !word_character(line[after]))) {
        found.push_back({file.path(), number, std::string{leftover} + ": do it or file it"});
      }
    }
  }
  if (!file.text().empty() && !file.text().ends_with('\n')) {
    found.push_back({file.path(), number, "the last line has no end"});
  }
  check_functions(file, found);
  return found;
}

findings check_machine_paths(const source_file& file) {
  findings found;
  std::uint32_t number = 0;
  for (const std::string_view line : split_lines(file.text())) {
    ++number;
    for (const std::string_view path : {"/ho"
                                        "me/",
                                        "/ro"
                                        "ot/",
                                        "/wo"
                                        "rk/",
                                        "/Us"
                                        "ers/"}) {
      const std::size_t at = line.find(path);
      // A path that begins here, not a piece of a longer one.
      if (at != std::string_view::npos
          && (at == 0 || (!word_character(line[at - 1]) && line[at - 1] != '.'))) {
        found.push_back({file.path(), number, "names a path of somebody's machine"});
      }
    }
  }
  return found;
}

findings check_dead_files(const std::vector<source_file>& files, std::string_view compile_commands,
                          std::string_view root) {
  std::set<std::string, std::less<>> built;
  constexpr std::string_view key = "\"file\": \"";
  for (std::size_t at = compile_commands.find(key); at != std::string_view::npos;
       at = compile_commands.find(key, at + 1)) {
    const std::size_t from = at + key.size();
    std::string_view path = compile_commands.substr(from, compile_commands.find('"', from) - from);
    if (path.starts_with(root)) {
      path.remove_prefix(std::min(root.size() + 1, path.size()));
      built.emplace(path);
    }
  }
  std::set<std::string, std::less<>> included;
  for (const auto& file : files) {
    for (const auto& include : file.includes()) {
      if (include.quoted && include.target != file.path()) {
        included.emplace(include.target);
        included.emplace(std::string{file.folder()} + std::string{include.target});
      }
    }
  }
  findings found;
  for (const auto& file : files) {
    if (file.header()) {
      if (!included.contains(file.path())) {
        found.push_back({file.path(), 0, "nobody includes it"});
      }
    } else if (!built.contains(file.path()) && !built_elsewhere(file)) {
      found.push_back({file.path(), 0, "no target builds it"});
    }
  }
  return found;
}

findings check_metric_names(const std::vector<source_file>& exporters,
                            const std::vector<source_file>& uses) {
  std::set<std::string, std::less<>> known;
  for (const auto& file : exporters) {
    const std::string_view text{file.text()};
    for (std::size_t at = text.find("\"fleet_"); at != std::string_view::npos;
         at = text.find("\"fleet_", at + 1)) {
      known.emplace(text.substr(at + 1, text.find('"', at + 1) - at - 1));
    }
  }
  findings found;
  for (const auto& file : uses) {
    collect_metric_words(file, found, known);
  }
  return found;
}

findings check_readmes(const std::vector<source_file>& sources,
                       const std::set<std::string>& readme_folders) {
  std::set<std::string> folders;
  for (const auto& file : sources) {
    folders.emplace(file.folder());
  }
  findings found;
  for (const auto& folder : folders) {
    if (!readme_folders.contains(folder)) {
      found.push_back(
          {folder, 0, "has no README.md: five lines, what lives here and what must not"});
    }
  }
  return found;
}

} // namespace fleet::tidy
