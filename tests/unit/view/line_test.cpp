// Lines: what is cut, how wide it is, and what never reaches a terminal.
#include "fleet/view/line.hpp"

#include <gtest/gtest.h>

namespace fleet::view {

namespace {

constexpr abilities bare{false, false};
constexpr abilities utf8{true, false};
constexpr abilities all{true, true};

std::string clean(std::string_view text) {
  return line{text}.shown(100, utf8);
}

} // namespace

TEST(view_line, is_cut_to_its_cells_and_never_within_a_character) {
  const line l{"a–µé大b"};
  EXPECT_EQ(l.width(), 7U);
  EXPECT_EQ(l.shown(0, utf8), "");
  EXPECT_EQ(l.shown(3, utf8), "a–µ");
  EXPECT_EQ(l.shown(5, utf8), "a–µé"); // the wide one needs two
  EXPECT_EQ(l.shown(6, utf8), "a–µé大");
  EXPECT_EQ(l.shown(100, utf8), "a–µé大b");
}

TEST(view_line, counts_no_cell_for_marks_above_a_letter) {
  EXPECT_EQ(width_of("e\xcc\x81"), 1U);
  EXPECT_EQ(width_of(""), 0U);
}

TEST(view_line, shows_nothing_that_steers_a_terminal) {
  EXPECT_EQ(clean("a\x1b[2Jb"), "a?[2Jb");
  EXPECT_EQ(clean(std::string_view{"\0\r\n\t\x7f", 5}), "?????");
  EXPECT_EQ(clean("\xc2\x9b"), "?");     // CSI as one character
  EXPECT_EQ(clean("\xe2\x80\xae"), "?"); // right to left
  EXPECT_EQ(clean("\xef\xbb\xbf"), "?"); // a mark of byte order
  EXPECT_EQ(clean("\xee\x80\x80"), "?"); // private use
}

TEST(view_line, takes_broken_utf8_for_question_marks) {
  EXPECT_EQ(clean("\x80z"), "?z");
  EXPECT_EQ(clean("\xe2\x82"), "?");
  EXPECT_EQ(clean("\xe2\x82z"), "?z");
  EXPECT_EQ(clean("\xc0\x9b"), "??");        // an overlong escape
  EXPECT_EQ(clean("\xe0\x82\x9b"), "?");     // likewise
  EXPECT_EQ(clean("\xed\xa0\x80"), "?");     // half of a pair
  EXPECT_EQ(clean("\xf4\x90\x80\x80"), "?"); // beyond the last
}

TEST(view_line, has_likes_in_ascii) {
  EXPECT_EQ(line{"█▓▒░ 3 µs · a–b 大 é"}.shown(100, bare), "#=-. 3 us - a-b ?? ?");
  EXPECT_EQ(line{"▁▂▃▄▅▆▇█"}.shown(100, bare), "_.-~=+*#");
}

TEST(view_line, ends_each_tone_and_has_none_without_colours) {
  line l;
  l.add("a", tone::good).add("b").add("cd", tone::bad);
  EXPECT_EQ(l.shown(100, utf8), "abcd");
  EXPECT_EQ(l.shown(100, all), "\x1b[32ma\x1b[0mb\x1b[31mcd\x1b[0m");
  EXPECT_EQ(l.shown(3, all), "\x1b[32ma\x1b[0mb\x1b[31mc\x1b[0m");
}

TEST(view_line, sets_columns) {
  line l{"name"};
  l.to(8).add_right("12", 5).to(3);
  EXPECT_EQ(l.shown(100, utf8), "name       12");
  l.add_right("too long", 3);
  EXPECT_EQ(l.shown(100, utf8), "name       12too long");
}

} // namespace fleet::view
