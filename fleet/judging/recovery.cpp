// Samples in, findings out.
#include "fleet/judging/recovery.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "fleet/text/quantities.hpp"

namespace fleet::judging {

namespace {

using actors::histogram_snapshot;

constexpr double window_s = 1.0;
constexpr double stretch_s = 15; ///< of what is in flight, the last two such count
constexpr double slack_s = 1e-6; ///< of sums of slices
/// The effect that nobody is told of.
constexpr std::string_view half_open_word = "half_open";

std::uint64_t less(std::uint64_t a, std::uint64_t b) noexcept {
  return a > b ? a - b : 0;
}

std::uint64_t missing_of(const fleet_moment& m) noexcept {
  return less(m.wanted, m.online + m.off_by_fault);
}

std::uint64_t children_missing_of(const fleet_moment& m) noexcept {
  return less(m.children_wanted, m.children_online);
}

double lower_s(std::size_t bucket) noexcept {
  return bucket == 0 ? 0 : static_cast<double>(histogram_snapshot::upper_us(bucket - 1) + 1) * 1e-6;
}
double upper_s(std::size_t bucket) noexcept {
  return static_cast<double>(histogram_snapshot::upper_us(bucket)) * 1e-6;
}

} // namespace

namespace {

/// Something of which there is more by chance now and then: what counts is that it stays so.
struct bound {
  std::uint64_t usual = 0;            ///< at most
  std::optional<double> beyond_since; ///< at each sample since

