// Who is next, when, and what came of it.
#include "fleet/run/cloud_traffic.hpp"

#include <algorithm>
#include <string_view>

#include "protocol/base/check.hpp"

namespace fleet::program {

namespace {

using counter = std::atomic<std::uint64_t>;

/// Adds to a counter of this thread.
void bump(counter& c) noexcept {
  c.store(c.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

counter& counter_of(traffic_counts& counts, cloud::operation_error e) noexcept {
  switch (e) {
    case cloud::operation_error::offline:
    case cloud::operation_error::not_subscribed: return counts.offline;
    case cloud::operation_error::timed_out: return counts.timed_out;
    case cloud::operation_error::unknown_product:
    case cloud::operation_error::unknown_device:
    case cloud::operation_error::unknown_firmware:
    case cloud::operation_error::unknown_campaign:
    case cloud::operation_error::busy:
    case cloud::operation_error::refused:
    case cloud::operation_error::malformed:
    case cloud::operation_error::exists:
    case cloud::operation_error::unsupported: return counts.refused;
  }
  FLEET_CHECK(false);
}

void count(traffic_counts& counts, const cloud::operation_result& got) {
  bump(got ? counts.answered : counter_of(counts, got.error().why));
}

} // namespace

bool is_ledger_command(const cloud_traffic& what, profile p) noexcept {
  if (!what.payload.empty() || !what.identifiers.empty() || !what.topic.empty()) {
    return false;
  }
  return p == profile::mqtt ? what.kind == traffic_kind::custom
                            : what.kind == traffic_kind::property_set;
}

bool traffic_possible(const cloud_traffic& what, profile p, bool has_console) noexcept {
  return p == profile::mqtt || is_ledger_command(what, p) || has_console;
}

traffic_flow::traffic_flow(hal::home& home, traffic_cloud& cloud, const cloud_traffic& what,
                           traffic_target to)
    : home_(home), cloud_(cloud), what_(what), to_(std::move(to)),
      text_(what, to_.profile, to_.model) {}

traffic_flow::~traffic_flow() {
  home_.disarm(*this);
}

void traffic_flow::start(std::uint64_t seed, const alink::credential_source& names) {
  names_ = &names;
  random_ = random_stream{seed, to_.devices.first, "cloud traffic"};
  began_ = home_.now();
  number_ = 0;
  if (to_.devices.count > 0) {
    home_.arm(*this, due(0));
  }
}

void traffic_flow::stop() {
  home_.disarm(*this);
  enable_again();
  if (names_ == nullptr) {
    return;
  }
  names_ = nullptr; // once
  // What is out now was begun last: whatever exceeds the attempts of the last while is older.
  const double ns = static_cast<double>((home_.now() - began_ - end_most).count());
  const auto before = static_cast<std::uint64_t>(std::max(ns, 0.0) * (what_.rate / 1e9));
  const std::uint64_t young = number_ - std::min(number_, before);
  counts_->overdue.store(pending() - std::min(pending(), young), std::memory_order_relaxed);
}

time_point traffic_flow::due(std::uint64_t number) const noexcept {
  // Counted from the beginning, so that a rate that no interval holds exactly stays what it is.
  const double ns = static_cast<double>(number + 1) * (1e9 / what_.rate);
  return began_ + duration{static_cast<std::int64_t>(ns)};
}

std::uint64_t traffic_flow::pending() const noexcept {
  const auto read = [](const counter& c) { return c.load(std::memory_order_relaxed); };
  const auto& c = *counts_;
  const std::uint64_t ended =
      read(c.answered) + read(c.timed_out) + read(c.refused) + read(c.offline);
  const std::uint64_t attempted = read(c.attempted);
  return attempted > ended ? attempted - ended : 0;
}

void traffic_flow::on_wake(time_point now) {
  if (enable_at_ <= now) {
    enable_again();
  }
  for (std::uint32_t done = 0; done < burst_most && due(number_) <= now; ++done) {
    if (pending() < pending_most) {
      act();
    } else {
      bump(counts_->skipped);
    }
    ++number_;
  }
  home_.arm(*this, std::min(std::max(due(number_), now), enable_at_));
}

cloud::call_done traffic_flow::when_done() const {
  // The answer may come when the flow is gone.
  return [counts = counts_](const cloud::call_result& got) {
    if (!got) {
      bump(counter_of(*counts, got.error().why));
    } else {
      bump(got.value().code == 200 ? counts->answered : counts->refused);
    }
  };
}

void traffic_flow::act() {
  traffic_subject to;
  to.index = to_.devices.first + static_cast<std::uint32_t>(number_ % to_.devices.count);
  to.who = names_->at(to.index);
  to.who.device_secret.clear();
  to.sequence = number_ + 1;
  to.wall_ms = home_.wall_ms();
  bump(counts_->attempted);
  if (is_ledger_command(what_, to_.profile)) {
    bump(cloud_.command(to.index, to_.qos) ? counts_->answered : counts_->offline);
    return;
  }
  text_.payload(to, random_, payload_);
  if (to_.profile == profile::mqtt) {
    const bool sent = cloud_.publish(text_.topic(to, random_), payload_.view(), to_.qos);
    bump(sent ? counts_->answered : counts_->refused);
    return;
  }
  auto* const console = cloud_.console();
  if (console == nullptr) {
    bump(counts_->refused);
    return;
  }
  call(*console, to);
}

/// One at a time: the one before may be back.
void traffic_flow::disable(cloud::operations& console, const traffic_subject& to) {
  enable_again();
  const auto done = console.disable({to.who.product_key, to.who.device_name});
  count(*counts_, done);
  if (done) {
    disabled_ = to.who;
    enable_at_ = later(home_.now(), traffic_disabled_for);
  }
}

void traffic_flow::enable_again() {
  if (enable_at_ == never) {
    return;
  }
  enable_at_ = never;
  if (auto* const console = cloud_.console()) {
    (void)console->enable({disabled_.product_key, disabled_.device_name});
  }
}

void traffic_flow::call(cloud::operations& console, const traffic_subject& to) {
  const cloud::device_name_view who{to.who.product_key, to.who.device_name};
  const std::string_view text = as_text(payload_.view());
  switch (what_.kind) {
    case traffic_kind::property_set:
      console.set_properties(who, text, patience, when_done());
      return;
    case traffic_kind::property_get:
      console.get_properties(who, text_.names(), patience, when_done());
      return;
    case traffic_kind::service:
      console.call_service(who, what_.service, text, patience, when_done());
      return;
    case traffic_kind::rrpc: console.rrpc(who, {}, payload_.view(), patience, when_done()); return;
    case traffic_kind::shadow_desired: count(*counts_, console.update_shadow(who, text)); return;
    case traffic_kind::desired_set: count(*counts_, console.set_desired(who, text)); return;
    case traffic_kind::config_push:
      count(*counts_, console.set_config(to.who.product_key, text, true));
      return;
    case traffic_kind::disable: disable(console, to); return;
    case traffic_kind::broadcast:
      count(*counts_,
            console.broadcast(to.who.product_key, text_.topic(to, random_), payload_.view()));
      return;
    case traffic_kind::custom:
      count(*counts_, console.publish(text_.topic(to, random_), payload_.view(),
                                      std::min(to_.qos, mqtt::qos::at_least_once)));
      return;
  }
  FLEET_CHECK(false);
}

} // namespace fleet::program
