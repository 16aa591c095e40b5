// The flags of one subcommand: declared once, parsed, complained about and explained from the same
// table. Knows no flag's meaning; CLI11 stands behind it and nowhere else.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "fleet/options/manual.hpp"

namespace fleet::program {

/// Takes a flag's value; answers what is wrong with it, as the rest of a sentence that starts with
/// flag and value (`is out of range; …`), or nothing. May know the words that it takes.
class setter {
public:
  using taker = std::function<std::optional<std::string>(std::string_view value)>;

  setter() = default;
  template <class F>
  requires std::is_constructible_v<taker, F> setter(F take, std::vector<std::string> words = {})
      : take_(std::move(take)), words_(std::move(words)) {}

  std::optional<std::string> operator()(std::string_view value) const { return take_(value); }
  [[nodiscard]] const std::vector<std::string>& words() const noexcept { return words_; }

private:
  taker take_;
  std::vector<std::string> words_;
};

/// How a flag's value is treated.
enum class value_kind : std::uint8_t {
  once,
  repeated, ///< may be given several times
  secret    ///< once, and never repeated in a message
};

class flag_set {
public:
  /// `command` as typed (`fleet run`), one sentence of what it does, and its usage line's rest.
  flag_set(std::string command, std::string summary, std::string usage);
  ~flag_set();
  flag_set(const flag_set&) = delete;
  flag_set& operator=(const flag_set&) = delete;

  /// Starts a group of flags in the help.
  void group(std::string title);
  /// A flag with a value. `names`: `--bind` or `--bind,--source-address`. `value_word` and `text`
  /// are for the help; `text` states unit, range and default.
  void value(const std::string& names, std::string value_word, std::string text, setter set,
             value_kind kind = value_kind::once);
  /// A flag without a value.
  void toggle(const std::string& name, std::string text, bool& out);
  /// Explains a word that the flag declared last may have for its value; for the help alone.
  void term(std::string_view word, std::string_view text);
  /// Words that are no flags; without this there must be none. `known`: what shells complete by.
  void words(std::string value_word, std::string text, std::vector<std::string>& out,
             std::vector<std::string> known = {});
  /// An example line for the end of the help, and what it does.
  void example(std::string line, std::string text);

  /// Reads the words and calls the setters; the first mistake, as a whole sentence, or nothing.
  [[nodiscard]] std::optional<std::string> parse(std::span<const std::string_view> words);
  /// Whether a flag, by its first name, was on the line.
  [[nodiscard]] bool given(std::string_view name) const;
  /// All that were, by their first names, in the order of the help.
  [[nodiscard]] std::vector<std::string_view> given() const;
  /// All that was declared, for people and shells.
  [[nodiscard]] manual told() const;

private:
  struct state;
  std::unique_ptr<state> state_;
};

/// Whether any word asks for help.
bool asks_for_help(std::span<const std::string_view> words);

} // namespace fleet::program
