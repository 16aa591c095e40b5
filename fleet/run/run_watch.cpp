// Meters to figures, figures to the screen; keys to wishes.
#include "fleet/run/run_watch.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "fleet/run/far_side.hpp"
#include "fleet/run/machine.hpp"
#include "fleet/view/drawing.hpp"

namespace fleet::program {

namespace {

constexpr double first_after_s = 0.3; ///< a run that is over before shows no picture
constexpr double turn_every_s = 0.05;
constexpr double draw_every_s = 0.5;
constexpr double stretch_s = 2; ///< of what is shown as now
constexpr double troubles_every_s = 2;
constexpr double limit_every_s = 5;
constexpr std::size_t news_most = 20;

struct watched_rise {
  std::string_view name;
  report::rise what;
};
constexpr std::array<watched_rise, 4> watched_rises{{{"published", report::rise::published},
                                                     {"acked", report::rise::acknowledged},
                                                     {"commands", report::rise::commands},
                                                     {"reconnects", report::rise::reconnects}}};

std::array<std::uint64_t, watched_rises.size()> rises_of(const report::totals& t) {
  return {t.published_all(), t.acknowledged, t.commands, t.reconnects};
}

std::string_view name_of(actors::latency l) noexcept {
  switch (l) {
    case actors::latency::connect: return "connect";
    case actors::latency::publish_ack: return "ack";
    case actors::latency::publish_reply: return "reply";
    case actors::latency::downlink: return "downlink";
  }
  return {};
}

} // namespace

std::unique_ptr<run_watch> run_watch::open(const watched_run& run) {
  if (run.options.plain || run.options.quiet) {
    return nullptr;
  }
  auto on = screen::open(run.options.color);
  return on ? std::make_unique<run_watch>(run, std::move(on)) : nullptr;
}

run_watch::run_watch(const watched_run& run, std::unique_ptr<screen> on)
    : run_(run), screen_(std::move(on)) {
  troubles_->of_shards.resize(run_.shards.size());
  const double wall = monotonic_seconds();
  stretch_wall_s_ = wall;
  turn_next_s_ = draw_next_s_ = wall + first_after_s;
}

bool run_watch::due() const {
  return monotonic_seconds() >= turn_next_s_;
}

bool run_watch::turn(const watch_moment& now) {
  const double wall = monotonic_seconds();
  turn_next_s_ = wall + turn_every_s;
  auto happened = screen_->turn();
  for (auto& line : happened.news) {
    news_.push_back(std::move(line));
  }
  if (news_.size() > news_most) {
    news_.erase(news_.begin(), news_.end() - static_cast<std::ptrdiff_t>(news_most));
  }
  bool stop = false;
  for (const char key : happened.keys) {
    stop = stop || key == 'q' || key == 'Q';
    if (key == '?') {
      explains_ = !explains_;
      happened.draw = true;
    }
  }
  stops_ = stops_ || stop;
  if (happened.draw || stop || !happened.news.empty() || wall >= draw_next_s_) {
    draw_next_s_ = wall + draw_every_s;
    draw(now);
  }
  return stop;
}

void run_watch::draw(const watch_moment& now) {
  measure_stretch(now.elapsed_s);
  look_for_limit();
  ask_for_troubles();
  screen_->draw(explains_ ? view::help_frame(screen_->shape())
                          : view::frame(figures_of(now), screen_->shape()));
}

void run_watch::measure_stretch(double elapsed_s) {
  const double wall = monotonic_seconds();
  const double length_s = elapsed_s - stretch_from_s_;
  if (length_s <= 0) {
    return;
  }
  const auto before = rises_of(before_);
  const auto counts = rises_of(run_.facts.counts);
  for (std::size_t i = 0; i < rates_.size(); ++i) {
    rates_[i] = static_cast<double>(counts[i] - before[i]) / length_s;
  }
  const bool ends = wall - stretch_wall_s_ >= stretch_s;
  for (std::size_t i = 0; i < latencies_.size(); ++i) {
    auto& l = latencies_[i];
    const auto all = report::read_latency(run_.shards, static_cast<actors::latency>(i));
    l.stretch = all.since(l.before);
    l.all = all;
    if (ends) {
      l.before = all;
    }
  }
  speed_ = length_s / std::max(wall - stretch_wall_s_, 1e-3);
  if (ends) {
    before_ = run_.facts.counts;
    stretch_from_s_ = elapsed_s;
    stretch_wall_s_ = wall;
  }
}

void run_watch::look_for_limit() {
  const double wall = monotonic_seconds();
  if (wall < limit_next_s_) {
    return;
  }
  limit_next_s_ = wall + limit_every_s;
  auto& course = run_.facts.course;
  course.series = run_.judging.series();
  course.environment.cores = usable_cores();
  course.environment.embedded = run_.options.target.scheme == text::scheme::embedded;
  const auto found = report::find_limit(run_.facts);
  limit_ = {};
  switch (found.who) {
    case report::limiter::unknown: return;
    case report::limiter::nobody: limit_.who = "nobody"; break;
    case report::limiter::generator: limit_.who = "generator"; break;
    case report::limiter::target: limit_.who = "network or target"; break;
  }
  limit_.alarming = found.who == report::limiter::generator;
  if (!found.evidence.empty()) {
    limit_.evidence = found.evidence.front();
  }
}

void run_watch::ask_for_troubles() {
  const double wall = monotonic_seconds();
  if (wall < troubles_next_s_) {
    return;
  }
  troubles_next_s_ = wall + troubles_every_s;
  for (std::size_t i = 0; i < run_.shards.size(); ++i) {
    const auto read = [board = troubles_, s = run_.shards[i], i] {
      const std::lock_guard held{board->lock};
      board->of_shards[i] = s->troubles;
    };
    // The virtual world's home has no thread but this one.
    if (run_.options.virtual_world) {
      read();
    } else {
      run_.shards[i]->home.post(read);
    }
  }
}

view::figures run_watch::figures_of(const watch_moment& now) {
  view::figures out;
  const auto& counts = run_.facts.counts;
  out.title = run_.ready.plan ? run_.ready.plan->name
                              : fmt::format("{} devices", view::count_text(run_.options.devices));
  out.target = run_.ready.target_text;
  out.seed = run_.ready.seed;
  out.elapsed_s = now.elapsed_s;
  out.duration_s = seconds(run_.options.run_for);
  out.over = !now.load;
  if (run_.options.virtual_world) {
    out.speed = speed_;
    if (speed_ > 0) {
      out.real_left_s = std::max(out.duration_s - out.elapsed_s, 0.0) / speed_;
    }
  }
  out.stopping = stops_ || run_.facts.interrupted;
  out.stage = stage_of(now);
  out.in_phase = counts.in_phase;
  out.wanted = now.wanted;
  for (std::size_t i = 0; i < watched_rises.size(); ++i) {
    out.rates.push_back({std::string{watched_rises[i].name}, rates_[i], {}});
  }
  for (std::size_t i = 0; i < latencies_.size(); ++i) {
    const auto& l = latencies_[i];
    auto& made = out.latencies.emplace_back();
    made.name = name_of(static_cast<actors::latency>(i));
    if (l.stretch.count != 0) {
      made.p50_now = l.stretch.quantile(0.5);
      made.p99_now = l.stretch.quantile(0.99);
    }
    made.p99 = l.all.quantile(0.99);
    made.max = l.all.max_seconds();
  }
  add_courses(out);
  add_faults(out, now.elapsed_s);
  add_rollouts(out, now.elapsed_s);
  add_ledger(out);
  add_troubles(out, now.elapsed_s);
  // What nothing was measured of takes no line.
  std::erase_if(out.latencies, [](const auto& l) { return l.max <= 0; });
  out.limit = limit_;
  out.news = news_;
  return out;
}

void run_watch::add_courses(view::figures& out) const {
  for (const auto& p : run_.judging.series().points()) {
    const double length_s = std::max(p.length_s(), 1e-3);
    for (std::size_t i = 0; i < watched_rises.size(); ++i) {
      out.rates[i].course.push_back(static_cast<double>(p.of(watched_rises[i].what)) / length_s);
    }
    for (std::size_t i = 0; i < out.latencies.size(); ++i) {
      out.latencies[i].course.push_back(p.latencies[i].quantile(0.99).value_or(std::nan("")));
    }
    out.faults_course.push_back(static_cast<double>(p.state.faults));
  }
}

std::optional<view::advance> run_watch::stage_of(const watch_moment& now) const {
  view::advance out;
  out.name = now.stage;
  const auto& counts = run_.facts.counts;
  if (!now.load) {
    out.text = fmt::format("{} reports in flight, {} devices online",
                           view::count_text(counts.in_flight), view::count_text(counts.online()));
    const double all = seconds(run_.options.grace);
    out.part = all > 0 ? 1 - now.grace_left_s / all : 1;
    out.left_s = now.grace_left_s;
    return out;
  }
  if (run_.ready.plan) {
    const auto& ends = run_.ready.plan->stage_ends;
    const auto at = duration{static_cast<std::int64_t>(now.elapsed_s * 1e9)};
    const std::size_t number = stage_at(*run_.ready.plan, at).stage;
    const double end = number < ends.size() ? seconds(ends[number]) : 0;
    if (now.elapsed_s >= end) {
      return std::nullopt; // what is left is that of the whole run
    }
    const double begin = number == 0 ? 0 : seconds(ends[number - 1]);
    out.part = (now.elapsed_s - begin) / std::max(end - begin, 1e-3);
    out.text =
        fmt::format("to {} devices", view::count_text(target_at(*run_.ready.plan, ends[number])));
    out.left_s = end - now.elapsed_s;
    return out;
  }
  if (counts.started >= run_.options.devices) {
    return std::nullopt;
  }
  out.part = static_cast<double>(counts.started) / std::max(run_.options.devices, 1U);
  out.text = fmt::format("{} of {} started", view::count_text(counts.started),
                         view::count_text(run_.options.devices));
  if (counts.started != 0) {
    out.left_s = now.elapsed_s / out.part - now.elapsed_s;
  }
  return out;
}

void run_watch::add_faults(view::figures& out, double elapsed_s) const {
  for (const auto& row : run_.faults.rows()) {
    if (row.state == faults::timeline::state::over) {
      ++out.faults_over;
      continue;
    }
    view::fault_figure made;
    made.name = row.name;
    made.text = row.text;
    made.in_force = row.state == faults::timeline::state::in_force;
    made.begins_in_s = std::max(seconds(row.begins) - elapsed_s, 0.0);
    if (row.ends) {
      made.left_s = std::max(seconds(*row.ends) - elapsed_s, 0.0);
    }
    made.hit = row.figures.hit;
    made.selected = row.figures.selected;
    out.faults.push_back(std::move(made));
  }
  std::stable_sort(out.faults.begin(), out.faults.end(), [](const auto& a, const auto& b) {
    return a.in_force != b.in_force ? a.in_force : a.begins_in_s < b.begins_in_s;
  });
}

void run_watch::add_rollouts(view::figures& out, double elapsed_s) const {
  using cloud::rollout_state;
  for (const auto& flow : run_.rollouts) {
    const auto& seen = flow->seen();
    const auto in = [&seen](rollout_state s) {
      return seen.by_state[static_cast<std::size_t>(s)].load(std::memory_order_relaxed);
    };
    const auto devices = seen.devices.load(std::memory_order_relaxed);
    const auto failed = in(rollout_state::failed);
    const auto ended = in(rollout_state::succeeded) + failed + in(rollout_state::cancelled);
    const double since_s = elapsed_s - seconds(flow->begins());
    view::advance made;
    made.name = flow->name();
    made.part = devices == 0 ? 0 : static_cast<double>(ended) / devices;
    made.text = since_s < 0 ? "begins in " + view::clock_text(-since_s)
                            : fmt::format("{} of {} updated", view::count_text(ended - failed),
                                          view::count_text(devices));
    if (failed != 0) {
      made.text += fmt::format(", {} failed", view::count_text(failed));
    }
    if (seen.running.load(std::memory_order_relaxed) && ended != 0 && since_s > 0) {
      made.left_s = since_s / made.part - since_s;
    }
    out.rollouts.push_back(std::move(made));
  }
}

void run_watch::add_troubles(view::figures& out, double elapsed_s) {
  const std::lock_guard held{troubles_->lock};
  for (std::size_t i = 0; i < trouble_counts_.size(); ++i) {
    const auto what = static_cast<actors::outcome>(i);
    const std::uint64_t count = run_.facts.counts.troubles[i];
    if (count == 0) {
      continue;
    }
    if (count != trouble_counts_[i]) {
      trouble_counts_[i] = count;
      rose_s_[i] = elapsed_s;
    }
    view::trouble_figure made{
        std::string{actors::to_string(what)}, count, elapsed_s - rose_s_[i], {}};
    for (const auto& shard : troubles_->of_shards) {
      if (const auto& t = shard[i]; t.count != 0) {
        const auto& product = run_.ready.products[run_.ready.product_of(t.example_device)];
        made.example = product.speech->name(t.example_device) + ": " + t.example_detail;
        break;
      }
    }
    out.troubles.push_back(std::move(made));
  }
  std::stable_sort(out.troubles.begin(), out.troubles.end(),
                   [](const auto& a, const auto& b) { return a.ago_s < b.ago_s; });
}

void run_watch::add_ledger(view::figures& out) const {
  const auto& t = run_.facts.counts;
  auto& made = out.ledger.emplace();
  made.sent = t.published_all();
  made.acknowledged = t.acknowledged;
  made.in_flight = t.in_flight;
  made.resent = t.resent;
  made.skipped = t.skipped_all();
  made.commands = t.ledger_commands;
  made.corrupted = t.downlink_corrupted;
  if (const auto there = run_.far.ledger_now()) {
    made.accepted = there->accepted;
    made.commands_sent = there->commands;
    made.corrupted += there->corrupted;
  }
}

} // namespace fleet::program
