// Topic names and filters in single passes: eight octets at a time while they are plain ASCII.
#include "protocol/mqtt/topic.hpp"

#include <cstdint>
#include <cstring>

namespace fleet::mqtt {

namespace {

constexpr std::uint64_t ones = 0x0101010101010101ULL;
constexpr std::uint64_t highs = 0x8080808080808080ULL;
constexpr std::size_t text_max = 65535;

constexpr bool has_zero_octet(std::uint64_t word) noexcept {
  return ((word - ones) & ~word & highs) != 0;
}

constexpr bool has_octet(std::uint64_t word, char octet) noexcept {
  return has_zero_octet(word ^ (ones * static_cast<unsigned char>(octet)));
}

/// Length of the well-formed multi-octet character at `p`, or 0.
std::size_t character_length(const unsigned char* p, std::size_t left) noexcept {
  const unsigned lead = p[0];
  unsigned low = 0x80;
  unsigned high = 0xbf;
  std::size_t length = 0;
  if (lead >= 0xc2 && lead <= 0xdf) {
    length = 2;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    length = 3;
    low = lead == 0xe0 ? 0xa0 : low;   // no overlong forms
    high = lead == 0xed ? 0x9f : high; // no surrogates
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    length = 4;
    low = lead == 0xf0 ? 0x90 : low;
    high = lead == 0xf4 ? 0x8f : high; // nothing beyond U+10FFFF
  }
  if (length == 0 || length > left || p[1] < low || p[1] > high) {
    return 0;
  }
  for (std::size_t i = 2; i < length; ++i) {
    if (p[i] < 0x80 || p[i] > 0xbf) {
      return 0;
    }
  }
  return length;
}

} // namespace

text_traits scan(std::string_view text) noexcept {
  text_traits found;
  const auto* p = reinterpret_cast<const unsigned char*>(text.data());
  std::size_t at = 0;
  while (at < text.size()) {
    if (text.size() - at >= 8) {
      std::uint64_t word = 0;
      std::memcpy(&word, p + at, 8);
      if ((word & highs) == 0) {
        found.has_null = found.has_null || has_zero_octet(word);
        found.has_wildcard = found.has_wildcard || has_octet(word, '+') || has_octet(word, '#');
        at += 8;
        continue;
      }
    }
    const unsigned char c = p[at];
    if (c < 0x80) {
      found.has_null = found.has_null || c == 0;
      found.has_wildcard = found.has_wildcard || c == '+' || c == '#';
      ++at;
      continue;
    }
    const std::size_t length = character_length(p + at, text.size() - at);
    if (length == 0) {
      found.well_formed = false;
      return found;
    }
    at += length;
  }
  return found;
}

bool valid_utf8(std::string_view text) noexcept {
  return scan(text).well_formed;
}

bool valid_topic(std::string_view topic) noexcept {
  if (topic.empty() || topic.size() > text_max) {
    return false;
  }
  const text_traits found = scan(topic);
  return found.well_formed && !found.has_null && !found.has_wildcard;
}

bool valid_wildcards(std::string_view filter) noexcept {
  for (std::size_t i = 0; i < filter.size(); ++i) {
    if (filter[i] != '+' && filter[i] != '#') {
      continue;
    }
    const bool opens = i == 0 || filter[i - 1] == '/';
    const bool last = i + 1 == filter.size();
    const bool closes = last || (filter[i] == '+' && filter[i + 1] == '/');
    if (!opens || !closes) {
      return false;
    }
  }
  return true;
}

bool valid_filter(std::string_view filter) noexcept {
  if (filter.empty() || filter.size() > text_max) {
    return false;
  }
  const text_traits found = scan(filter);
  return found.well_formed && !found.has_null
         && (!found.has_wildcard || valid_wildcards(filter));
}

bool matches(std::string_view filter, std::string_view topic) noexcept {
  if (filter.empty() || topic.empty()) {
    return false;
  }
  if (topic[0] == '$' && (filter[0] == '+' || filter[0] == '#')) {
    return false;
  }
  std::size_t f = 0;
  std::size_t t = 0;
  while (f < filter.size()) { // once a level: both stand at its first octet
    if (filter[f] == '#') {
      return f + 1 == filter.size();
    }
    if (filter[f] == '+') {
      ++f;
      while (t < topic.size() && topic[t] != '/') {
        ++t;
      }
    } else {
      while (f < filter.size() && filter[f] != '/') {
        if (t == topic.size() || topic[t] != filter[f]) {
          return false;
        }
        ++f;
        ++t;
      }
    }
    if (f == filter.size()) {
      break;
    }
    if (filter[f] != '/') {
      return false; // `+x`: no valid filter
    }
    if (t == topic.size()) {
      return filter.substr(f) == "/#"; // `a/#` selects `a` too (4.7.1.2)
    }
    if (topic[t] != '/') {
      return false;
    }
    ++f;
    ++t;
  }
  return t == topic.size();
}

} // namespace fleet::mqtt
