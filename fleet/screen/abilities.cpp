// Words to answers.
#include "fleet/screen/abilities.hpp"

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <string>

namespace fleet::program {

namespace {

std::string_view variable(const char* name) noexcept {
  const char* const value = std::getenv(name);
  return value == nullptr ? std::string_view{} : std::string_view{value};
}

} // namespace

terminal_words terminal_words_here() noexcept {
  return {variable("TERM"), variable("NO_COLOR"), variable("LC_ALL"), variable("LC_CTYPE"),
          variable("LANG")};
}

bool moves_cursor(const terminal_words& words) noexcept {
  return !words.term.empty() && words.term != "dumb";
}

bool writes_utf8(const terminal_words& words) noexcept {
  const auto locale = !words.lc_all.empty()     ? words.lc_all
                      : !words.lc_ctype.empty() ? words.lc_ctype
                                                : words.lang;
  const auto has = [locale](std::string_view part) {
    return std::search(
               locale.begin(), locale.end(), part.begin(), part.end(),
               [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; })
           != locale.end();
  };
  return has("utf-8") || has("utf8");
}

bool wants_color(const terminal_words& words, color_choice choice) noexcept {
  switch (choice) {
    case color_choice::always: return true;
    case color_choice::never: return false;
    case color_choice::automatic: break;
  }
  return words.no_color.empty();
}

} // namespace fleet::program
