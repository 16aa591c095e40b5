// Levenshtein's distance over one row.
#include "protocol/tsl/nearest.hpp"

#include <algorithm>
#include <array>

namespace fleet::tsl {

namespace {

constexpr std::size_t longest = 64;

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::size_t distance(std::string_view a, std::string_view b) noexcept {
  std::array<std::size_t, longest + 1> row{};
  for (std::size_t j = 0; j <= b.size(); ++j) {
    row[j] = j;
  }
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t change = diagonal + (lower(a[i]) == lower(b[j]) ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({change, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row[b.size()];
}

} // namespace

std::string_view nearest(std::string_view to, std::span<const std::string_view> words) {
  to = to.substr(0, longest);
  std::string_view best;
  std::size_t least = longest + 1;
  for (const std::string_view whole : words) {
    const std::string_view word = whole.substr(0, longest);
    const std::size_t away = distance(to, word);
    if (away < least && 2 * away <= std::max(to.size(), word.size())) {
      least = away;
      best = whole;
    }
  }
  return best;
}

std::string enumerate(std::span<const std::string_view> words, std::size_t most) {
  std::string out;
  const std::size_t shown = std::min(words.size(), most);
  for (std::size_t i = 0; i < shown; ++i) {
    if (i > 0) {
      out += i + 1 == words.size() ? " or " : ", ";
    }
    out += words[i];
  }
  return shown < words.size() ? out + ", …" : out;
}

} // namespace fleet::tsl
