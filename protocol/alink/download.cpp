// URLs as they stand in JSON, looked at before anybody opens them.
#include "protocol/alink/download.hpp"

#include <algorithm>

namespace fleet::alink::download {

namespace {

/// The octet at the front without its escape, taken off.
char take_character(std::string_view& text) noexcept {
  text.remove_prefix(text.starts_with('\\') ? 1 : 0);
  const char c = text.front();
  text.remove_prefix(1);
  return c;
}

bool take_word(std::string_view& text, std::string_view lower) noexcept {
  for (const char wanted : lower) {
    if (text.empty()) {
      return false;
    }
    const char c = take_character(text);
    if (!same_word({&c, 1}, {&wanted, 1})) {
      return false;
    }
  }
  return true;
}

} // namespace

bool same_word(std::string_view a, std::string_view lower) noexcept {
  return std::equal(a.begin(), a.end(), lower.begin(), lower.end(), [](char x, char y) {
    return (x >= 'A' && x <= 'Z' ? static_cast<char>(x + 32) : x) == y;
  });
}

bool hexadecimal(std::string_view text) noexcept {
  return text.find_first_not_of("0123456789abcdefABCDEF") == std::string_view::npos;
}

std::string_view plain_url(std::string_view raw) noexcept {
  if (!raw.starts_with('"')) {
    return {};
  }
  const std::string_view text = raw.substr(1, raw.size() - 2);
  for (std::size_t at = text.find('\\'); at != std::string_view::npos;
       at = text.find('\\', at + 2)) {
    if (at + 1 == text.size() || text[at + 1] != '/') {
      return {};
    }
  }
  return text;
}

bool believable_url(std::string_view url, bool http_too) noexcept {
  const bool clean = std::all_of(url.begin(), url.end(), [](char c) { return c > 32 && c < 127; });
  if (url.empty() || url.size() > max_url || !clean) {
    return false;
  }
  std::string_view rest = url;
  if (!take_word(rest, "https://")) {
    rest = url;
    if (!http_too || !take_word(rest, "http://")) {
      return false;
    }
  }
  const std::string_view authority = rest.substr(0, rest.find_first_of("/?#\\"));
  return !authority.empty() && authority.front() != ':'
         && authority.find('@') == std::string_view::npos;
}

} // namespace fleet::alink::download
