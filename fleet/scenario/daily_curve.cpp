// Days laid end to end, and curves on top of each other.
#include <algorithm>
#include <array>

#include "fleet/scenario/load_plan.hpp"

namespace fleet::program {

namespace {

using namespace std::chrono_literals;
using actors::curve_step;

__extension__ using wide = __int128;

constexpr duration curve_day = 24h;

// Of what products say, in millionths: a day of each comes to about one day of that.
constexpr std::array<curve_hour, 9> home{{{0h, 300'000},
                                          {6h, 1'000'000},
                                          {7h, 1'600'000},
                                          {9h, 800'000},
                                          {12h, 1'000'000},
                                          {14h, 800'000},
                                          {17h, 1'600'000},
                                          {20h, 2'000'000},
                                          {23h, 700'000}}};
constexpr std::array<curve_hour, 7> office{{{0h, 100'000},
                                            {7h, 1'000'000},
                                            {8h, 2'200'000},
                                            {12h, 1'600'000},
                                            {13h, 2'200'000},
                                            {17h, 1'000'000},
                                            {19h, 200'000}}};
constexpr std::array<curve_hour, 4> night{
    {{0h, 1'800'000}, {6h, 400'000}, {18h, 1'200'000}, {20h, 1'800'000}}};

constexpr std::array<std::string_view, 3> names{"home", "office", "night"};

std::uint32_t ppm_of_hour(std::span<const curve_hour> hours, duration at) {
  const auto after = std::upper_bound(hours.begin(), hours.end(), at,
                                      [](duration t, const curve_hour& h) { return t < h.at; });
  return after == hours.begin() ? hours.back().ppm : (after - 1)->ppm; // yesterday's last
}

void append(std::vector<curve_step>& out, curve_step step) {
  if (!out.empty() && out.back().begin == step.begin) {
    out.pop_back();
  }
  if (out.empty() || out.back().ppm != step.ppm) {
    out.push_back(step);
  }
}

} // namespace

std::span<const curve_hour> preset_curve(std::string_view name) {
  if (name == names[0]) {
    return home;
  }
  if (name == names[1]) {
    return office;
  }
  return name == names[2] ? std::span<const curve_hour>{night} : std::span<const curve_hour>{};
}

std::span<const std::string_view> preset_curve_names() {
  return names;
}

std::optional<std::vector<curve_step>> unrolled(std::span<const curve_hour> hours,
                                                const day_scale& scale, duration run_for) {
  const auto days = static_cast<std::uint64_t>(run_for / scale.day) + 2;
  if (days * hours.size() > curve_steps_most) {
    return std::nullopt;
  }
  std::vector<curve_step> out{{0s, ppm_of_hour(hours, scale.begins)}};
  for (std::uint64_t day = 0; day < days; ++day) {
    for (const curve_hour& hour : hours) {
      const wide of_curve = static_cast<wide>(curve_day.count()) * static_cast<wide>(day)
                            + (hour.at - scale.begins).count();
      const wide at = of_curve * scale.day.count() / curve_day.count();
      if (at > 0 && at < run_for.count()) {
        append(out, {duration{static_cast<std::int64_t>(at)}, hour.ppm});
      }
    }
  }
  return out;
}

curve_product product_of_curves(std::span<const curve_step> a, std::span<const curve_step> b) {
  curve_product out;
  if (a.empty() || b.empty()) {
    const auto& only = a.empty() ? b : a;
    out.curve.assign(only.begin(), only.end());
    for (const curve_step& step : only) {
      out.most_ppm = std::max<std::uint64_t>(out.most_ppm, step.ppm);
    }
    return out;
  }
  auto i = a.begin();
  auto j = b.begin();
  while (true) {
    const std::uint64_t both = std::uint64_t{i->ppm} * j->ppm / whole_ppm;
    const auto ppm = std::min<std::uint64_t>(both, actors::curve_ppm_most);
    out.most_ppm = std::max(out.most_ppm, both);
    append(out.curve, {std::max(i->begin, j->begin), static_cast<std::uint32_t>(ppm)});
    const auto next_i = i + 1 == a.end() ? duration::max() : (i + 1)->begin;
    const auto next_j = j + 1 == b.end() ? duration::max() : (j + 1)->begin;
    if (next_i == duration::max() && next_j == duration::max()) {
      return out;
    }
    i += next_i <= next_j ? 1 : 0;
    j += next_j <= next_i ? 1 : 0;
  }
}

} // namespace fleet::program
