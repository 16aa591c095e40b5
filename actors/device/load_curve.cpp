// Sums over the steps, and looking them up.
#include "actors/device/load_curve.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"

namespace fleet::actors {

namespace {

constexpr std::uint32_t whole_ppm = 1'000'000;

} // namespace

load_curve::load_curve(std::vector<curve_step> steps) {
  if (steps.empty()) {
    steps.push_back({});
  }
  FLEET_CHECK(steps.front().begin == duration::zero());
  pieces_.reserve(steps.size());
  wide done = 0;
  for (const curve_step& step : steps) {
    FLEET_CHECK(step.ppm <= curve_ppm_most);
    if (!pieces_.empty()) {
      const piece& last = pieces_.back();
      FLEET_CHECK(step.begin > last.begin);
      done += static_cast<wide>((step.begin - last.begin).count()) * last.ppm;
    }
    pieces_.push_back({step.begin, step.ppm, done});
  }
}

duration load_curve::planned_by(duration at) const noexcept {
  const auto after =
      std::upper_bound(pieces_.begin(), pieces_.end(), std::max(at, duration::zero()),
                       [](duration t, const piece& p) { return t < p.begin; });
  const piece& now = *(after - 1);
  const auto into = static_cast<wide>(std::max(at - now.begin, duration::zero()).count());
  const wide planned = (now.done + into * now.ppm) / whole_ppm;
  return duration{static_cast<std::int64_t>(std::min<wide>(planned, INT64_MAX))};
}

duration load_curve::when(duration planned) const noexcept {
  const wide wanted = static_cast<wide>(std::max<std::int64_t>(planned.count(), 0)) * whole_ppm;
  // The last piece that begins before all of it has gone by; of those without length the first.
  const auto after = std::lower_bound(pieces_.begin(), pieces_.end(), wanted,
                                      [](const piece& p, wide w) { return p.done < w; });
  if (after == pieces_.begin()) {
    return pieces_.front().begin;
  }
  const piece& in = *(after - 1);
  if (in.ppm == 0) {
    return duration::max(); // it is the last: others end where the next begins, with as much done
  }
  const wide into = (wanted - in.done + in.ppm - 1) / in.ppm;
  const auto room = static_cast<wide>((duration::max() - in.begin).count());
  return into >= room ? duration::max() : in.begin + duration{static_cast<std::int64_t>(into)};
}

std::uint32_t load_curve::ppm_at(duration at) const noexcept {
  const auto after =
      std::upper_bound(pieces_.begin(), pieces_.end(), std::max(at, duration::zero()),
                       [](duration t, const piece& p) { return t < p.begin; });
  return (after - 1)->ppm;
}

} // namespace fleet::actors
