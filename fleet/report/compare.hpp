// Two runs side by side, figure by figure: what compare_text() and compare_page() tell. Internal to
// the folder, and its tests'.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/report/earlier.hpp"

namespace fleet::report {

/// Which way a figure is better.
enum class better : std::uint8_t { neither, lower, higher };
enum class figure_kind : std::uint8_t { count, seconds, octets, rate, text };

/// How the second run's figure stands to the first one's.
enum class change : std::uint8_t { same, other, better, worse };
std::string_view to_string(change c) noexcept;

struct compared {
  std::string group;
  std::string name;
  figure_kind kind = figure_kind::count;
  std::optional<double> a; ///< none: it has none
  std::optional<double> b;
  std::string a_text;
  std::string b_text;
  std::string change_text; ///< `+12 (+4.1 %)`; empty where nothing can be said
  change is = change::same;
};

/// A change below this share is none to speak of, but where any is too much.
inline constexpr double notable = 0.05;

/// What makes them two runs of different things, each as `seed 7 against 8`; empty: nothing does.
std::vector<std::string> differences(const earlier_run& a, const earlier_run& b);

/// The figures that at least one of them has, by group.
std::vector<compared> compare(const earlier_run& a, const earlier_run& b);

} // namespace fleet::report
