// What a terminal can show and what its user wants of it, from the environment's words. Pure: the
// words are handed in.
#pragma once

#include <cstdint>
#include <string_view>

namespace fleet::program {

/// `--color`.
enum class color_choice : std::uint8_t { automatic, always, never };

/// Of the environment; what is not set is empty.
struct terminal_words {
  std::string_view term{};     ///< TERM
  std::string_view no_color{}; ///< NO_COLOR
  std::string_view lc_all{};   ///< LC_ALL, LC_CTYPE and LANG: the first that is set counts
  std::string_view lc_ctype{};
  std::string_view lang{};
};
/// Those of this process, which live as long as its environment stays as it is.
terminal_words terminal_words_here() noexcept;

/// Whether a cursor can be moved: TERM is set and no `dumb` one.
bool moves_cursor(const terminal_words& words) noexcept;
/// Whether the locale writes in UTF-8.
bool writes_utf8(const terminal_words& words) noexcept;
/// Any NO_COLOR that is not empty asks for none (no-color.org), unless the choice is `always`.
bool wants_color(const terminal_words& words, color_choice choice) noexcept;

} // namespace fleet::program
