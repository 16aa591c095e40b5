// Beginning with the others, showing, reporting.
#include "fleet/workers/crew_member.hpp"

#include <algorithm>

#include "fleet/workers/packing.hpp"

namespace fleet::program {

namespace {

constexpr double show_every_s = 1;
constexpr double farewell_most_s = 10;
constexpr duration look_each = std::chrono::milliseconds{20};

} // namespace

crew_clock clock_answer(const crew_clock& question) {
  return {question.asked_s, monotonic_seconds()};
}

std::optional<startup_error> crew_member::begin(const shown_run& run, stop_signals& signals) {
  snapshots_.emplace(run);
  wire_.send(coordinator_, crew_ready{});
  std::optional<double> at;
  while (!at || monotonic_seconds() < *at) {
    if (signals.wait(duration::zero())) {
      return interrupted_early("before its coordinator let it begin");
    }
    const double left = at ? *at - monotonic_seconds() : 1;
    const auto event = wire_.next(
        std::min(look_each, duration{static_cast<std::int64_t>(std::max(left, 0.0) * 1e9)}));
    if (!event || event->from != coordinator_) {
      continue;
    }
    if (!event->message || std::holds_alternative<crew_farewell>(*event->message)) {
      return startup_error{exit_code::environment_failed,
                           "the coordinator is gone before the run began"};
    }
    if (const auto* begin = std::get_if<crew_begin>(&*event->message)) {
      at = begin->at_s;
    } else if (const auto* clock = std::get_if<crew_clock>(&*event->message)) {
      wire_.send(coordinator_, clock_answer(*clock));
    }
  }
  return std::nullopt;
}

void crew_member::on_order(const crew_order& order, company_news& news) {
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

company_news crew_member::turn(double now_s) {
  now_s_ = now_s;
  company_news news;
  while (const auto event = wire_.next()) {
    if (event->from != coordinator_) {
      continue;
    }
    if (!event->message) {
      alone_since_s_ = now_s;
    } else if (const auto* order = std::get_if<crew_order>(&*event->message)) {
      on_order(*order, news);
    }
  }
  news.alone = alone_since_s_ && now_s - *alone_since_s_ >= alone_patience_s;
  if (now_s >= next_s_) {
    next_s_ = now_s + show_every_s;
    wire_.send(coordinator_, snapshots_->make(now_s));
  }
  return news;
}

void crew_member::report(const report::run_facts& facts, std::string ledger_lines) {
  auto end = packed(facts);
  end.last = snapshots_->make(now_s_);
  end.ledger_lines = std::move(ledger_lines);
  wire_.send(coordinator_, std::move(end));
  const double until = monotonic_seconds() + farewell_most_s;
  while (!alone_since_s_ && monotonic_seconds() < until) {
    const auto event = wire_.next(look_each);
    if (event && event->from == coordinator_
        && (!event->message || std::holds_alternative<crew_farewell>(*event->message))) {
      return;
    }
  }
}

} // namespace fleet::program
