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
std::vector<std::string> kinds_for(const product_traits& t) {
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
  if (t.behind_gateway) {
    out.emplace_back("disable");
  }
  return out;
}

/// Orders a minute that the links take, and the devices: to each at most one in ten seconds.
std::uint32_t per_minute(dice& draw, const product_traits& t, std::string_view kind) {
  if (kind.starts_with("broadcast") || kind == "config_push" || kind == "disable") {
    return draw.between(1, 2);
  }
  const std::uint32_t each_s = t.link == hal::link_kind::lora ? 240 : t.slow() ? 60 : 10;
  return draw.between(1, std::clamp(t.devices * 60 / each_s, 1U, 600U));
}

void add_orders(draft& d, dice& draw, const product_traits& t) {
  auto kinds = kinds_for(t);
  for (std::uint32_t n = draw.between(0, 3); n > 0 && !kinds.empty(); --n) {
    const auto at = draw.between(0, static_cast<std::uint32_t>(kinds.size()) - 1);
    const std::string kind = kinds[at];
    kinds.erase(kinds.begin() + at);
    // Who is switched off, or cut off, before it has answered cannot answer.
    const bool disturbed = d.comes_down || d.plan.count_of(part_kind::fault) != 0;
    d.plan.parts.push_back(
        {part_kind::traffic,
         fmt::format("{{kind: {}, product: {}, rate: {}/min{}}}", kind, t.name,
                     per_minute(draw, t, kind), disturbed ? ", may_fail: on" : ""),
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

void add_rollout(draft& d, dice& draw, const product_traits& t, bool second) {
  // It ends long before the run does, the slowest images in the most waves too.
  const auto before_end = duration{d.plan.run_for - d.settled_for};
  const auto latest = static_cast<std::uint32_t>(before_end / 1s * 2 / 3);
  std::string out = fmt::format(
      "{{name: {}_{}, product: {}, version: {}.0.0, size: {}KiB, at: {}s", t.name, second ? 3 : 2,
      t.name, second ? 3 : 2, draw.between(16, 192), draw.between(second ? latest / 2 : 5, latest));
  out += draw.percent(50) ? ", sign: sha256" : "";
  out += draw.percent(30) ? fmt::format(", percent: {}%", draw.between(10, 90)) : "";
  out += draw.percent(40) ? waves_keys(draw) : "";
  out += draw.percent(30) ? fmt::format(", under_way: {}", std::max(4U, t.devices / 3)) : "";
  out += draw.percent(30) ? fmt::format(", rate: {}/s", draw.between(5, 50)) : "";
  out += draw.percent(40) ? ", retries: 1, retry_after: 5s" : "";
  out += draw.percent(20) ? ", attempt: 2m" : "";
  out += draw.percent(15) ? fault_keys(draw) : "";
  d.plan.parts.push_back({part_kind::rollout, out + "}", {t.name}});
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
    add_rollout(d, draw, t, false);
    if (draw.percent(25)) {
      add_rollout(d, draw, t, true);
    }
  }
}

} // namespace fleet::sweep
