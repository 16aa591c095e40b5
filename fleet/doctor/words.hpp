// Numbers and lines out of the kernel's texts. Reads no file.
#pragma once

#include <charconv>
#include <cstdint>
#include <optional>
#include <string_view>

namespace fleet::doctor {

/// Takes what stands before the first of `ends`, and that one, off the front of `text`.
inline std::string_view take_until(std::string_view& text, std::string_view ends) {
  const auto at = text.find_first_of(ends);
  const auto out = text.substr(0, at);
  text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
  return out;
}

/// Takes the next word off the front; empty at the end.
inline std::string_view take_word(std::string_view& text) {
  const auto from = text.find_first_not_of(" \t\r\n");
  text.remove_prefix(from == std::string_view::npos ? text.size() : from);
  return take_until(text, " \t\r\n");
}

/// A whole decimal number and nothing else.
inline std::optional<std::uint64_t> number_of(std::string_view word) {
  std::uint64_t out = 0;
  const auto* const end = word.data() + word.size();
  const auto [at, error] = std::from_chars(word.data(), end, out);
  if (word.empty() || error != std::errc{} || at != end) {
    return std::nullopt;
  }
  return out;
}

/// What follows `key` at the beginning of a line; empty where there is none.
inline std::string_view behind(std::string_view text, std::string_view key) {
  while (!text.empty()) {
    const auto line = take_until(text, "\n");
    if (line.starts_with(key)) {
      return line.substr(key.size());
    }
  }
  return {};
}

} // namespace fleet::doctor