  bool holds(std::uint64_t count, std::uint64_t chance, double now_s) {
    if (count <= std::max(usual + usual / 2, chance)) {
      beyond_since.reset();
    } else if (!beyond_since) {
      beyond_since = now_s;
    }
    return !beyond_since || now_s - *beyond_since < window_s - slack_s;
  }
};

} // namespace

struct recovery_watch::open_fault {
  std::size_t finding = 0;
  bool over = false;
  std::optional<double> whole_since; ///< once over
  std::uint64_t missing = 0;         ///< before it
  bound in_flight;
  bound children_missing;
  fleet_moment before;
  histogram_snapshot acknowledgements;
  histogram_snapshot waits;
};

/// What was usual for `other` is so for `one`, where it is less.
void recovery_watch::settle_for_less(open_fault& one, const open_fault& other) noexcept {
  one.missing = std::min(one.missing, other.missing);
  one.in_flight.usual = std::min(one.in_flight.usual, other.in_flight.usual);
  one.children_missing.usual = std::min(one.children_missing.usual, other.children_missing.usual);
}

recovery_watch::recovery_watch(const recovery_limits& limits, const distributions& asked)
    : limits_(limits), asked_(asked) {}
recovery_watch::~recovery_watch() = default;

void recovery_watch::look(const fleet_moment& now, std::span<const fault_look> faults) {
  first_look_s_ = first_look_s_.value_or(now.at_s);
  const auto told = [this](const fault_look& f) {
    const auto before = told_.find(f.name);
    return before != told_.end() && f.began_s <= before->second + slack_s;
  };
  for (const auto& fault : faults) {
    if (fault.began_s < 0 || told(fault) || findings_.size() == findings_most) {
      continue;
    }
    // One of the same name that is still open was taken away before this one came.
    for (const auto& former : open_) {
      if (findings_[former->finding].name == fault.name) {
        follow(*former, now, &fault);
      }
    }
    open(fault);
  }
  for (const auto& one : open_) {
    const auto& name = findings_[one->finding].name;
    const auto fault = std::find_if(faults.begin(), faults.end(),
                                    [&name](const fault_look& f) { return f.name == name; });
    follow(*one, now, fault == faults.end() ? nullptr : &*fault);
    count_second(*one, now);
  }
  const bool any = !open_.empty();
  for (const auto& one : open_) {
    if (!whole(*one, now) || !one->over) {
      one->whole_since.reset();
      continue;
    }
    one->whole_since = one->whole_since.value_or(now.at_s);
    if (now.at_s - *one->whole_since >= settle_s(*one, now) - slack_s) {
      recovered(*one);
    }
  }
  let_go(now);
  if (open_.empty() && any) {
    calm_since_ = asked_.acknowledgements();
  }
  count_usual(now);
  while (!second_.empty() && second_.front().at_s < now.at_s - window_s - slack_s) {
    second_.pop_front();
  }
  second_.push_back({now.at_s, now.connects, now.attempts, now.links_lost, now.wanted, now.online});
  last_ = now;
}

void recovery_watch::count_usual(const fleet_moment& now) {
  if (now.at_s - stretch_began_s_ >= stretch_s) {
    in_flight_.set_back(in_flight_.now);
    children_missing_.set_back(children_missing_.now);
    stretch_began_s_ = now.at_s;
  }
  in_flight_.now = std::max(in_flight_.now, now.in_flight);
  children_missing_.now = std::max(children_missing_.now, children_missing_of(now));
  const std::uint64_t events = now.links_lost + now.attempts;
  if (events != waits_read_at_) { // far too much to be read where nobody has waited
    waits_read_at_ = events;
    waits_ = asked_.waits();
  }
}

/// Those that are recovered from. What was usual before one of them is so for the others again.
void recovery_watch::let_go(const fleet_moment& now) {
  for (const auto& gone : open_) {
    if (!findings_[gone->finding].recovered_s) {
      continue;
    }
    for (const auto& other : open_) {
      settle_for_less(*other, *gone);
    }
    in_flight_.set_back(gone->in_flight.usual);
    children_missing_.set_back(gone->children_missing.usual);
    stretch_began_s_ = now.at_s;
  }
  std::erase_if(open_, [this](const auto& o) { return findings_[o->finding].recovered_s; });
}

/// As it was before the fault.
bool recovery_watch::whole(open_fault& one, const fleet_moment& now) {
  const bool idle = one.in_flight.holds(now.in_flight, 1 + now.wanted / 1000, now.at_s);
  const bool complete =
      one.children_missing.holds(children_missing_of(now), now.children_wanted / 1000, now.at_s);
  return missing_of(now) <= one.missing && idle && complete;
}

double recovery_watch::settle_s(const open_fault& one, const fleet_moment& now) const {
  const auto& finding = findings_[one.finding];
  const bool unnoticed =
      finding.effect == half_open_word && now.links_lost - one.before.links_lost < finding.strikes;
  return unnoticed ? limits_.notice_s : limits_.settle_s;
}

void recovery_watch::open(const fault_look& fault) {
  auto one = std::make_unique<open_fault>();
  one->acknowledgements = asked_.acknowledgements();
  if (open_.empty()) {
    calm_.add(one->acknowledgements.since(calm_since_));
  }
  // What struck since the sample before is part of it. From the first moment on nothing is usual.
  if (fault.began_s > *first_look_s_ + slack_s) {
    one->before = last_;
    one->missing = missing_of(last_);
    one->in_flight.usual = in_flight_.most();
    one->children_missing.usual = children_missing_.most();
    one->waits = waits_;
  }
  for (const auto& other : open_) {
    if (other->over) { // and not recovered from: its disturbance is not usual
      settle_for_less(*one, *other);
    }
    auto& finding = findings_[other->finding];
    if (finding.followed_by.empty()) {
      finding.followed_by = fault.name;
    }
  }
  one->finding = findings_.size();
  auto& finding = findings_.emplace_back();
  finding.name = fault.name;
  finding.effect = fault.effect;
  finding.at_s = fault.began_s;
  finding.delayed_after_s = std::max(1.0, 4 * calm_.quantile(0.99));
  open_.push_back(std::move(one));
  told_[fault.name] = fault.began_s;
  news_.push_back(fmt::format("fault {} ({}) begins: {} devices selected", fault.name, fault.effect,
                              text::format_count(fault.selected)));
}

void recovery_watch::follow(open_fault& one, const fleet_moment& now, const fault_look* fault) {
  auto& finding = findings_[one.finding];
  // Under its name another one may be on its way, after it was taken away.
  const bool there =
      fault != nullptr && fault->began_s >= 0 && fault->began_s <= finding.at_s + slack_s;
  if (there) {
    finding.selected = fault->selected;
    finding.hit = fault->hit;
    finding.strikes = fault->strikes;
  }
  finding.links_lost = now.links_lost - one.before.links_lost;
  finding.repeated = now.resent - one.before.resent;
  finding.backoff.attempts = now.attempts - one.before.attempts;
  if (!one.over && !(there && fault->in_force)) {
    one.over = true;
    finding.ended_s = there && fault->ended_s >= finding.at_s ? fault->ended_s : now.at_s;
    news_.push_back(fmt::format("fault {} is over: {} of {} devices hit", finding.name,
                                text::format_count(finding.hit),
                                text::format_count(finding.selected)));
  }
}

void recovery_watch::count_second(const open_fault& one, const fleet_moment& now) {
  // The oldest sample of the second that ends now, and none before the fault.
  const auto from = std::find_if(second_.begin(), second_.end(), [&](const point& p) {
    return p.at_s >= now.at_s - window_s - slack_s && p.at_s >= one.before.at_s - slack_s;
  });
  if (from == second_.end()) {
    return;
  }
  auto& finding = findings_[one.finding];
  auto& backoff = finding.backoff;
  finding.reconnect_peak_per_s =
      std::max(finding.reconnect_peak_per_s, now.connects - from->connects);
  const std::uint64_t attempts = now.attempts - from->attempts;
  // Whoever was not online, or lost its link in this second, may try once and again after `first`.
  const std::uint64_t able =
      less(std::max(from->wanted, now.wanted), from->online) + (now.links_lost - from->links_lost);
  const auto times = 1 + static_cast<std::uint64_t>(window_s / std::max(limits_.first_s, 1e-3));
  // Counts and clock are not read at one instant: a second may be a little longer than it says.
  const std::uint64_t allowed = able * times + 1 + able / 50;
  backoff.excess_per_s = std::max(backoff.excess_per_s, less(attempts, allowed));
  if (attempts > backoff.attempts_peak_per_s) {
    backoff.attempts_peak_per_s = attempts;
    backoff.allowed_per_s = able * times;
  }
}

void recovery_watch::judge_waits(const open_fault& one) {
  auto& out = findings_[one.finding].backoff;
  const auto waits = asked_.waits().since(one.waits);
  out.waits = waits.count;
  out.spread = out.attempts == 0 ? 0
                                 : static_cast<double>(out.attempts_peak_per_s)
                                       / static_cast<double>(out.attempts);
  out.spaced = out.excess_per_s == 0;
  std::uint64_t below_cap = 0;
  for (std::size_t i = 0; i < histogram_snapshot::bucket_count; ++i) {
    if (waits.buckets[i] == 0) {
      continue;
    }
    if (out.shortest_s == 0) {
      out.shortest_s = upper_s(i);
      out.spaced = out.spaced && upper_s(i) >= limits_.first_s;
    }
    out.longest_s = std::min(upper_s(i), waits.max_seconds());
    out.capped = lower_s(i) <= limits_.cap_s;
    if (upper_s(i) < limits_.cap_s) { // at the cap all are the same
      ++out.distinct;
      below_cap += waits.buckets[i];
    }
  }
  // Of 32 draws from a span of twice its least, fewer than four different ones are no jitter.
  out.jittered = below_cap < 2 || out.distinct >= (below_cap < 32 ? 2U : 4U);
}

void recovery_watch::close(const open_fault& one) {
  auto& finding = findings_[one.finding];
  const auto acknowledged = asked_.acknowledgements().since(one.acknowledgements);
  finding.delayed = 0;
  for (std::size_t i = 0; i < histogram_snapshot::bucket_count; ++i) {
    if (lower_s(i) >= finding.delayed_after_s) {
      finding.delayed += acknowledged.buckets[i];
    }
  }
  judge_waits(one);
}

void recovery_watch::recovered(const open_fault& one) {
  auto& finding = findings_[one.finding];
  finding.recovered_s = std::max(0.0, *one.whole_since - *finding.ended_s);
  close(one);
  news_.push_back(fmt::format("fault {}: the fleet is whole again, {:.1f} s after its end",
                              finding.name, *finding.recovered_s));
}

void recovery_watch::finish() {
  for (const auto& one : open_) {
    const auto whole_for = last_.at_s - one->whole_since.value_or(last_.at_s);
    if (one->whole_since && whole_for >= settle_s(*one, last_) - slack_s) {
      recovered(*one);
      continue;
    }
    close(*one);
    if (one->whole_since) {
      findings_[one->finding].whole_for_s = whole_for;
    }
  }
  open_.clear();
}

std::optional<double> recovery_watch::waiting_s(std::size_t finding) const noexcept {
  const auto& f = findings_[finding];
  const auto open = std::find_if(open_.begin(), open_.end(),
                                 [finding](const auto& o) { return o->finding == finding; });
  if (open == open_.end() || !f.ended_s) {
    return std::nullopt;
  }
  return std::max(0.0, (*open)->whole_since.value_or(last_.at_s) - *f.ended_s);
}

std::vector<std::string> recovery_watch::take_news() {
  return std::exchange(news_, {});
}

} // namespace fleet::judging
