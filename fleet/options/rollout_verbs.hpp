// The `fleet cloud firmware …` and `fleet cloud campaign …` subcommands: their words, what stands
// behind them on the line, and what their help says. Private to this folder.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "fleet/console/rollout_options.hpp"

namespace fleet::program {

/// The one word that may follow.
enum class rollout_word : std::uint8_t { none, file, id, maybe_id };

struct rollout_entry {
  rollout_verb verb;
  std::string_view noun; ///< `firmware`, `campaign`
  std::string_view word;
  std::string_view usage;   ///< behind the words
  std::string_view summary; ///< one sentence, without its end
  rollout_word takes = rollout_word::none;
  /// Command lines and what they do, in turn.
  std::array<std::string_view, 4> examples{};
};

/// All of them, in the order of rollout_verb.
std::span<const rollout_entry, rollout_verb_count> rollout_entries() noexcept;

} // namespace fleet::program
