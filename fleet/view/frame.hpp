// The live view as lines of text: what fits a terminal of a given size, the most important first.
#pragma once

#include <string>
#include <vector>

#include "fleet/view/figures.hpp"
#include "fleet/view/line.hpp"

namespace fleet::view {

/// A terminal.
struct shape {
  std::size_t columns = 80;
  std::size_t rows = 24;
  abilities can;

  friend bool operator==(const shape& a, const shape& b) {
    return a.columns == b.columns && a.rows == b.rows;
  }
};

/// No more lines than rows, none wider than the columns. The last row is that of the keys.
std::vector<std::string> frame(const figures& f, const shape& on);

/// The keys, and what the words and glyphs mean.
std::vector<std::string> help_frame(const shape& on);

} // namespace fleet::view
