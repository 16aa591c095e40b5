// Who is next, when, and what came of it.
#include "fleet/run/cloud_traffic.hpp"

#include <algorithm>
#include <string_view>

#include "cloud_sim/platform_calls.hpp"
#include "protocol/alink/rrpc.hpp"
#include "protocol/base/check.hpp"

namespace fleet::program {

namespace {

using counter = std::atomic<std::uint64_t>;

/// Adds to a counter of this thread.
void bump(counter& c) noexcept {
  c.store(c.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

/// Adds a failure to its kind, and to what it is a part of.
void count(traffic_counts& counts, cloud::operation_error e) noexcept {
  switch (e) {
    case cloud::operation_error::offline: bump(counts.offline); return;
    case cloud::operation_error::timed_out: bump(counts.timed_out); return;
    case cloud::operation_error::not_subscribed: bump(counts.not_subscribed); break;
    case cloud::operation_error::busy: bump(counts.busy); break;
    case cloud::operation_error::unknown_product:
    case cloud::operation_error::unknown_device:
    case cloud::operation_error::unknown_firmware:
    case cloud::operation_error::unknown_campaign: bump(counts.unknown); break;
    case cloud::operation_error::refused:
    case cloud::operation_error::malformed:
    case cloud::operation_error::exists:
    case cloud::operation_error::unsupported: break;
  }
  bump(counts.refused);
}

/// Nobody waits longer for what goes by RRPC, however slow the link (aliyun-iot.md §15.3).
duration within_rrpc(duration patience) noexcept {
  return std::min(patience, alink::max_rrpc_wait);
}

bool synchronous(const tsl::model* model, std::string_view service) noexcept {
  const auto* const known = model == nullptr ? nullptr : model->find_service(service);
  return known != nullptr && known->call == tsl::call_kind::sync;
}

/// Whether it may come to something a moment later.
bool may_pass(cloud::operation_error e) noexcept {
  return e == cloud::operation_error::offline || e == cloud::operation_error::not_subscribed
         || e == cloud::operation_error::busy;
}

/// Whether it says that the device was not there.
bool not_there(cloud::operation_error e) noexcept {
  return e == cloud::operation_error::offline || e == cloud::operation_error::not_subscribed
         || e == cloud::operation_error::timed_out;
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
      text_(what, to_.profile, to_.model) {
  board_->flow = this;
}

traffic_flow::~traffic_flow() {
  board_->flow = nullptr;
  home_.disarm(*this);
}

void traffic_flow::start(std::uint64_t seed, const alink::credential_source& names) {
  names_ = &names;
  random_ = random_stream{seed, to_.devices.first, "cloud traffic"};
  began_ = home_.now();
  number_ = 0;
  stopped_ = false;
  if (to_.devices.count > 0) {
    home_.arm(*this, due(0));
  }
}

void traffic_flow::stop() {
  home_.disarm(*this);
  enable_again();
  if (names_ == nullptr || stopped_) {
    return;
  }
  stopped_ = true; // once
  for (; !waiting_.empty(); waiting_.pop_front()) {
    const auto& which = waiting_.front();
    if (home_.now() - which.first >= judged_after) {
      give_up(which, which.why);
    } else {
      bump(board_->counts.offline); // cut off: it had hardly been tried
    }
  }
  // What is out now was begun last: whatever exceeds the attempts of the last while is older.
  const double ns = static_cast<double>((home_.now() - began_ - end_most - to_.slow_link).count());
  const auto before = static_cast<std::uint64_t>(std::max(ns, 0.0) * (what_.rate / 1e9));
  const std::uint64_t young = number_ - std::min(number_, before) + board_->late;
  board_->counts.overdue.store(pending() - std::min(pending(), young), std::memory_order_relaxed);
}

time_point traffic_flow::due(std::uint64_t number) const noexcept {
  // Counted from the beginning, so that a rate that no interval holds exactly stays what it is.
  const double ns = static_cast<double>(number + 1) * (1e9 / what_.rate);
  return began_ + duration{static_cast<std::int64_t>(ns)};
}

std::uint64_t traffic_flow::pending() const noexcept {
  const auto read = [](const counter& c) { return c.load(std::memory_order_relaxed); };
  const auto& c = board_->counts;
  const std::uint64_t ended =
      read(c.answered) + read(c.timed_out) + read(c.refused) + read(c.offline);
  const std::uint64_t attempted = read(c.attempted);
  return attempted > ended ? attempted - ended : 0;
}

bool traffic_flow::is_answered() const noexcept {
  if (to_.profile == profile::mqtt || is_ledger_command(what_, to_.profile)) {
    return false; // it is sent, and that is all that is known
  }
  switch (what_.kind) {
    case traffic_kind::property_set:
    case traffic_kind::property_get:
    case traffic_kind::service:
    case traffic_kind::rrpc: return true;
    case traffic_kind::shadow_desired:
    case traffic_kind::desired_set:
    case traffic_kind::config_push:
    case traffic_kind::disable:
    case traffic_kind::broadcast:
    case traffic_kind::custom: return false;
  }
  FLEET_CHECK(false);
}

void traffic_flow::on_wake(time_point now) {
  if (enable_at_ <= now) {
    enable_again();
  }
  try_again(now);
  for (std::uint32_t done = 0; done < burst_most && due(number_) <= now; ++done) {
    if (pending() < pending_most) {
      bump(board_->counts.attempted);
      act({.number = number_, .first = now});
    } else {
      bump(board_->counts.skipped);
    }
    ++number_;
  }
  arm_next();
}

void traffic_flow::arm_next() {
  const auto again = waiting_.empty() ? never : waiting_.front().next;
  home_.arm(*this, std::min({std::max(due(number_), home_.now()), enable_at_, again}));
}

void traffic_flow::try_again(time_point now) {
  while (!waiting_.empty() && waiting_.front().next <= now) {
    auto which = waiting_.front();
    waiting_.pop_front();
    which.again = true;
    act(which); // back into the line for later, if it fails
  }
}

cloud::call_done traffic_flow::when_done(const attempt& made) {
  auto which = made;
  which.made_ms = home_.wall_ms();
  board_->late += which.again ? 1 : 0;
  // The answer may come when the flow is gone.
  return [board = board_, which, since = due(which)](const cloud::call_result& got) {
    board->late -= which.again ? 1 : 0;
    if (got) {
      if (board->flow != nullptr) {
        board->times.record(board->flow->home_.now() - since);
      }
      bump(got.value().code == 200 ? board->counts.answered : board->counts.refused);
    } else if (board->flow != nullptr) {
      board->flow->failed(which, got.error().why);
    } else {
      count(board->counts, got.error().why);
    }
  };
}

void traffic_flow::ended(const attempt& which, const cloud::operation_result& got) {
  if (got) {
    bump(board_->counts.answered);
  } else {
    failed(which, got.error().why);
  }
}

void traffic_flow::failed(const attempt& which, cloud::operation_error why) {
  const auto now = home_.now();
  if (why == cloud::operation_error::timed_out && logged_out_since(which)) {
    why = cloud::operation_error::offline; // before it could answer
  }
  if (stopped_) {
    if (why == cloud::operation_error::offline) {
      bump(board_->counts.offline); // the cloud may be leaving, too: nobody is asked
    } else {
      give_up(which, why);
    }
    return;
  }
  if (may_pass(why) && now - which.first < reach_within && wanted(which, which.first)) {
    auto& again = waiting_.emplace_back(which);
    again.next = later(now, retry_every);
    again.why = why;
    arm_next();
    return;
  }
  give_up(which, why);
}

void traffic_flow::give_up(const attempt& which, cloud::operation_error why) {
  auto& counts = board_->counts;
  // Where the load had it off, or has only just switched it on, it need not have been there.
  const bool was_there = why == cloud::operation_error::timed_out; // or it had not been asked
  const auto on_since = was_there ? which.first : std::min(which.first, home_.now() - to_.settle);
  const bool excused = not_there(why) && !wanted(which, on_since);
  count(counts, excused ? cloud::operation_error::offline : why);
  if (why == cloud::operation_error::offline && !excused && is_absent(which)) {
    bump(counts.absent);
  }
}

bool traffic_flow::logged_out_since(const attempt& which) const {
  auto* const console = cloud_.console();
  if (!to_.behind_gateway || console == nullptr) {
    return false;
  }
  const auto who = names_->at(device_of(which));
  const auto seen = console->device({who.product_key, who.device_name});
  return seen && (seen.value().state != "online" || seen.value().logged_in_ms >= which.made_ms);
}

bool traffic_flow::wanted(const attempt& which, time_point from) const {
  return !to_.wanted || to_.wanted(device_of(which), from - began_, home_.now() - began_);
}

bool traffic_flow::is_absent(const attempt& which) const {
  auto* const console = cloud_.console();
  if (console == nullptr) {
    return false; // an open broker does not tell since when
  }
  const auto who = names_->at(device_of(which));
  const auto seen = console->device({who.product_key, who.device_name});
  if (!seen || seen.value().state == "disabled") {
    return !seen;
  }
  if (seen.value().state == "unactivated") {
    return !to_.behind_gateway;
  }
  const std::chrono::milliseconds away{home_.wall_ms() - seen.value().last_online_ms};
  return away > to_.away_most;
}

void traffic_flow::act(const attempt& which) {
  traffic_subject to;
  to.index = device_of(which);
  to.who = names_->at(to.index);
  to.who.device_secret.clear();
  to.sequence = which.number + 1;
  to.wall_ms = home_.wall_ms();
  if (is_ledger_command(what_, to_.profile)) {
    const auto got = cloud_.command(to.index, to_.qos, due(which));
    if (got == cloud::command_outcome::sent) {
      bump(board_->counts.answered);
    } else {
      failed(which, cloud::failure_of(got).why);
    }
    return;
  }
  text_.payload(to, random_, payload_);
  if (to_.profile == profile::mqtt) {
    const bool sent = cloud_.publish(text_.topic(to, random_), payload_.view(), to_.qos);
    bump(sent ? board_->counts.answered : board_->counts.refused);
    return;
  }
  auto* const console = cloud_.console();
  if (console == nullptr) { // the twin was killed, and is not back
    failed(which, cloud::operation_error::offline);
    return;
  }
  call(*console, to, which);
}

/// One at a time: the one before may be back. Only one that has been there: who is disabled before
/// it registers is refused as one that is active (aliyun-iot.md §5.3), and hears of no end of that.
void traffic_flow::disable(cloud::operations& console, const traffic_subject& to,
                           const attempt& which) {
  enable_again();
  const cloud::device_name_view who{to.who.product_key, to.who.device_name};
  if (const auto seen = console.device(who); seen && seen.value().state == "unactivated") {
    failed(which, cloud::operation_error::offline);
    return;
  }
  const auto done = console.disable(who);
  ended(which, done);
  if (done) {
    disabled_ = to.who;
    enable_at_ = later(home_.now(), traffic_disabled_for);
  }
}

void traffic_flow::enable_again() {
  if (enable_at_ == never) {
    return;
  }
  auto* const console = cloud_.console();
  enable_at_ = console == nullptr ? later(home_.now(), retry_every) : never; // it is to come back
  if (console != nullptr) {
    (void)console->enable({disabled_.product_key, disabled_.device_name});
  }
}

void traffic_flow::call(cloud::operations& console, const traffic_subject& to,
                        const attempt& which) {
  const cloud::device_name_view who{to.who.product_key, to.who.device_name};
  const std::string_view text = as_text(payload_.view());
  switch (what_.kind) {
    case traffic_kind::property_set:
      console.set_properties(who, text, answer_within(), when_done(which));
      return;
    case traffic_kind::property_get:
      console.get_properties(who, text_.names(), answer_within(), when_done(which));
      return;
    case traffic_kind::service:
      console.call_service(who, what_.service, text,
                           synchronous(to_.model, what_.service) ? within_rrpc(answer_within())
                                                                 : answer_within(),
                           when_done(which));
      return;
    case traffic_kind::rrpc:
      console.rrpc(who, {}, payload_.view(), within_rrpc(answer_within()), when_done(which));
      return;
    case traffic_kind::shadow_desired: ended(which, console.update_shadow(who, text)); return;
    case traffic_kind::desired_set: ended(which, console.set_desired(who, text)); return;
    case traffic_kind::config_push:
      ended(which, console.set_config(to.who.product_key, text, true));
      return;
    case traffic_kind::disable: disable(console, to, which); return;
    case traffic_kind::broadcast:
      ended(which,
            console.broadcast(to.who.product_key, text_.topic(to, random_), payload_.view()));
      return;
    case traffic_kind::custom:
      ended(which, console.publish(text_.topic(to, random_), payload_.view(),
                                   std::min(to_.qos, mqtt::qos::at_least_once)));
      return;
  }
  FLEET_CHECK(false);
}

} // namespace fleet::program
