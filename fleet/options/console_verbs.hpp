// The `fleet cloud …` subcommands that ask a running twin: their words, what stands behind them on
// the line, and what their help says. Private to this folder.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "fleet/console/options.hpp"

namespace fleet::program {

/// What the first words are; further words are assignments or names, where a verb takes them.
enum class word_role : std::uint8_t { none, device, product, service, topic, payload, file };

/// Words beyond those with a role.
enum class more_words : std::uint8_t { none, assignments, names };

struct verb_entry {
  console_verb verb;
  std::string_view word;
  std::string_view usage;   ///< behind the word
  std::string_view summary; ///< one sentence, without its end
  std::array<word_role, 3> roles{};
  std::uint8_t needed = 0; ///< how many roles must be filled
  more_words more = more_words::none;
  std::string_view words_text; ///< what the words are, for the help
  /// Command lines and what they do, in turn.
  std::array<std::string_view, 4> examples{};
};

/// All of them, in the order of console_verb.
std::span<const verb_entry, console_verb_count> verb_entries() noexcept;

} // namespace fleet::program
