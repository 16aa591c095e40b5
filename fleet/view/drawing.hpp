// What the view draws with: bars, courses of a figure over time, and figures in few characters.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "fleet/view/line.hpp"

namespace fleet::view {

/// `part`, from 0 to 1, of so many cells, to an eighth of one.
std::string bar(double part, std::size_t cells);

/// A part of a bar that is made of several.
struct stacked {
  double amount = 0;
  std::string_view glyph; ///< one cell
  tone in = tone::plain;
};
/// Shares out the cells among the parts; whatever there is takes one cell at least, while there are
/// any.
void add_stack(line& out, std::span<const stacked> parts, std::size_t cells);

/// `values`, of equal lengths of time, in `cells` at most: several in one by their highest. What is
/// not a number stays so, beside others it does not count.
std::vector<double> fitted(std::span<const double> values, std::size_t cells);
/// A cell for each value, as high as its part of `most`; nothing where it is not a number.
std::string course(std::span<const double> values, double most);
/// The highest value; 0: there is none.
double highest(std::span<const double> values);

/// `0:07`, `12:05`, `3:00:00`, `2d 03:04`: seconds, rounded down.
std::string clock_text(double s);
/// `135 µs`, `1.1 ms`, `25 ms`, `1.2 s`.
std::string latency_text(double s);
/// `0.5`, `498`, `9,999`, `12.3k`, `1.23M`.
std::string short_number(double n);
/// `9,999,999`, `12.3M`.
std::string count_text(std::uint64_t n);

} // namespace fleet::view
