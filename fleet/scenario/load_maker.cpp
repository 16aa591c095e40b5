// Segments of devices, steps of the curves; all in integers but for the length of a ramp that has a
// rate.
#include "fleet/scenario/load_maker.hpp"

#include <algorithm>
#include <cmath>

#include "fleet/scenario/apportion.hpp"
#include "fleet/scenario/load_plan.hpp"
#include "fleet/text/quantities.hpp"

namespace fleet::program {

namespace {

using namespace std::chrono_literals;

constexpr duration run_most = 24h * 365;
/// A ramp of reports goes in so many steps, each with the middle of its part.
constexpr std::int64_t curve_parts = 100;

/// Devices started at a rate: how long it takes, to the nanosecond above.
duration time_of(std::uint32_t devices, double rate) {
  const double ns = std::ceil(devices / rate * 1e9);
  return duration{static_cast<std::int64_t>(ns)};
}

std::uint32_t apart(std::uint32_t a, std::uint32_t b) {
  return std::max(a, b) - std::min(a, b);
}

std::uint32_t part_of_way(std::uint32_t from, std::uint32_t to, std::int64_t done,
                          std::int64_t of) {
  const auto way = static_cast<std::int64_t>(to) - static_cast<std::int64_t>(from);
  return static_cast<std::uint32_t>(from + way * done / of);
}

} // namespace

std::optional<plan_mistake> load_maker::append(const scenario_stage& stage) {
  stage_ = plan_.stage_ends.size();
  mistake wrong;
  if (stage.ramp) {
    wrong = ramp(*stage.ramp);
  } else if (stage.step) {
    wrong = step(*stage.step);
  } else if (stage.spike) {
    wrong = spike(*stage.spike);
  }
  if (wrong) {
    return wrong;
  }
  pass(stage.hold, stage_kind::hold);
  plan_.stage_ends.push_back(at_);
  if (at_ > run_most) {
    return plan_mistake{"stages", stage_, "the stages take longer than 365d; make them shorter"};
  }
  return {};
}

std::optional<plan_mistake> load_maker::targets(const stage_aim& aim, stage_kind kind) {
  targets_.clear();
  std::vector<std::uint32_t> connections;
  for (const auto& line : plan_.lines) {
    connections.push_back(meant(line, aim) ? line.connections : 0);
  }
  const auto parts = part_of_each(connections, aim.to.ppm);
  for (auto& line : plan_.lines) {
    auto target = line.load.after;
    if (meant(line, aim) && aim.moves()) {
      if (!aim.to.relative && aim.product.empty() && plan_.lines.size() > 1) {
        return plan_mistake{"stages", stage_,
                            "a stage for all products takes a percentage where another stage is "
                            "for one product; write to: 50%, or say for which product it is"};
      }
      target = aim.to.relative ? parts[targets_.size()] : aim.to.devices;
      if (target > line.connections) {
        return plan_mistake{"stages", stage_,
                            "a " + std::string{to_string(kind)} + " goes to "
                                + text::format_count(target) + " devices, and "
                                + text::format_count(line.connections)
                                + " connect; write at most that, or a percentage"};
      }
    }
    targets_.push_back(target);
  }
  return {};
}

bool load_maker::meant(const load_line& line, const stage_aim& aim) const {
  return aim.product.empty()
         || std::any_of(line.products.begin(), line.products.end(), [&](std::size_t i) {
              return plan_.products[i].product.name == aim.product;
            });
}

std::optional<plan_mistake> load_maker::ramp(const stage_ramp& r) {
  if (auto wrong = targets(r, stage_kind::ramp)) {
    return wrong;
  }
  std::uint32_t change = 0;
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    change += apart(targets_[i], plan_.lines[i].load.after);
  }
  const duration length = r.over ? *r.over : time_of(change, r.rate.value_or(default_ramp_rate));
  for (std::size_t i = 0; length > 0s && i < targets_.size(); ++i) {
    auto& load = plan_.lines[i].load;
    if (r.arrivals == actors::report_arrivals::poisson && targets_[i] != load.after) {
      plan_.random_ramps.push_back({i, load.segments.size(), stage_});
    }
    load.segments.push_back({at_, at_ + length, load.after, targets_[i]});
    load.after = targets_[i];
  }
  jump();
  const bool reports = bend(r, length);
  tell(r, length, stage_kind::ramp);
  note(length, change != 0 || reports ? stage_kind::ramp : stage_kind::hold);
  return {};
}

