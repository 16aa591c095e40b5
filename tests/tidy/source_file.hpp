// A source file as the tidy rules look at it: lines, code without comments and literals, words. Not
// a parser: whatever needs one is left to the compiler.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fleet::tidy {

/// A word of code: an identifier or a keyword, and the character after it, blanks left out.
struct code_word {
  std::string_view text;
  std::uint32_t line = 0; ///< from 1
  char next = '\0';
};

/// An `#include` line.
struct include_line {
  std::string_view target; ///< without its brackets or quotes
  bool quoted = false;
  std::uint32_t line = 0;
};

class source_file {
public:
  /// `path` is relative to the source tree.
  source_file(std::string path, std::string text);

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  /// As text(), with comments and the insides of literals blanked out.
  [[nodiscard]] const std::string& code() const noexcept { return code_; }
  [[nodiscard]] std::vector<std::string_view> lines() const;
  [[nodiscard]] std::vector<code_word> words() const;
  [[nodiscard]] std::vector<include_line> includes() const;

  [[nodiscard]] bool header() const noexcept { return path_.ends_with(".hpp"); }
  [[nodiscard]] bool under(std::string_view folder) const noexcept {
    return path_.starts_with(folder);
  }
  /// Up to and with the last slash.
  [[nodiscard]] std::string_view folder() const noexcept {
    return std::string_view{path_}.substr(0, path_.rfind('/') + 1);
  }

private:
  std::string path_;
  std::string text_;
  std::string code_;
};

std::vector<std::string_view> split_lines(std::string_view text);
bool word_character(char c) noexcept;

/// All files below `folders` of the tree that end in one of `endings`, sorted by path.
std::vector<source_file> read_tree(const std::string& root, const std::vector<std::string>& folders,
                                   const std::vector<std::string>& endings);

} // namespace fleet::tidy
