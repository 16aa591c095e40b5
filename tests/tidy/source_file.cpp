// One pass over the characters, since the whole tree has to be looked at in a second or two.
#include "tests/tidy/source_file.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace fleet::tidy {

namespace {

/// Blanks `text` from `from` up to `to`, newlines kept.
void blank(std::string& text, std::size_t from, std::size_t to) {
  for (std::size_t i = from; i < std::min(to, text.size()); ++i) {
    if (text[i] != '\n') {
      text[i] = ' ';
    }
  }
}

/// The place after a literal that begins at `at` and ends at the next `quote`.
std::size_t after_literal(const std::string& text, std::size_t at, char quote) {
  for (++at; at < text.size() && text[at] != quote && text[at] != '\n'; ++at) {
    if (text[at] == '\\') {
      ++at;
    }
  }
  return std::min(at + 1, text.size());
}

/// The place after a raw literal whose opening quote is at `at`.
std::size_t after_raw_literal(const std::string& text, std::size_t at) {
  const std::size_t open = text.find('(', at);
  if (open == std::string::npos) {
    return text.size();
  }
  const std::string closing = ")" + text.substr(at + 1, open - at - 1) + "\"";
  const std::size_t end = text.find(closing, open);
  return end == std::string::npos ? text.size() : end + closing.size();
}

std::string without_comments_and_literals(const std::string& text) {
  std::string code = text;
  for (std::size_t at = 0; at < text.size();) {
    std::size_t end = at + 1;
    if (text.compare(at, 2, "//") == 0) {
      end = std::min(text.find('\n', at), text.size());
      blank(code, at, end);
    } else if (text.compare(at, 2, "/*") == 0) {
      const std::size_t close = text.find("*/", at + 2);
      end = close == std::string::npos ? text.size() : close + 2;
      blank(code, at, end);
    } else if (text[at] == '"') {
      const bool raw = at > 0 && text[at - 1] == 'R';
      end = raw ? after_raw_literal(text, at) : after_literal(text, at, '"');
      blank(code, at + 1, end - 1);
    } else if (text[at] == '\'' && (at == 0 || !word_character(text[at - 1]))) {
      // After a word character it is a digit separator.
      end = after_literal(text, at, '\'');
      blank(code, at + 1, end - 1);
    }
    at = end;
  }
  return code;
}

} // namespace

bool word_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

std::vector<std::string_view> split_lines(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    lines.push_back(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

source_file::source_file(std::string path, std::string text)
    : path_(std::move(path)), text_(std::move(text)), code_(without_comments_and_literals(text_)) {}

std::vector<std::string_view> source_file::lines() const {
  return split_lines(text_);
}

std::vector<code_word> source_file::words() const {
  std::vector<code_word> words;
  const std::string_view code{code_};
  std::uint32_t line = 1;
  for (std::size_t at = 0; at < code.size();) {
    if (!word_character(code[at])) {
      line += code[at] == '\n' ? 1U : 0U;
      ++at;
      continue;
    }
    std::size_t end = at;
    while (end < code.size() && word_character(code[end])) {
      ++end;
    }
    const std::size_t next = code.find_first_not_of(' ', end);
    words.push_back({code.substr(at, end - at), line, next < code.size() ? code[next] : '\0'});
    at = end;
  }
  return words;
}

std::vector<include_line> source_file::includes() const {
  std::vector<include_line> found;
  std::uint32_t number = 0;
  for (std::string_view line : split_lines(text_)) {
    ++number;
    constexpr std::string_view directive = "#include ";
    if (!line.starts_with(directive)) {
      continue;
    }
    line.remove_prefix(directive.size());
    const bool quoted = line.starts_with('"');
    const std::size_t end = line.find(quoted ? '"' : '>', 1);
    if (end != std::string_view::npos && (quoted || line.starts_with('<'))) {
      found.push_back({line.substr(1, end - 1), quoted, number});
    }
  }
  return found;
}

std::vector<source_file> read_tree(const std::string& root, const std::vector<std::string>& folders,
                                   const std::vector<std::string>& endings) {
  namespace fs = std::filesystem;
  std::vector<source_file> files;
  for (const auto& folder : folders) {
    const fs::path top = fs::path{root} / folder;
    if (!fs::exists(top)) {
      continue;
    }
    for (const auto& entry : fs::recursive_directory_iterator{top}) {
      const std::string path = fs::relative(entry.path(), root).generic_string();
      const bool wanted = std::any_of(endings.begin(), endings.end(),
                                      [&](const std::string& e) { return path.ends_with(e); });
      if (!entry.is_regular_file() || !wanted) {
        continue;
      }
      std::ifstream in{entry.path(), std::ios::binary};
      files.emplace_back(path, std::string{std::istreambuf_iterator<char>{in}, {}});
    }
  }
  std::sort(files.begin(), files.end(),
            [](const source_file& a, const source_file& b) { return a.path() < b.path(); });
  return files;
}

} // namespace fleet::tidy
