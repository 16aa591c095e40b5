// The director while devices live: stages, signals, progress.
#include "fleet/run/director.hpp"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include <caf/send.hpp>
#include <fmt/format.h>

#include "actors/supervision/messages.hpp"
#include "fleet/run/load_wishes.hpp"

namespace fleet::program {

namespace {

duration duration_of_seconds(double s) {
  return duration{static_cast<std::int64_t>(std::max(s, 0.0) * 1e9)};
}

/// Of a worker whose devices may soon be another's (workers/coordinator.hpp: lease_margin_s).
constexpr double alone_grace_s = 2;

} // namespace

std::string director::stage_text() const {
  switch (stage_) {
    case stage::ramp:
    case stage::steady:
      if (ready_.plan) {
        const auto at = duration_of_seconds(world_->elapsed_s() - began_at_);
        const auto now = stage_at(*ready_.plan, at);
        return fmt::format("{} {}/{}", to_string(now.kind), now.stage + 1,
                           ready_.plan->stage_ends.size());
      }
      return stage_ == stage::ramp ? "ramp" : "steady";
    case stage::draining: return "draining";
    case stage::stopping: return "stopping";
    case stage::ended: return "ended";
  }
  FLEET_CHECK(false);
}

std::optional<double> director::stage_left_s() const {
  if (!ready_.plan || (stage_ != stage::ramp && stage_ != stage::steady)) {
    return std::nullopt;
  }
  return seconds(stage_at(*ready_.plan, since_begin()).left);
}

duration director::since_begin() const {
  return duration_of_seconds(world_->elapsed_s() - began_at_);
}

std::uint32_t director::expected_at_end() const {
  if (!ready_.plan) {
    return company_.serves() ? company_.others->here().count() : options_.devices;
  }
  std::uint32_t sum = 0;
  for (const auto& line : ready_.plan->lines) {
    sum += expected_at_end(line);
  }
  return sum;
}

std::uint32_t director::expected_at_end(const load_line& line) const {
  const duration end = duration_of_seconds(facts_.duration_s);
  const duration before = std::max<duration>(end - std::chrono::seconds{1}, duration{0});
  return std::min(target_at(line, end), target_at(line, before));
}

void director::excuse_powerless() {
  const auto excuse = [](std::uint64_t& expected, std::uint64_t off) {
    expected -= std::min(expected, off);
  };
  excuse(facts_.expected_end, facts_.counts.off_by_fault);
  for (auto& product : facts_.products) {
    excuse(product.expected_end, product.counts.off_by_fault);
  }
}

bool director::all_back() const {
  return facts_.online_end >= facts_.expected_end
         && std::all_of(facts_.products.begin(), facts_.products.end(),
                        [](const report::product_fact& p) {
                          return !p.behind_gateway || p.online_end >= p.expected_end;
                        });
}

std::uint64_t director::traffic_pending() const {
  std::uint64_t sum = 0;
  for (const auto& flow : traffic_) {
    sum += flow->pending();
  }
  return sum;
}

duration director::grace() const {
  duration more{0};
  for (const auto& product : ready_.products) {
    more = std::max(more, slow_link_grace(product.settings.link));
  }
  return options_.grace + (options_.virtual_world ? more : duration{0});
}

void director::look() {
  facts_.counts = report::read_totals(shard_list_);
  facts_.online_max = std::max(facts_.online_max, facts_.counts.online());
  for (std::size_t i = 0; i < facts_.products.size(); ++i) {
    auto& product = facts_.products[i];
    product.counts = report::read_totals(shard_list_, i);
    const auto online =
        product.behind_gateway ? product.counts.sub_devices_online : product.counts.online();
    product.online_max = std::max(product.online_max, online);
    if (stage_ == stage::ramp || stage_ == stage::steady) {
      product.online_end = online;
    } else if (stage_ == stage::draining) {
      product.online_end = std::max(product.online_end, online); // as the whole fleet's
    }
  }
}

void director::drive() {
  wall_began_ = monotonic_seconds();
  spawn_root();
  began_at_ = world_->elapsed_s() - company_.late_s();
  if (ready_.plan) {
    children_ = children_behind(*ready_.plan);
  }
  if (auto why = faults_.begin(root_)) {
    miss_fault(std::move(*why));
  }
  caf::anon_send(root_, actors::run_devices{duration_of_seconds(company_.late_s())});
  world_->call(world_->twin_home(), [this] {
    for (const auto& flow : traffic_) {
      flow->start(ready_.seed, *ready_.credentials);
    }
    rollouts_.start(ready_.seed);
  });
  while (stage_ != stage::ended) {
    if (const auto number = world_->pass(slice, signals_)) {
      on_signal(*number);
    }
    faults_.turn(since_begin());
    turn_company();
    for (auto& why : faults_.take_lost()) {
      miss_fault(std::move(why));
    }
    if (const auto why = far_.trouble(); !why.empty() && !noted_.contains(why)) {
      line_->finish();
      note_once(why);
    }
    look();
    judge_moment();
    advance();
    tell_page();
    if (stage_ != stage::ended) {
      show();
    }
  }
  facts_.wall_s = monotonic_seconds() - wall_began_;
}

void director::miss_fault(std::string why) {
  line_->finish();
  std::fprintf(stderr, "fleet run: %s; the run ends here\n", why.c_str());
  faults_missed_.push_back(std::move(why));
}

std::uint64_t director::wanted_now() const {
  if (stage_ != stage::ramp && stage_ != stage::steady) {
    return facts_.expected_end;
  }
  if (!ready_.plan) {
    return facts_.counts.started;
  }
  std::uint64_t sum = 0;
  for (const auto& line : ready_.plan->lines) {
    sum += wanted_of(line);
  }
  return sum;
}

std::uint32_t director::wanted_of(const load_line& line) const {
  if (stage_ != stage::ramp && stage_ != stage::steady) {
    return expected_at_end(line);
  }
  constexpr double connecting_s = 5; // a device that was switched on just now is on its way
  const double at = world_->elapsed_s() - began_at_;
  return least_target(line, duration_of_seconds(at - connecting_s), duration_of_seconds(at));
}

wanted_devices director::wanted_whole() const {
  const bool runs = stage_ == stage::ramp || stage_ == stage::steady;
  wanted_devices out{runs ? wanted_now() : wanted_at_end_, 0};
  if (children_.empty()) {
    return out;
  }
  for (std::size_t i = 0; i < children_.size(); ++i) {
    const auto connected = wanted_of(ready_.plan->lines[i]);
    out.children += children_[i][std::min<std::size_t>(connected, children_[i].size() - 1)];
  }
  for (std::size_t i = 0; i < facts_.products.size(); ++i) {
    const std::uint64_t each = ready_.products[i].plan.children_each;
    out.children -= std::min(out.children, each * facts_.products[i].counts.off_by_fault);
  }
  return out;
}

void director::judge_moment() {
  if (stage_ == stage::stopping || (company_.leads() && company_.others->all_leave())) {
    return; // devices leave, and are to
  }
  run_moment now;
  now.now_s = world_->elapsed_s() - began_at_;
  now.wanted = wanted_whole();
  now.over = stage_ != stage::ramp && stage_ != stage::steady;
  now.ramp = ready_.plan ? stage_at(*ready_.plan, duration_of_seconds(now.now_s)).ramp()
                         : facts_.counts.started < ready_.connections();
  judges_->look(
      now, [this] { return looks_of(faults_.desk().rows()); }, facts_);
  for (const auto& line : judges_->take_news()) {
    page_.told.course.tell(now.now_s, line);
    if (!options_.quiet) {
      line_->finish();
      std::fprintf(stderr, "%s\n", news_text(now.now_s, line).c_str());
    }
  }
}

void director::count_shadows() {
  const auto& all = ready_.products;
  if (far_.empty() || std::none_of(all.begin(), all.end(), [](const prepared_product& p) {
        return p.plan.product.shadow;
      })) {
    return;
  }
  world_->call(far_home(), [this] { facts_.shadows_waiting = far_.shadows_waiting(); });
}

void director::enter(stage s) {
  if (company_.others && s != stage::ramp && s != stage::steady) {
    company_.others->enter(s == stage::draining ? run_part::settling : run_part::leaving);
  }
  stage_ = s;
  stage_began_ = world_->elapsed_s();
}

void director::on_signal(int number) {
  if (facts_.interrupted) {
    watch_.reset();
    line_->finish();
    std::fprintf(stderr, "fleet run: second signal %d, ending at once without a report\n", number);
    std::_Exit(static_cast<int>(exit_code::interrupted));
  }
  facts_.interrupted = true;
  if (!options_.quiet) {
    line_->finish();
    std::fprintf(stderr, "stopping: %g s of grace, a second signal ends at once\n",
                 seconds(grace()));
  }
}

bool director::time_is_up() const {
  return world_->elapsed_s() - began_at_ >= seconds(options_.run_for) || facts_.interrupted
         || judges_->stop_early() || !faults_missed_.empty() || company_.end_now;
}

void director::end_load() {
  facts_.duration_s = world_->elapsed_s() - began_at_;
  facts_.online_end = facts_.counts.online();
  facts_.expected_end = wanted_at_end_ = expected_at_end();
  expect_of_products();
  facts_.course.stages = stages_seen();
  excuse_powerless();
  facts_.process.rss_steady_bytes = resident_bytes();
  far_.quiet();
  faults_.quiet(since_begin());
  // Flows are stopped by their home; none is gone before the homes are.
  world_->twin_home().post([this] {
    for (const auto& flow : traffic_) {
      flow->stop();
    }
  });
  caf::anon_send(root_, actors::quiet_devices{});
  if (company_.others) {
    company_.others->drain();
  }
  // Anew: a twin elsewhere may have taken its time to give the faults up.
  pace_ = {world_->elapsed_s(), company_.alone ? alone_grace_s : seconds(grace())};
  enter(stage::draining);
}

void director::advance() {
  const double now = world_->elapsed_s();
  const auto& counts = facts_.counts;
  if (stage_ == stage::ramp && counts.started == options_.devices
      && counts.online() == options_.devices) {
    enter(stage::steady);
  }
  if (stage_ == stage::ramp || stage_ == stage::steady) {
    if (time_is_up()) {
      end_load();
    }
    return;
  }
  if (company_.leads()) {
    advance_leading();
    return;
  }
  if (stage_ == stage::draining) {
    // A device that lost its link just now may come back; it counts as online if it does in time.
    facts_.online_end = std::max(facts_.online_end, counts.online());
    const bool back = facts_.interrupted || all_back();
    count_shadows();
    const bool settled = back && counts.in_flight == 0 && facts_.shadows_waiting.value_or(0) == 0
                         && traffic_pending() == 0
                         && (far_.empty() || far_.settled(facts_.products));
    // One slice at least, so that the orders to be quiet have been carried out.
    const bool late = now >= pace_.drain_until();
    if ((settled && now - stage_began_ > 2 * seconds(slice) && gather_rollouts()) || late) {
      gather_traffic(); // what is out still is cut off by us
      (void)gather_rollouts();
      const double left = pace_.devices_until() - now;
      enter(stage::stopping);
      caf::anon_send(root_, actors::stop_devices{duration_of_seconds(left)});
    }
    return;
  }
  if (stage_ == stage::stopping
      && (all_ended_->load(std::memory_order_acquire) || now >= pace_.over())
      && gather_rollouts()) {
    enter(stage::ended);
  }
}

void director::show() {
  if (!watch_) {
    const double every = line_->redraws() ? 0.5 : seconds(options_.report_every);
    if (monotonic_seconds() - shown_at_ >= every) {
      show_progress();
    }
    return;
  }
  if (!watch_->due()) {
    return;
  }
  watch_moment now;
  now.stage = stage_text();
  now.elapsed_s = world_->elapsed_s() - began_at_;
  now.load = stage_ == stage::ramp || stage_ == stage::steady;
  now.wanted = !now.load     ? facts_.expected_end
               : ready_.plan ? target_at(*ready_.plan, since_begin())
                             : options_.devices;
  now.grace_left_s = now.load ? 0 : pace_.left(world_->elapsed_s(), seconds(grace()));
  if (watch_->turn(now) && !facts_.interrupted) {
    on_signal(SIGINT); // a second press is no wish to end at once
  }
}

void director::show_progress() {
  progress p;
  p.elapsed_s = world_->elapsed_s() - began_at_;
  p.duration_s = seconds(options_.run_for);
  p.requested =
      ready_.plan ? target_at(*ready_.plan, duration_of_seconds(p.elapsed_s)) : options_.devices;
  p.stage = stage_text();
  p.stage_left_s = stage_left_s();
  p.now = facts_.counts;
  p.before = shown_;
  const double wall = monotonic_seconds();
  p.between_s = p.elapsed_s - shown_elapsed_;
  const auto ack = report::read_latency(shard_list_, actors::latency::publish_ack);
  p.ack = ack.since(shown_ack_);
  line_->show(p);
  shown_ = facts_.counts;
  shown_ack_ = ack;
  shown_at_ = wall;
  shown_elapsed_ = p.elapsed_s;
}

} // namespace fleet::program
