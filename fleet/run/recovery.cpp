// Meters to samples.
#include "fleet/run/recovery.hpp"

#include <algorithm>

namespace fleet::program {

namespace {

constexpr double settle_least_s = 1;
constexpr double settle_most_s = 120;
constexpr double notice_most_s = 600;
/// A post that is not answered has failed by then, whatever its protocol (RFC 7252 §4.8.2).
constexpr double post_fails_s = 120;

/// Until a device of this product notices that nothing passes any more.
double quiet_most_s(const prepared_product& product) {
  double most = seconds(product.settings.interval);
  if (const auto& rules = product.plan.product.report) {
    for (const auto& rule : *rules) {
      most = std::max(most, seconds(rule.every));
    }
  }
  return most > 0 ? most : 1.5 * product.settings.keep_alive_s;
}

/// Until a device of this product has found out that its link is half open: when it has heard
/// nothing for a keep-alive, it asks. The vendor's SDK asks in each, and gives up when too many of
/// its questions are open.
double notice_most_s_of(const prepared_product& product) {
  const auto& s = product.settings;
  if (s.post) {
    return quiet_most_s(product) + post_fails_s;
  }
  if (s.keep_alive_s == 0) {
    return notice_most_s;
  }
  const bool each = s.client.ping_despite_traffic;
  return each ? s.keep_alive_s * (s.client.pings_outstanding_max + 2.0)
              : s.keep_alive_s + seconds(s.client.ping_timeout);
}

} // namespace

judging::recovery_limits recovery_limits_of(const prepared& ready) {
  judging::recovery_limits out{1e9, 0, settle_least_s, settle_least_s};
  for (const auto& product : ready.products) {
    out.first_s = std::min(out.first_s, seconds(product.settings.backoff.first));
    out.cap_s = std::max(out.cap_s, seconds(product.settings.backoff.cap));
    out.settle_s = std::clamp(quiet_most_s(product), out.settle_s, settle_most_s);
    out.notice_s = std::max(out.notice_s, std::min(notice_most_s_of(product), notice_most_s));
  }
  out.notice_s = std::max(out.notice_s, out.settle_s);
  return out;
}

std::vector<judging::fault_look> looks_of(const std::vector<fault_row>& rows) {
  std::vector<judging::fault_look> out;
  for (const auto& row : rows) {
    auto& look = out.emplace_back();
    look.name = row.name;
    look.effect = faults::to_string(row.what);
    look.selected = row.figures.selected;
    look.hit = row.figures.hit;
    look.strikes = row.figures.strikes;
    look.in_force = row.state == faults::timeline::state::in_force;
    // Its begin counts where it has begun.
    look.began_s = row.state == faults::timeline::state::waiting ? -1 : seconds(row.begins);
    look.ended_s = row.ended ? seconds(*row.ended) : 0;
  }
  return out;
}

void recovery::look(double now_s, const wanted_devices& wanted,
                    std::span<const judging::fault_look> faults, const report::totals& t) {
  judging::fleet_moment now;
  now.at_s = now_s;
  now.online = t.online();
  now.wanted = wanted.connected;
  now.off_by_fault = t.off_by_fault;
  now.children_online = t.sub_devices_online;
  now.children_wanted = wanted.children;
  now.in_flight = t.in_flight;
  now.connects = t.reconnects;
  now.attempts = t.attempts;
  now.resent = t.resent;
  now.links_lost = t.disconnects_unplanned;
  watch_.look(now, faults);
}

void recovery::tell(report::run_facts& facts) const {
  facts.judged.faults = watch_.findings();
  facts.judged.waiting.clear();
  for (std::size_t i = 0; i < facts.judged.faults.size(); ++i) {
    facts.judged.waiting.push_back(watch_.waiting_s(i));
  }
}

void recovery::finish(report::run_facts& facts) {
  watch_.finish();
  tell(facts);
}

} // namespace fleet::program
