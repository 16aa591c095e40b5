// What the cloud sends by itself: traffic and rollouts.
#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "fleet/sweep/make_plan.hpp"
#include "fleet/text/quantities.hpp"

namespace fleet::sweep {

namespace {

using namespace std::chrono_literals;

/// Kinds that the product's devices can carry out, each with the further keys it needs.
std::vector<std::string> kinds_for(const draft& d, const product_traits& t) {
  if (!t.vendor()) {
    return {"custom"};
  }
  std::vector<std::string> out{"property_set", "rrpc", "broadcast, topic: tariff"};
  if (t.model != nullptr) {
    out.emplace_back("property_get");
    if (t.model->name == "rgb_led") {
      out.emplace_back("service, service: Custom");
    } else if (t.model->name == "meter") {
      out.emplace_back("service, service: SwitchRelay");
    } else if (t.model->name == "gateway") {
      out.emplace_back("service, service: Restart");
    }
  } else if (t.profile == program::profile::linkplatform) {
    out.emplace_back("custom");
  }
  if (t.shadow) {
    out.emplace_back("shadow_desired");
  }
  if (t.desired) {
    out.emplace_back("desired_set");
  }
  if (t.config) {
    out.emplace_back("config_push");
  }
  if (t.behind_gateway && !d.plan.comes_down) {
    out.emplace_back("disable");
  }
  return out;
}

/// A rate that the links take, and the devices: to each at most one in ten seconds.
std::string rate_of(dice& draw, const product_traits& t, std::string_view kind) {
  if (kind == "disable") {
    return fmt::format("{}/h", 3600 / draw.between(20, 120));
  }
  if (kind.starts_with("broadcast") || kind == "config_push") {
    return fmt::format("{}/min", draw.between(1, 2));
  }
  const std::uint32_t each_s = t.link == hal::link_kind::lora ? 240 : t.slow() ? 60 : 10;
  return fmt::format("{}/min", draw.between(1, std::clamp(t.devices * 60 / each_s, 1U, 600U)));
}

/// Nobody waits longer than eight seconds for these.
bool by_rrpc(std::string_view kind) noexcept {
  return kind == "rrpc" || kind.ends_with("SwitchRelay");
}

/// Who is switched off, cut off or rebooted before it has answered cannot answer.
bool disturbed(const draft& d, const product_traits& t) {
  return d.plan.comes_down
         || std::any_of(d.plan.parts.begin(), d.plan.parts.end(), [&](const planned_part& p) {
              return (p.kind == part_kind::fault || p.kind == part_kind::rollout)
                     && reaches(p, t.name, d.plan);
            });
}

void add_orders(draft& d, dice& draw, const product_traits& t) {
  auto kinds = kinds_for(d, t);
  for (std::uint32_t n = draw.between(0, 3); n > 0 && !kinds.empty(); --n) {
    const auto at = draw.between(0, static_cast<std::uint32_t>(kinds.size()) - 1);
    const std::string kind = kinds[at];
    kinds.erase(kinds.begin() + at);
    // Over slow links a child takes longer to listen again than the cloud tries.
    const bool excused = disturbed(d, t) || (t.slow() && (by_rrpc(kind) || t.rejoins));
    d.plan.parts.push_back({part_kind::traffic,
                            fmt::format("{{kind: {}, product: {}, rate: {}{}}}", kind, t.name,
                                        rate_of(draw, t, kind), excused ? ", may_fail: on" : ""),
                            {t.name}});
  }
}

/// What may go wrong with an image on purpose.
std::string fault_keys(dice& draw) {
  const auto fault =
      draw.one_of<std::string_view>({"unbootable", "wrong_digest", "wrong_size", "short_body",
                                     "long_body", "not_found", "server_error", "redirect"});
  return fmt::format(", fault: {}, may_fail: on", fault);
}

std::string waves_keys(dice& draw) {
  std::string out = draw.one_of<std::string>(
      {", waves: [10%, 100%]", ", waves: [1%, 10%, 100%]", ", waves: [50%, 75%, 100%]"});
  return out + (draw.percent(40) ? fmt::format(", pause: {}s", draw.between(1, 10)) : "");
}

/// Rollouts begin in the first part of a run, so that they end long before it does.
std::uint32_t latest_s(const draft& d) {
  return static_cast<std::uint32_t>(d.open() / 1s * 2 / 3);
}

std::string rollout_head(dice& draw, const product_traits& t, std::uint32_t version) {
  const bool sha256 = !t.sdk && draw.percent(50); // which the vendor's SDK does not know
  return fmt::format("{{name: {}_{}, product: {}, version: {}.0.0, size: {}KiB{}", t.name, version,
                     t.name, version, draw.between(16, 192), sha256 ? ", sign: sha256" : "");
}

/// A part of the product's devices, of which some is sure to be chosen.
std::string percent_keys(dice& draw, const product_traits& t) {
  return t.devices >= 40 && draw.percent(40) ? fmt::format(", percent: {}%", draw.between(20, 90))
                                             : std::string{};
}

void add_rollout(draft& d, const std::string& text, const product_traits& t) {
  d.plan.parts.push_back({part_kind::rollout, text + "}", {t.name}, d.open(), {t.name}});
}

/// Devices that only post ask once a boot, so that all is offered from the start.
void add_asked_rollout(draft& d, dice& draw, const product_traits& t) {
  std::string out = rollout_head(draw, t, 2) + ", at: 0s";
  out += percent_keys(draw, t);
  add_rollout(d, out, t);
}

void add_pushed_rollouts(draft& d, dice& draw, const product_traits& t) {
  const auto latest = latest_s(d);
  const bool second = latest > 70 && draw.percent(50);
  std::string out =
      rollout_head(draw, t, 2) + fmt::format(", at: {}s", draw.between(2, second ? 10 : latest));
  out += percent_keys(draw, t);
  out += draw.percent(30) ? fmt::format(", rate: {}/s", draw.between(5, 50)) : "";
  if (second) { // the first has ended by then
    add_rollout(d, out, t);
    add_rollout(d, rollout_head(draw, t, 3) + fmt::format(", at: {}s", latest), t);
    return;
  }
  out += draw.percent(40) ? waves_keys(draw) : "";
  out += draw.percent(30) ? fmt::format(", under_way: {}", std::max(4U, t.devices / 3)) : "";
  out += draw.percent(40) ? ", retries: 1, retry_after: 5s" : "";
  out += draw.percent(20) ? ", attempt: 2m" : "";
  out += draw.percent(15) ? fault_keys(draw) : "";
  add_rollout(d, out, t);
}

} // namespace

void add_traffic(draft& d) {
  dice draw{d.plan.seed, 0, "sweep traffic"};
  for (const auto& t : d.traits) {
    if (!t.posts()) {
      add_orders(d, draw, t);
    }
  }
}

void add_rollouts(draft& d) {
  dice draw{d.plan.seed, 0, "sweep rollouts"};
  for (const auto& t : d.traits) {
    if (!t.firmware || draw.percent(20)) {
      continue;
    }
    if (d.plan.count_of(part_kind::rollout) == 0 && draw.percent(40)) {
      d.plan.firmware_server = draw.percent(50)
                                   ? fmt::format("{{rate: {}KiB}}", draw.between(1024, 4096))
                                   : fmt::format("{{rate_each: {}KiB}}", draw.between(20, 200));
    }
    if (t.posts()) {
      add_asked_rollout(d, draw, t);
    } else {
      add_pushed_rollouts(d, draw, t);
    }
  }
}

} // namespace fleet::sweep
