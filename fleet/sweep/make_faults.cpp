// Faults that a fleet must recover from by itself: any effect but those after which some devices
// cannot come back, whoever is right, and all windows end before the last, quiet part of the run.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "fleet/sweep/make_plan.hpp"
#include "protocol/faults/effect.hpp"
#include "protocol/faults/fault.hpp"

namespace fleet::sweep {

namespace {

using namespace std::chrono_literals;
using faults::effect;

constexpr std::uint32_t faults_most = 8;

/// The quiet part of a run is not made longer than this to let devices find out that their links
/// are half open, which nobody tells them.
constexpr std::uint32_t notices_most_s = 150;
constexpr std::uint32_t comes_back_s = 30; ///< and for what follows

/// A session of DTLS that the server has forgotten shows by the next report, after all its repeats
/// (MAX_TRANSMIT_WAIT, RFC 7252 §4.8.2), and then another is made, whose first handshake may fail.
constexpr std::uint32_t unanswered_s = 93;
constexpr std::uint32_t handshake_s = 31;

constexpr std::uint32_t cuts_percent = 35; ///< of all plans that can have them

bool keeps_octets_whole(const product_traits& t) noexcept {
  return program::over_tls(t.security) || program::over_dtls(t.security);
}

/// Whether what the effect needs is there.
bool can_hit(const faults::effect_info& info, const product_traits& t, const draft& d) {
  if (info.what == effect::expire_tokens && !t.posts()) {
    return false; // a token is used up as soon as it is given
  }
  if (info.of == faults::domain::firmware && !rolls_out(d.plan, t.name)) {
    return false; // nothing would be downloaded
  }
  if (info.what == effect::deliver_twice && t.protocol == program::device_protocol::http) {
    return false;
  }
  if (info.what == effect::drop_acks && t.qos == 0 && !t.posts()) {
    return t.firmware || t.shadow || t.desired || t.config;
  }
  switch (info.need) {
    case faults::need::nothing:
    case faults::need::twin: return true;
    case faults::need::stream: return t.protocol != program::device_protocol::coap;
    case faults::need::datagram: return t.protocol == program::device_protocol::coap;
    case faults::need::security: return keeps_octets_whole(t);
    case faults::need::flash: return t.firmware;
    case faults::need::store:
      return t.firmware || program::registers(t.logon) || t.shadow || t.config;
  }
  return false;
}

/// Whether a device of the product is whole again some time after the effect is over.
bool recovers(effect what, const product_traits& t) noexcept {
  switch (what) {
    // Without a digest on the way, what was changed is a message like another.
    case effect::corruption: return keeps_octets_whole(t);
    // A secret that is told once is gone with the store that it was kept in.
    case effect::kv_corruption:
    case effect::full_flash: return !program::registers(t.logon);
    case effect::half_open: return t.notices_s <= notices_most_s;
    // What is not answered for its number is sent again behind what was sent meanwhile and was
    // answered; only those that wait for each answer keep their order.
    case effect::cloud_throttle: return t.posts();
    // The image that runs may be the one that rots, and there may be no other.
    case effect::bit_rot: return false;
    case effect::latency:
    case effect::jitter:
    case effect::bandwidth:
    case effect::stall:
    case effect::reset:
    case effect::refuse:
    case effect::dns_failure:
    case effect::slicing:
    case effect::tls_failure:
    case effect::loss:
    case effect::duplication:
    case effect::reordering:
    case effect::nat_rebinding:
    case effect::partition:
    case effect::power_loss:
    case effect::power_loss_in_write:
    case effect::reboot_loop:
    case effect::clock_jump:
    case effect::clock_drift:
    case effect::memory_exhaustion:
    case effect::dead_battery:
    case effect::actor_crash:
    case effect::firmware_wrong_digest:
    case effect::firmware_truncated:
    case effect::firmware_oversize:
    case effect::firmware_slow:
    case effect::firmware_failing:
    case effect::firmware_unbootable:
    case effect::cloud_restart:
    case effect::cloud_slow:
    case effect::drop_acks:
    case effect::deliver_twice:
    case effect::kick:
    case effect::refuse_credentials:
    case effect::expire_tokens:
    case effect::malformed: return true;
  }
  return false;
}

/// Strengths near what the effect has by default.
std::string strength_keys(dice& draw, const faults::effect_info& info) {
  const auto usual = faults::default_fault(info.what);
  const auto takes = [&info](faults::parameter p) { return (info.takes & p) != 0; };
  const auto about = [&draw](std::uint64_t n) {
    return std::max<std::uint64_t>(1, n * draw.between(25, 200) / 100);
  };
  std::string out;
  if (takes(faults::takes_by)) {
    const auto ms = about(static_cast<std::uint64_t>(usual.by / 1ms));
    const bool back = info.what == effect::clock_jump && draw.percent(50);
    out += fmt::format(", by: {}{}ms", back ? "-" : "", ms);
  }
  if (takes(faults::takes_share)) {
    const auto ppm = std::min<std::uint64_t>(about(usual.share_ppm), 500'000);
    out += fmt::format(", share: {}.{:04}%", ppm / 10'000, ppm % 10'000);
  }
  if (takes(faults::takes_rate)) {
    out += fmt::format(", rate: {}", about(usual.rate));
  }
  if (takes(faults::takes_size)) {
    out += fmt::format(", size: {}", about(usual.size));
  }
  if (takes(faults::takes_drift)) {
    out += fmt::format(", drift: {}", about(static_cast<std::uint64_t>(usual.drift_ppm)));
  }
  if (takes(faults::takes_status)) {
    out += fmt::format(", status: {}", draw.one_of({403, 404, 500, 503}));
  }
  return out;
}

struct timing {
  std::string keys;
  duration until{0};
};

/// `at`, `for`, `ramp` and `every` within the first `open_s` seconds.
timing draw_times(dice& draw, const faults::effect_info& info, std::uint32_t open_s) {
  const std::uint32_t span = draw.between(2, std::clamp(open_s / 2, 3U, 60U));
  const std::uint32_t at = draw.between(1, std::max(1U, open_s - std::min(open_s - 1, span)));
  std::string out = fmt::format(", at: {}s", at);
  const bool repeats = (info.takes & faults::takes_every) != 0
                       && (info.what == effect::reboot_loop || (span > 8 && draw.percent(40)));
  const std::uint32_t every = repeats ? draw.between(5, std::max(5U, span - 1)) : 0;
  const bool lasts = info.shape == faults::shape::window || repeats;
  if (lasts) {
    out += fmt::format(", for: {}s", span);
  }
  // Who crashes more than five times in ten minutes is given up.
  const auto spaced = info.what == effect::actor_crash ? std::max(every, span / 4 + 1) : every;
  out += repeats ? fmt::format(", every: {}s", spaced) : "";
  const bool ramped = span > 4 && draw.percent(30);
  if (ramped && (!repeats || info.shape == faults::shape::window)) {
    out += fmt::format(", ramp: {}s", draw.between(1, span / 2));
  } else if (ramped) {
    out += fmt::format(", ramp: {}s", draw.between(1, every));
  }
  return {std::move(out), std::chrono::seconds{at + (lasts ? span : 0)}};
}

struct chosen {
  const faults::effect_info* info;
  std::vector<const product_traits*> whom; ///< those selected by name; empty: all
};

/// An effect and products that it can hit and that come back; nothing where the draw finds none.
std::optional<chosen> choose(dice& draw, const draft& d) {
  const auto& info = faults::effects()[draw.between(0, faults::effect_count - 1)];
  const auto fits = [&info, &d](const product_traits& t) {
    return can_hit(info, t, d) && recovers(info.what, t) && !t.behind_gateway;
  };
  std::vector<const product_traits*> able;
  std::size_t own = 0;
  for (const auto& t : d.traits) {
    own += t.behind_gateway ? 0 : 1;
    if (fits(t)) {
      able.push_back(&t);
    }
  }
  if (able.empty()) {
    return std::nullopt;
  }
  if (able.size() == own && draw.percent(50)) {
    return chosen{&info, {}};
  }
  return chosen{&info, {able[draw.between(0, static_cast<std::uint32_t>(able.size()) - 1)]}};
}

std::string select_keys(dice& draw, const chosen& c) {
  std::string out = c.whom.empty() ? "" : "product: " + c.whom.front()->name;
  if (draw.percent(50)) {
    out += fmt::format("{}percent: {}%", out.empty() ? "" : ", ", draw.between(5, 95));
  }
  return out.empty() ? out : ", select: {" + out + "}";
}

/// How long a device may need to find out what the effect did to it, which nobody tells it; 0: it
/// does not have to.
std::uint32_t finds_out_s(effect what, const product_traits& t) noexcept {
  if (what == effect::half_open) {
    return t.behind_gateway ? 0 : t.notices_s;
  }
  const bool forgotten = what == effect::nat_rebinding || what == effect::cloud_restart;
  return forgotten && t.waits_in_vain() ? t.report_s + unanswered_s + handshake_s : 0;
}

/// The quiet part lasts until those it hits have found out.
void settle_longer(draft& d, const faults::effect_info& info, const planned_part& fault) {
  for (const auto& t : d.traits) {
    const auto needs_s = finds_out_s(info.what, t);
    // A restart spares nobody, whomever it was drawn for.
    const bool hit = info.what == effect::cloud_restart || reaches(fault, t.name, d.plan);
    if (needs_s != 0 && hit) {
      d.plan.quiet = std::max<duration>(d.plan.quiet, std::chrono::seconds{needs_s + comes_back_s});
    }
  }
}

/// Whose devices do not know any more, when it is over, what they had not got rid of before: those
/// whose boards reboot; and of software that throws, those that have no session to go on with.
std::vector<std::string> forgetful(effect what, const planned_part& fault, const draft& d) {
  const bool reboots = what == effect::power_loss || what == effect::power_loss_in_write
                       || what == effect::reboot_loop || what == effect::dead_battery;
  std::vector<std::string> out;
  for (const auto& t : d.traits) {
    if ((reboots || (what == effect::actor_crash && t.posts())) && reaches(fault, t.name, d.plan)) {
      out.push_back(t.name);
    }
  }
  return out;
}

/// Whether an attempt at an update may fail by it, other than for a while: what the server gives is
/// no good, the board cannot burn it, or its software ends in the middle of it.
bool spoils_updates(const faults::effect_info& info) noexcept {
  return info.of == faults::domain::firmware || info.what == effect::power_loss
         || info.what == effect::power_loss_in_write || info.what == effect::reboot_loop
         || info.what == effect::dead_battery || info.what == effect::full_flash
         || info.what == effect::actor_crash;
}

/// What the fault may spoil may fail.
void excuse(draft& d, const planned_part& fault) {
  for (auto& part : d.plan.parts) {
    if (part.kind == part_kind::rollout && reaches(fault, part.about.front(), d.plan)
        && part.text.find("may_fail") == std::string::npos) {
      part.text.insert(part.text.size() - 1, ", may_fail: on");
    }
  }
}

void add_random_faults(draft& d, std::uint32_t open_s) {
  dice draw{d.plan.seed, 0, "sweep faults"};
  const std::uint32_t wanted = draw.between(0, faults_most);
  for (std::uint32_t i = 0; i < wanted; ++i) {
    const auto c = choose(draw, d);
    if (!c) {
      continue;
    }
    const auto times = draw_times(draw, *c->info, open_s);
    planned_part fault{part_kind::fault,
                       fmt::format("{{name: f{}, effect: {}", i + 1, c->info->word)};
    fault.text += times.keys;
    fault.text += strength_keys(draw, *c->info);
    // Drawn in any case, so that what is drawn next stays what it is.
    const auto select = select_keys(draw, *c);
    fault.text += (c->info->what == effect::cloud_restart ? "" : select) + "}";
    fault.crashes = c->info->what == effect::actor_crash;
    fault.of_downloads = c->info->of == faults::domain::firmware;
    if (fault.crashes && d.plan.has_crashes()) {
      continue; // likewise
    }
    fault.until = times.until;
    for (const auto* t : c->whom) {
      fault.about.push_back(t->name);
    }
    fault.forgetful = forgetful(c->info->what, fault, d);
    settle_longer(d, *c->info, fault);
    if (spoils_updates(*c->info)) {
      excuse(d, fault);
    }
    d.plan.parts.push_back(std::move(fault));
  }
}

/// A stall that a reset ends: whatever is sent meanwhile is on its way when its link is cut, and of
/// those that ask for acknowledgements has to go out again. By chance alone that is rare.
void add_cut(draft& d, std::uint32_t open_s) {
  dice draw{d.plan.seed, 0, "sweep cut"};
  std::vector<std::string> able;
  for (const auto& t : d.traits) {
    if (!t.posts() && !t.behind_gateway && t.qos != 0) {
      able.push_back(t.name);
    }
  }
  constexpr std::uint32_t least_s = 6;
  constexpr std::uint32_t most_s = 25;
  if (able.empty() || open_s <= 2 * least_s || !draw.percent(cuts_percent)) {
    return;
  }
  const auto& whom = able[draw.between(0, static_cast<std::uint32_t>(able.size()) - 1)];
  const std::uint32_t span = draw.between(least_s, std::min(most_s, open_s / 2));
  const std::uint32_t at = draw.between(1, open_s - span);
  const std::uint32_t torn = at + draw.between(span / 2, span - 1);
  const auto add = [&d, &whom](std::string_view keys, std::uint32_t until_s) {
    planned_part fault{part_kind::fault,
                       fmt::format("{{{}, select: {{product: {}}}}}", keys, whom)};
    fault.about = {whom};
    fault.until = std::chrono::seconds{until_s};
    d.plan.parts.push_back(std::move(fault));
  };
  add(fmt::format("name: cut, effect: stall, at: {}s, for: {}s", at, span), at + span);
  add(fmt::format("name: torn, effect: reset, at: {}s", torn), torn);
}

} // namespace

void add_faults(draft& d) {
  const auto open_s = static_cast<std::uint32_t>(d.open() / 1s);
  add_random_faults(d, open_s);
  add_cut(d, open_s);
  d.plan.run_for = std::chrono::seconds{open_s} + d.plan.quiet;
}

} // namespace fleet::sweep
