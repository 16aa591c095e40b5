// The load in words: who comes and goes when, and how often reports are made.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fleet/explain/explain.hpp"

namespace fleet::program {

/// Millionths as `12.5 %`, `1,000 %`.
std::string percent_said(std::uint64_t ppm);

/// `5 a second`, `20 an hour`: in the unit that reads best.
std::string often(double per_second);

/// How far stages and daily curve take a product's reports, behind a semicolon; empty: nowhere.
std::string pace_said(const explanation& e, std::size_t product);

/// A line for each part of the load, by its begin.
std::vector<std::string> load_lines(const explanation& e);

} // namespace fleet::program
