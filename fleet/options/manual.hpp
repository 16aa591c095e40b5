// What is to be said of one subcommand, as data: its flags, words and examples. Help, man page
// and completions are made of it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace fleet::program {

/// How a shell may complete a word that is no flag.
enum class completes : std::uint8_t { nothing, words, files, folders };

/// A flag, or the words that are none.
struct manual_entry {
  std::vector<std::string> names; ///< `--bind`, `--source-address`; of words: none
  std::string value_word;         ///< empty: takes no value
  std::string text;
  std::string group;
  std::vector<std::pair<std::string, std::string>> terms; ///< words that the value may be
  completes how = completes::nothing;
  std::vector<std::string> words; ///< to complete by; one that ends in `=` goes on
};

struct manual {
  std::string command; ///< `fleet cloud serve`
  std::string summary; ///< one sentence without its end
  std::string usage;   ///< behind the command
  std::optional<manual_entry> rest;
  std::vector<manual_entry> flags;
  std::vector<std::pair<std::string, std::string>> examples; ///< lines, and what they do
};

/// As `--help` prints it.
std::string help_text(const manual& of);

} // namespace fleet::program
