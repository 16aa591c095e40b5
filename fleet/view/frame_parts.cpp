// Rates, latencies, faults, ledger, rollouts, limit, troubles, news.
#include "fleet/view/frame_parts.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "fleet/view/drawing.hpp"

namespace fleet::view {

namespace {

constexpr std::size_t bar_least = 6;
constexpr std::size_t bar_most = 60;
constexpr std::size_t course_least = 8;
constexpr std::size_t figure_cells = 9;
constexpr std::size_t shown_each = 5; ///< faults, rollouts, troubles, news

/// Columns that are left of a line for a course, a blank before it; 0: too few.
std::size_t room(const composer& to, const line& used, std::size_t behind = 0) {
  const std::size_t taken = used.width() + 1 + behind;
  return to.columns() >= taken + course_least ? to.columns() - taken : 0;
}

void add_course(line& out, const std::vector<double>& values, std::size_t cells, tone in) {
  const auto shown = fitted(values, cells);
  out.add(" ").add(course(shown, highest(shown)), in);
}

/// A line for the time that the courses above it span, and one for the faults in it.
void put_time(composer& to, const figures& f, std::size_t from, std::size_t cells) {
  if (cells == 0 || f.rates.empty() || f.rates.front().course.size() < 2) {
    return;
  }
  const std::size_t used = std::min(cells, f.rates.front().course.size());
  const auto faulty = fitted(f.faults_course, cells);
  if (highest(faulty) > 0) {
    line faults = composer::named("faults");
    faults.to(from);
    for (const double n : faulty) {
      faults.add(n > 0 ? "▒" : "·", n > 0 ? tone::bad : tone::faint);
    }
    to.put(5, std::move(faults));
  }
  const std::string now = clock_text(f.elapsed_s);
  if (used < now.size() + 6) {
    return;
  }
  std::string dashes;
  for (std::size_t i = 0; i < used - now.size() - 6; ++i) {
    dashes += "─";
  }
  line axis;
  axis.to(from).add("0:00 " + dashes + " " + now, tone::faint);
  to.put(7, std::move(axis));
}

std::string optional_latency(const std::optional<double>& s) {
  return s ? latency_text(*s) : "–";
}

void put_more(composer& to, std::size_t more, std::string_view of) {
  if (more != 0) {
    line l;
    l.to(label_cells).add(fmt::format("and {} {} more", more, of), tone::faint);
    to.put(7, std::move(l));
  }
}

} // namespace

line composer::named(std::string_view name, tone in) {
  line out;
  // Names are the user's: a long one must not take the line.
  line cut{name};
  if (cut.width() >= label_cells) {
    out.add(cut.shown(label_cells - 2, {true, false}), in).add("…", in);
  } else {
    out.add(name, in);
  }
  out.to(label_cells);
  return out;
}

std::vector<line> composer::best(std::size_t rows) const {
  std::vector<std::size_t> order(lines_.size());
  for (std::size_t i = 0; i < order.size(); ++i) {
    order[i] = i;
  }
  std::stable_sort(order.begin(), order.end(), [this](std::size_t a, std::size_t b) {
    return lines_[a].rank < lines_[b].rank;
  });
  order.resize(std::min(order.size(), rows));
  std::sort(order.begin(), order.end());
  std::vector<line> out;
  out.reserve(order.size());
  for (const std::size_t at : order) {
    out.push_back(lines_[at].text);
  }
  return out;
}

void put_advance(composer& to, int rank, const advance& a, tone in) {
  std::string text = a.text;
  std::string left = a.left_s ? clock_text(std::ceil(*a.left_s)) + " left" : "";
  line out = composer::named(a.name);
  const std::size_t space = to.columns() - std::min(to.columns(), label_cells);
  const auto taken = [&] {
    return width_of(text) + (text.empty() ? 0 : 1) + left.size() + (left.empty() ? 0 : 2);
  };
  if (taken() + bar_least > space && !left.empty()) {
    text.clear(); // the bar says as much
  }
  const std::size_t cells = space > taken() ? std::min(space - taken(), bar_most) : 0;
  if (cells >= bar_least) {
    out.add(bar(a.part, cells), in);
  }
  if (!text.empty()) {
    out.add(" " + text);
  }
  if (!left.empty()) {
    out.add(text.empty() ? " " : ", ").add(left, tone::strong);
  }
  to.put(rank, std::move(out));
}

void put_rates(composer& to, const figures& f) {
  int rank = 1;
  std::size_t from = 0;
  std::size_t cells = 0;
  for (const auto& r : f.rates) {
    line out = composer::named(r.name);
    out.add_right(short_number(r.now) + "/s", figure_cells, tone::strong);
    const std::string most = "most " + short_number(highest(r.course)) + "/s";
    const std::size_t behind = to.wide() ? 15 : 0;
    const std::size_t space = room(to, out, behind);
    if (space != 0) {
      from = out.width() + 1;
      cells = space;
      add_course(out, r.course, space, tone::accent);
      if (behind != 0 && !r.course.empty()) {
        out.to(from + space).add_right(most, behind, tone::faint);
      }
    }
    to.put(rank, std::move(out));
    rank = std::min(rank + 2, 6);
  }
  put_time(to, f, from, cells);
}

void put_latencies(composer& to, const figures& f) {
  if (f.latencies.empty()) {
    return;
  }
  line head = composer::named("latency", tone::faint);
  for (const auto* const title : {"p50 now", "p99 now", "p99", "max"}) {
    if (to.wide() || std::string_view{title} != "p99") {
      head.add_right(title, figure_cells, tone::faint);
    }
  }
  if (room(to, head) != 0) {
    head.add(" p99 over time", tone::faint);
  }
  to.put(4, std::move(head));
  for (const auto& l : f.latencies) {
    line out = composer::named(l.name);
    out.add_right(optional_latency(l.p50_now), figure_cells);
    out.add_right(optional_latency(l.p99_now), figure_cells, tone::strong);
    if (to.wide()) {
      out.add_right(latency_text(l.p99), figure_cells);
    }
    out.add_right(latency_text(l.max), figure_cells);
    if (const std::size_t space = room(to, out)) {
      add_course(out, l.course, space, tone::accent);
    }
    to.put(4, std::move(out));
  }
}

void put_faults(composer& to, const figures& f) {
  std::size_t shown = 0;
  for (const auto& fault : f.faults) {
    if (++shown > shown_each) {
      break;
    }
    line out = composer::named(fault.name, fault.in_force ? tone::bad : tone::plain);
    const std::string when = !fault.in_force ? "in " + clock_text(std::ceil(fault.begins_in_s))
                             : fault.left_s  ? clock_text(std::ceil(*fault.left_s)) + " left"
                                             : "to the end";
    out.add_right(when, 10, fault.in_force ? tone::bad : tone::faint);
    out.add(fault.in_force
                ? fmt::format("  {} of {} hit  ", count_text(fault.hit), count_text(fault.selected))
                : fmt::format("  for {}  ", count_text(fault.selected)));
    if (width_of(fault.name) >= label_cells && !fault.text.starts_with(fault.name)) {
      out.add(fault.name + "  "); // it was cut
    }
    out.add(fault.text, tone::faint);
    to.put(shown <= 2 ? 3 : 6, std::move(out));
  }
  put_more(to, f.faults.size() - std::min(f.faults.size(), shown_each), "faults");
  if (f.faults_over != 0) {
    line over;
    over.to(label_cells).add(fmt::format("{} over", count_text(f.faults_over)), tone::faint);
    to.put(7, std::move(over));
  }
}

void put_ledger(composer& to, const ledger_figure& l) {
  line up = composer::named("reports");
  up.add(fmt::format("{} sent, {} acknowledged", count_text(l.sent), count_text(l.acknowledged)));
  if (l.accepted) {
    up.add(fmt::format(", {} arrived", count_text(*l.accepted)));
  }
  up.add(fmt::format(", {} in flight", count_text(l.in_flight)));
  to.put(3, std::move(up));
  line down = composer::named("commands");
  down.add(l.commands_sent ? fmt::format("{} of {} arrived", count_text(l.commands),
                                         count_text(*l.commands_sent))
                           : fmt::format("{} arrived", count_text(l.commands)));
  const auto also = [&down](std::uint64_t n, std::string_view what, tone in) {
    if (n != 0) {
      down.add("; ").add(fmt::format("{} {}", count_text(n), what), in);
    }
  };
  also(l.corrupted, "corrupted", tone::bad);
  also(l.skipped, "reports skipped", tone::warn);
  also(l.resent, "resent", tone::warn);
  to.put(5, std::move(down));
}

void put_limit(composer& to, const limit_figure& l) {
  if (l.who.empty()) {
    return;
  }
  line out = composer::named("limit");
  out.add(l.who, l.alarming ? tone::bad : l.who == "nobody" ? tone::good : tone::warn);
  if (!l.evidence.empty()) {
    out.add(": " + l.evidence);
  }
  to.put(l.alarming ? 2 : 4, std::move(out));
}

void put_troubles(composer& to, const figures& f) {
  std::size_t shown = 0;
  for (const auto& t : f.troubles) {
    if (++shown > shown_each) {
      break;
    }
    line out = composer::named(shown == 1 ? "trouble" : "");
    out.add(fmt::format("{} {}", count_text(t.count), t.reason), tone::warn);
    out.add(fmt::format(", last {} ago", clock_text(t.ago_s)));
    if (!t.example.empty()) {
      out.add("  " + t.example, tone::faint);
    }
    to.put(shown == 1 ? 4 : 6, std::move(out));
  }
  put_more(to, f.troubles.size() - std::min(f.troubles.size(), shown_each), "kinds");
}

void put_news(composer& to, const figures& f) {
  const std::size_t many = std::min(f.news.size(), shown_each);
  for (std::size_t i = 0; i < many; ++i) {
    line out = composer::named("told", tone::faint);
    out.add(f.news[f.news.size() - many + i]);
    to.put(i + 1 == many ? 3 : 6, std::move(out));
  }
}

} // namespace fleet::view
