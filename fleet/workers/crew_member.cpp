// Beginning with the others, showing, reporting.
#include "fleet/workers/crew_member.hpp"

#include <algorithm>

#include "fleet/workers/packing.hpp"

namespace fleet::program {

namespace {

constexpr double show_every_s = 1;
/// Of one that was told to end by a signal, and has nobody to tell.
constexpr double farewell_most_s = 5;
constexpr duration look_each = std::chrono::milliseconds{20};

} // namespace

crew_member::crew_member(lifeline& coordinator, const shard_spec& part)
    : coordinator_(coordinator), part_(part) {}

std::optional<startup_error> crew_member::begin(const shown_run& run, stop_signals& signals) {
  snapshots_.emplace(run);
  coordinator_.send(crew_ready{});
  std::optional<double> at;
  while (!at || monotonic_seconds() < *at) {
    if (signals.wait(duration::zero())) {
      return interrupted_early("before its coordinator let it begin");
    }
    const double left = at ? *at - monotonic_seconds() : 1;
    const auto message = coordinator_.next(
        std::min(look_each, duration{static_cast<std::int64_t>(std::max(left, 0.0) * 1e9)}));
    if (coordinator_.cut() || (message && std::holds_alternative<crew_farewell>(*message))) {
      return startup_error{exit_code::environment_failed,
                           "the coordinator is gone before the run began"};
    }
    if (const auto* begin = message ? std::get_if<crew_begin>(&*message) : nullptr) {
      at = begin->at_s;
    }
  }
  coordinator_.begin_lease(part_.lease_s);
  coordinator_.hold_on();
  return std::nullopt;
}

void crew_member::on_order(const crew_order& order, company_news& news) {
  coordinator_.orders_done(++orders_);
  switch (static_cast<crew_order_kind>(order.kind)) {
    case crew_order_kind::drain: news.end = true; break;
    case crew_order_kind::add_fault:
      news.orders.push_back({control_verb::add, order.words, {}});
      break;
    case crew_order_kind::remove_fault:
      news.orders.push_back({control_verb::remove, {}, order.names});
      break;
  }
}

/// Nobody will hear of its devices any more, or they may soon be another's.
bool crew_member::alone() const {
  return dismissed_ || coordinator_.coordinator_is_over() || coordinator_.lease_left_s() <= 0;
}

void crew_member::show(double now_s) {
  if (coordinator_.renewed()) {
    snapshots_->begin_anew();
  }
  coordinator_.send(snapshots_->make(now_s));
}

company_news crew_member::turn(double now_s) {
  now_s_ = now_s;
  company_news news;
  // Looked at first: of a process that stood still, what has come since is of another time.
  news.alone = alone();
  while (const auto message = coordinator_.next()) {
    if (const auto* order = std::get_if<crew_order>(&*message)) {
      on_order(*order, news);
    } else if (std::holds_alternative<crew_farewell>(*message)) {
      dismissed_ = true;
    }
  }
  if (now_s >= next_s_) {
    next_s_ = now_s + show_every_s;
    show(now_s);
  }
  return news;
}

/// Its devices are stopped, so that it may wait for a coordinator that is cut off; a lease long.
void crew_member::report(const report::run_facts& facts, std::string ledger_lines) {
  auto end = packed(facts);
  snapshots_->begin_anew();
  end.last = snapshots_->make(now_s_);
  end.ledger_lines = std::move(ledger_lines);
  coordinator_.begin_lease(part_.lease_s);
  const double began = monotonic_seconds();
  double told_s = began;
  bool told = false;
  while (!dismissed_ && !coordinator_.coordinator_is_over() && coordinator_.lease_left_s() > 0) {
    const double now = monotonic_seconds();
    if (facts.interrupted && coordinator_.cut() && now - began > farewell_most_s) {
      return;
    }
    if (coordinator_.renewed() || !told) {
      coordinator_.send(end);
      told = true;
    } else if (now - told_s >= show_every_s) {
      told_s = now;
      coordinator_.send(crew_pulse{now});
    }
    const auto message = coordinator_.next(look_each);
    dismissed_ = message && std::holds_alternative<crew_farewell>(*message);
  }
}

} // namespace fleet::program
