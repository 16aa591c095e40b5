// One line of a terminal: pieces of text, each in a tone, cut to a width. Knows how wide characters
// are and what a terminal must never be sent.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fleet::view {

/// How a piece of text stands out. Without colours all look alike.
enum class tone : std::uint8_t { plain, faint, strong, good, warn, bad, accent };

/// What a terminal can show.
struct abilities {
  bool utf8 = true;
  bool color = true;
};

/// Cells that a text takes, as line counts them.
std::size_t width_of(std::string_view text);

class line {
public:
  line() = default;
  explicit line(std::string_view text, tone in = tone::plain) { add(text, in); }

  /// Appends UTF-8. What is no printable character (controls, marks that turn the direction of
  /// writing, broken UTF-8) becomes `?`, so that names from files and words from a far side cannot
  /// steer the terminal.
  line& add(std::string_view text, tone in = tone::plain);
  /// The same, flush right in `cells`; a longer text pushes on.
  line& add_right(std::string_view text, std::size_t cells, tone in = tone::plain);
  /// Blanks up to `column`; none where the line is there already.
  line& to(std::size_t column);

  [[nodiscard]] std::size_t width() const noexcept { return width_; }
  /// The line in at most `columns` cells. Without UTF-8 each character that has a like in ASCII is
  /// shown by it, others by `?`. With colours it ends in none.
  [[nodiscard]] std::string shown(std::size_t columns, abilities can) const;

private:
  struct piece {
    std::u32string text;
    tone in = tone::plain;
  };
  std::vector<piece> pieces_;
  std::size_t width_ = 0;
};

} // namespace fleet::view
