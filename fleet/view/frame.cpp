// The view from its title to its keys.
#include "fleet/view/frame.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "fleet/view/drawing.hpp"
#include "fleet/view/frame_parts.hpp"

namespace fleet::view {

namespace {

using actors::phase;

std::uint64_t in(const figures& f, std::initializer_list<phase> phases) {
  return std::accumulate(
      phases.begin(), phases.end(), std::uint64_t{0},
      [&f](std::uint64_t sum, phase p) { return sum + f.in_phase[static_cast<std::size_t>(p)]; });
}

void put_title(composer& to, const figures& f) {
  line out{"fleet", tone::accent};
  out.add(" · ").add(f.title, tone::strong).add(" · " + f.target);
  const std::string world = f.speed ? fmt::format("virtual, {}× life", short_number(*f.speed))
                                    : fmt::format("seed {}", f.seed);
  if (out.width() + 2 + width_of(world) <= to.columns()) {
    out.to(to.columns() - width_of(world)).add(world, tone::faint);
  }
  to.put(2, std::move(out));
}

void put_run(composer& to, const figures& f) {
  advance run;
  run.name = "run";
  run.part = f.duration_s > 0 ? f.elapsed_s / f.duration_s : 0;
  run.text = clock_text(f.elapsed_s) + " of " + clock_text(f.duration_s);
  if (!f.over) {
    const double left = std::max(f.duration_s - f.elapsed_s, 0.0);
    run.left_s = f.speed ? f.real_left_s : left;
  }
  put_advance(to, 0, run, tone::accent);
  if (f.stage) {
    put_advance(to, 1, *f.stage, tone::accent);
  }
}

void put_devices(composer& to, const figures& f) {
  const auto online = in(f, {phase::online});
  const auto coming = in(f, {phase::connecting, phase::logging_on, phase::subscribing});
  const auto waiting = in(f, {phase::backing_off});
  const auto leaving = in(f, {phase::stopping});
  const auto off = in(f, {phase::off, phase::stopped});
  const std::string text =
      " " + count_text(online)
      + (to.wide() ? " of " + count_text(f.wanted) + " online" : "/" + count_text(f.wanted));
  line out = composer::named("devices");
  const std::size_t used = out.width() + width_of(text);
  if (to.columns() >= used + 8) {
    const std::array<stacked, 5> parts{{{static_cast<double>(online), "█", tone::good},
                                        {static_cast<double>(coming), "▓", tone::warn},
                                        {static_cast<double>(waiting), "▒", tone::bad},
                                        {static_cast<double>(leaving), "─", tone::accent},
                                        {static_cast<double>(off), "░", tone::faint}}};
    add_stack(out, parts, std::min<std::size_t>(to.columns() - used, 60));
  }
  out.add(text, online >= f.wanted ? tone::good : tone::plain);
  to.put(0, std::move(out));
  line legend;
  legend.to(to.wide() ? label_cells : 0);
  const std::size_t begins = legend.width();
  const auto also = [&](std::string_view glyph, tone t, const std::string& said) {
    legend.add(legend.width() > begins ? "  " : "").add(glyph, t).add(" " + said);
  };
  if (coming != 0) {
    also("▓", tone::warn, "coming " + count_text(coming));
    if (to.columns() >= 110) {
      legend.add(fmt::format(
          " ({} connecting, {} logging on, {} subscribing)", count_text(in(f, {phase::connecting})),
          count_text(in(f, {phase::logging_on})), count_text(in(f, {phase::subscribing}))));
    }
  }
  if (waiting != 0) {
    also("▒", tone::bad, "waiting " + count_text(waiting));
  }
  if (leaving != 0) {
    also("─", tone::accent, "leaving " + count_text(leaving));
  }
  if (off != 0) {
    also("░", tone::faint, "off " + count_text(off));
  }
  if (legend.width() > begins) {
    to.put(3, std::move(legend));
  }
}

line keys(const figures& f) {
  if (f.stopping) {
    return line{"stopping; Ctrl-C ends at once, without a report", tone::warn};
  }
  return f.keys ? line{"q stops   ? explains", tone::faint} : line{"Ctrl-C stops", tone::faint};
}

std::vector<std::string> shown(const std::vector<line>& lines, const shape& on) {
  std::vector<std::string> out;
  out.reserve(lines.size());
  for (const auto& each : lines) {
    out.push_back(each.shown(on.columns, on.can));
  }
  return out;
}

} // namespace

std::vector<std::string> frame(const figures& f, const shape& on) {
  composer to{on};
  put_title(to, f);
  to.blank();
  put_run(to, f);
  for (const auto& r : f.rollouts) {
    put_advance(to, 3, r, tone::good);
  }
  to.blank();
  put_devices(to, f);
  to.blank();
  put_rates(to, f);
  to.blank();
  put_latencies(to, f);
  to.blank();
  put_faults(to, f);
  if (f.ledger) {
    put_ledger(to, *f.ledger);
  }
  put_limit(to, f.limit);
  put_troubles(to, f);
  put_news(to, f);
  if (on.rows < 2) {
    return shown(to.best(on.rows), on);
  }
  auto lines = to.best(on.rows - 1);
  lines.resize(on.rows - 1);
  lines.push_back(keys(f));
  return shown(lines, on);
}

std::vector<std::string> help_frame(const shape& on) {
  std::vector<line> lines;
  lines.push_back(line{"fleet: the live view", tone::strong});
  for (const auto* const text :
       {"", "q, Ctrl-C  stops: devices finish and", "           disconnect, then comes the report",
        "Ctrl-C     again: ends at once, without", "Ctrl-Z     pauses; fg goes on",
        "Ctrl-L     draws all of it anew", "?          back to the view", "",
        "devices    █ online, ▓ coming up,", "           ▒ waiting to try again,",
        "           ─ leaving, ░ off", "course     from the start until now; each",
        "           cell shows its highest", "now        of what came since the look",
        "           before; the rest: of the run", "limit      who keeps the run from doing",
        "           more or doing it in time", "told       lines that stand below the view",
        "           once it is over"}) {
    lines.emplace_back(text);
  }
  lines.resize(std::min(lines.size(), on.rows));
  return shown(lines, on);
}

} // namespace fleet::view
