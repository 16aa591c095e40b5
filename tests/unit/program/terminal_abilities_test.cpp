// What the environment's words and --color say of a terminal.
#include "fleet/screen/abilities.hpp"

#include <gtest/gtest.h>

#include "fleet/options.hpp"

namespace fleet::program {

namespace {

/// With --color WORD on the line; the default without one.
std::optional<color_choice> chosen(std::string_view word) {
  std::vector<std::string_view> words{"run"};
  if (!word.empty()) {
    words.insert(words.end(), {"--color", word});
  }
  const auto parsed = parse_options(words);
  return parsed ? std::optional{std::get<run_options>(parsed.value()).color} : std::nullopt;
}

} // namespace

TEST(terminal_abilities, need_a_terminal_that_says_what_it_is) {
  EXPECT_TRUE(moves_cursor({.term = "xterm"}));
  EXPECT_FALSE(moves_cursor({.term = "dumb"}));
  EXPECT_FALSE(moves_cursor({}));
}

TEST(terminal_abilities, take_the_locale_that_counts) {
  EXPECT_TRUE(writes_utf8({.lang = "de_DE.UTF-8"}));
  EXPECT_TRUE(writes_utf8({.lang = "C.utf8"}));
  EXPECT_FALSE(writes_utf8({.lang = "C"}));
  EXPECT_FALSE(writes_utf8({}));
  EXPECT_FALSE(writes_utf8({.lc_all = "C", .lc_ctype = "C.UTF-8", .lang = "C.UTF-8"}));
  EXPECT_TRUE(writes_utf8({.lc_ctype = "C.UTF-8", .lang = "C"}));
}

TEST(terminal_abilities, have_colours_unless_somebody_wants_none) {
  EXPECT_TRUE(wants_color({}, color_choice::automatic));
  EXPECT_FALSE(wants_color({.no_color = "0"}, color_choice::automatic));
  EXPECT_TRUE(wants_color({.no_color = "1"}, color_choice::always));
  EXPECT_FALSE(wants_color({}, color_choice::never));
}

TEST(terminal_abilities, take_the_choice_of_the_line) {
  EXPECT_EQ(chosen(""), color_choice::automatic);
  EXPECT_EQ(chosen("auto"), color_choice::automatic);
  EXPECT_EQ(chosen("always"), color_choice::always);
  EXPECT_EQ(chosen("never"), color_choice::never);
  EXPECT_EQ(chosen("green"), std::nullopt);
}

} // namespace fleet::program
