// Cells and characters.
#include "fleet/view/drawing.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include <fmt/format.h>

#include "fleet/text/quantities.hpp"

namespace fleet::view {

namespace {

/// Eighths of a cell, from none on.
constexpr std::array<std::string_view, 8> eighths{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"};
constexpr std::array<std::string_view, 8> heights{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

std::string repeated(std::string_view glyph, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) {
    out += glyph;
  }
  return out;
}

} // namespace

std::string bar(double part, std::size_t cells) {
  // Not a number is none.
  const double share = part > 0 ? std::min(part, 1.0) : 0;
  const auto all = static_cast<std::size_t>(std::floor(share * static_cast<double>(cells) * 8));
  const std::size_t full = all / 8;
  const std::size_t begun = all % 8 == 0 ? 0 : 1;
  return repeated("█", full) + std::string{eighths[all % 8]} + repeated("░", cells - full - begun);
}

void add_stack(line& out, std::span<const stacked> parts, std::size_t cells) {
  double sum = 0;
  for (const auto& p : parts) {
    sum += p.amount;
  }
  if (sum <= 0) {
    out.add(repeated("░", cells), tone::faint);
    return;
  }
  std::size_t left = cells;
  double amount_left = sum;
  auto there = static_cast<std::size_t>(
      std::count_if(parts.begin(), parts.end(), [](const stacked& p) { return p.amount > 0; }));
  for (const auto& p : parts) {
    if (p.amount <= 0) {
      continue;
    }
    --there;
    // One stays for each of those to come.
    const std::size_t most = left > there ? left - there : std::min<std::size_t>(left, 1);
    const auto fair =
        static_cast<std::size_t>(std::lround(p.amount / amount_left * static_cast<double>(left)));
    const std::size_t mine =
        there == 0 ? left : std::clamp<std::size_t>(fair, std::min<std::size_t>(1, most), most);
    out.add(repeated(p.glyph, mine), p.in);
    left -= mine;
    amount_left -= p.amount;
  }
}

std::vector<double> fitted(std::span<const double> values, std::size_t cells) {
  if (values.size() <= cells || cells == 0) {
    return {values.begin(), cells == 0 ? values.begin() : values.end()};
  }
  std::vector<double> out(cells, std::nan(""));
  for (std::size_t i = 0; i < values.size(); ++i) {
    double& cell = out[i * cells / values.size()];
    cell = std::fmax(cell, values[i]);
  }
  return out;
}

std::string course(std::span<const double> values, double most) {
  std::string out;
  for (const double v : values) {
    if (std::isnan(v)) {
      out += ' ';
      continue;
    }
    const double share = most > 0 ? std::clamp(v / most, 0.0, 1.0) : 0;
    out += heights[std::min<std::size_t>(static_cast<std::size_t>(share * 8), 7)];
  }
  return out;
}

double highest(std::span<const double> values) {
  double out = 0;
  for (const double v : values) {
    out = std::fmax(out, v);
  }
  return out;
}

std::string clock_text(double s) {
  const auto whole = s > 0 ? static_cast<std::int64_t>(s) : 0;
  if (whole >= 86'400) {
    return fmt::format("{}d {:02}:{:02}", whole / 86'400, whole / 3600 % 24, whole / 60 % 60);
  }
  return whole >= 3600 ? fmt::format("{}:{:02}:{:02}", whole / 3600, whole / 60 % 60, whole % 60)
                       : fmt::format("{}:{:02}", whole / 60, whole % 60);
}

std::string latency_text(double s) {
  if (s < 0.9995e-3) {
    return fmt::format("{:.0f} µs", s * 1e6);
  }
  if (s < 0.9995) {
    return fmt::format("{:.{}f} ms", s * 1e3, s < 9.95e-3 ? 1 : 0);
  }
  return s < 999.5 ? fmt::format("{:.{}f} s", s, s < 99.95 ? 1 : 0) : clock_text(s);
}

std::string short_number(double n) {
  if (n < 9.95) {
    return n < 0.05 ? "0" : fmt::format("{:.1f}", n);
  }
  if (n < 9'999.5) {
    return text::format_count(static_cast<std::uint64_t>(n + 0.5));
  }
  constexpr std::array<char, 5> units{'k', 'M', 'G', 'T', 'P'};
  std::size_t unit = 0;
  for (n /= 1000; n >= 999.5 && unit + 1 < units.size(); ++unit) {
    n /= 1000;
  }
  return fmt::format("{:.{}f}{}", n, n < 9.995 ? 2 : n < 99.95 ? 1 : 0, units[unit]);
}

std::string count_text(std::uint64_t n) {
  return n < 10'000'000 ? text::format_count(n) : short_number(static_cast<double>(n));
}

} // namespace fleet::view