std::optional<plan_mistake> load_maker::step(const stage_step& s) {
  if (auto wrong = targets(s, stage_kind::step)) {
    return wrong;
  }
  const auto to = targets_;
  std::vector<std::uint32_t> from;
  for (const auto& line : plan_.lines) {
    from.push_back(line.load.after);
  }
  std::vector<std::uint32_t> before;
  for (std::size_t i = 0; i < curves_.size(); ++i) {
    before.push_back(reports_of(i));
  }
  tell(s, s.every * s.count, stage_kind::step, s.count);
  for (std::uint32_t k = 1; k <= s.count; ++k) {
    for (std::size_t i = 0; i < to.size(); ++i) {
      targets_[i] = part_of_way(from[i], to[i], k, s.count);
    }
    jump();
    for (std::size_t i = 0; s.reports_ppm && i < curves_.size(); ++i) {
      if (about(i, s)) {
        set(curves_[i], part_of_way(before[i], *s.reports_ppm, k, s.count));
      }
    }
    pass(s.every, stage_kind::step);
  }
  return {};
}

std::optional<plan_mistake> load_maker::spike(const stage_spike& s) {
  if (auto wrong = targets(s, stage_kind::spike)) {
    return wrong;
  }
  std::vector<std::uint32_t> before;
  for (const auto& line : plan_.lines) {
    before.push_back(line.load.after);
  }
  std::vector<std::uint32_t> saved;
  for (std::size_t i = 0; i < curves_.size(); ++i) {
    saved.push_back(reports_of(i));
  }
  jump();
  if (s.reports_ppm) {
    set_reports(s, *s.reports_ppm);
  }
  tell(s, s.span, stage_kind::spike);
  pass(s.span, stage_kind::spike);
  targets_ = before;
  jump();
  for (std::size_t i = 0; s.reports_ppm && i < curves_.size(); ++i) {
    if (about(i, s)) {
      set(curves_[i], saved[i]);
    }
  }
  return {};
}

void load_maker::jump() {
  for (std::size_t i = 0; i < targets_.size(); ++i) {
    plan_.lines[i].load.after = targets_[i];
  }
}

void load_maker::pass(duration length, stage_kind kind) {
  for (auto& line : plan_.lines) {
    if (length > 0s) {
      line.load.segments.push_back({at_, at_ + length, line.load.after, line.load.after});
    }
  }
  note(length, kind);
}

void load_maker::note(duration length, stage_kind kind) {
  at_ += length;
  if (length <= 0s) {
    return;
  }
  auto& parts = plan_.stage_parts;
  if (!parts.empty() && parts.back().stage == stage_ && parts.back().kind == kind) {
    parts.back().end = at_; // all steps of a stage are one part
  } else {
    parts.push_back({at_, stage_, kind});
  }
}

bool load_maker::about(std::size_t product, const stage_aim& aim) const {
  return aim.product.empty() || plan_.products[product].product.name == aim.product;
}

std::uint32_t load_maker::reports_of(std::size_t product) const {
  const auto& c = curves_[product];
  return c.empty() ? whole_ppm : c.back().ppm;
}

void load_maker::set(curve& c, std::uint32_t ppm, duration at) {
  if (c.empty() && at > 0s) {
    c.push_back({});
  }
  if (!c.empty() && c.back().begin == at) {
    c.pop_back();
  }
  if (c.empty() || c.back().ppm != ppm) {
    c.push_back({at, ppm});
  }
}

void load_maker::set_reports(const stage_aim& aim, std::uint32_t ppm) {
  for (std::size_t i = 0; i < curves_.size(); ++i) {
    if (about(i, aim)) {
      set(curves_[i], ppm);
    }
  }
}

void load_maker::tell(const stage_aim& aim, duration length, stage_kind kind, std::uint32_t steps) {
  if (!aim.reports_ppm) {
    return;
  }
  std::optional<std::size_t> product;
  for (std::size_t i = 0; !aim.product.empty() && i < curves_.size(); ++i) {
    product = about(i, aim) ? i : product;
  }
  plan_.pace_changes.push_back({at_, at_ + length, kind, product, *aim.reports_ppm, steps});
}

bool load_maker::bend(const stage_aim& aim, duration length) {
  bool any = false;
  for (std::size_t i = 0; aim.reports_ppm && i < curves_.size(); ++i) {
    if (!about(i, aim)) {
      continue;
    }
    auto& c = curves_[i];
    const std::uint32_t from = reports_of(i);
    any = any || from != *aim.reports_ppm;
    const auto parts = std::min(curve_parts, length.count());
    for (std::int64_t k = 0; k < parts; ++k) {
      set(c, part_of_way(from, *aim.reports_ppm, 2 * k + 1, 2 * parts), at_ + length / parts * k);
    }
    set(c, *aim.reports_ppm, at_ + length);
  }
  return any;
}

} // namespace fleet::program
