// UTF-8 to cells and back.
#include "fleet/view/line.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace fleet::view {

namespace {

struct code_range {
  char32_t first;
  char32_t last;
};

/// East Asian wide characters and pictures, roughly by blocks.
constexpr std::array<code_range, 9> wide{{{0x1100, 0x115f},
                                          {0x2e80, 0x303e},
                                          {0x3041, 0xa4cf},
                                          {0xac00, 0xd7a3},
                                          {0xf900, 0xfaff},
                                          {0xfe30, 0xfe6f},
                                          {0xff00, 0xff60},
                                          {0x1f300, 0x1faff},
                                          {0x20000, 0x3fffd}}};
/// Marks above and below others.
constexpr std::array<code_range, 5> joining{
    {{0x300, 0x36f}, {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x20d0, 0x20ff}, {0xfe00, 0xfe0f}}};
/// Controls of terminals and of the direction of writing, and what shows nothing.
constexpr std::array<code_range, 9> unprintable{{{0, 0x1f},
                                                 {0x7f, 0x9f},
                                                 {0xad, 0xad},
                                                 {0x200b, 0x200f},
                                                 {0x2028, 0x202e},
                                                 {0x2060, 0x206f},
                                                 {0xd800, 0xf8ff},
                                                 {0xfeff, 0xfeff},
                                                 {0xfff0, 0xffff}}};

template <std::size_t N>
bool among(char32_t c, const std::array<code_range, N>& ranges) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](const code_range& r) { return c >= r.first && c <= r.last; });
}

std::size_t cells_of(char32_t c) {
  return among(c, joining) ? 0 : among(c, wide) ? 2 : 1;
}

/// The next character of a text that is not empty; `?` for what is none.
char32_t take(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  std::size_t length = 1;
  char32_t c = first;
  if (first >= 0xc2 && first <= 0xf4) {
    length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    c = first & (0x7fU >> length);
    for (std::size_t i = 1; i < length; ++i) {
      if (i >= text.size() || (static_cast<unsigned char>(text[i]) & 0xc0U) != 0x80U) {
        text.remove_prefix(i);
        return U'?';
      }
      c = (c << 6U) | (static_cast<unsigned char>(text[i]) & 0x3fU);
    }
    const bool overlong = (length == 3 && c < 0x800) || (length == 4 && c < 0x10000);
    c = overlong || c > 0x10ffff ? U'?' : c;
  } else if (first >= 0x80) {
    c = U'?';
  }
  text.remove_prefix(length);
  return among(c, unprintable) ? U'?' : c;
}

std::u32string characters_of(std::string_view text) {
  std::u32string out;
  while (!text.empty()) {
    out += take(text);
  }
  return out;
}

std::size_t width_of(const std::u32string& text) {
  std::size_t out = 0;
  for (const char32_t c : text) {
    out += cells_of(c);
  }
  return out;
}

/// What the view draws with, and its likes in ASCII.
constexpr std::array<std::pair<char32_t, char>, 26> likes{{
    {U'█', '#'}, {U'▓', '='}, {U'▒', '-'}, {U'░', '.'}, {U'▏', '.'},  {U'▎', '-'}, {U'▍', '-'},
    {U'▌', '-'}, {U'▋', '='}, {U'▊', '='}, {U'▉', '='}, {U'▁', '_'},  {U'▂', '.'}, {U'▃', '-'},
    {U'▄', '~'}, {U'▅', '='}, {U'▆', '+'}, {U'▇', '*'}, {U'─', '-'},  {U'·', '-'}, {U'µ', 'u'},
    {U'×', 'x'}, {U'…', '~'}, {U'–', '-'}, {U'≈', '~'}, {U'’', '\''},
}};

void append(std::string& out, char32_t c, bool utf8) {
  const auto put = [&out](char32_t octet) { out += static_cast<char>(octet); };
  if (c < 0x80) {
    put(c);
  } else if (!utf8) {
    const auto* const like =
        std::find_if(likes.begin(), likes.end(), [c](const auto& l) { return l.first == c; });
    out.append(cells_of(c), like == likes.end() ? '?' : like->second);
  } else if (c < 0x800) {
    put(0xc0U | (c >> 6U));
    put(0x80U | (c & 0x3fU));
  } else if (c < 0x10000) {
    put(0xe0U | (c >> 12U));
    put(0x80U | ((c >> 6U) & 0x3fU));
    put(0x80U | (c & 0x3fU));
  } else {
    put(0xf0U | (c >> 18U));
    put(0x80U | ((c >> 12U) & 0x3fU));
    put(0x80U | ((c >> 6U) & 0x3fU));
    put(0x80U | (c & 0x3fU));
  }
}

std::string_view code_of(tone in) noexcept {
  switch (in) {
    case tone::plain: return "";
    case tone::faint: return "\x1b[2m";
    case tone::strong: return "\x1b[1m";
    case tone::good: return "\x1b[32m";
    case tone::warn: return "\x1b[33m";
    case tone::bad: return "\x1b[31m";
    case tone::accent: return "\x1b[36m";
  }
  return "";
}

} // namespace

std::size_t width_of(std::string_view text) {
  return width_of(characters_of(text));
}

line& line::add(std::string_view text, tone in) {
  piece p{characters_of(text), in};
  width_ += width_of(p.text);
  pieces_.push_back(std::move(p));
  return *this;
}

line& line::add_right(std::string_view text, std::size_t cells, tone in) {
  const std::size_t wide_as = view::width_of(text);
  to(width_ + (cells > wide_as ? cells - wide_as : 0));
  return add(text, in);
}

line& line::to(std::size_t column) {
  return column > width_ ? add(std::string(column - width_, ' ')) : *this;
}

std::string line::shown(std::size_t columns, abilities can) const {
  std::string out;
  std::size_t used = 0;
  for (const piece& p : pieces_) {
    const auto code = can.color ? code_of(p.in) : std::string_view{};
    out += code;
    bool whole = true;
    for (const char32_t c : p.text) {
      if (used + cells_of(c) > columns) {
        whole = false;
        break;
      }
      used += cells_of(c);
      append(out, c, can.utf8);
    }
    out += code.empty() ? "" : "\x1b[0m";
    if (!whole) {
      break;
    }
  }
  return out;
}

} // namespace fleet::view
