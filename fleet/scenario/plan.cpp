// Shares, ranges, and what a plan knows of its load at a moment.
#include "fleet/scenario/plan.hpp"

#include <algorithm>
#include <queue>

#include "fleet/options/protocols.hpp"
#include "fleet/options/subcommands.hpp"
#include "fleet/scenario/apportion.hpp"
#include "fleet/scenario/load_plan.hpp"
#include "fleet/scenario/protocol_checks.hpp"
#include "fleet/scenario/reading.hpp"
#include "fleet/scenario/words.hpp"
#include "fleet/text/quantities.hpp"
#include "protocol/base/check.hpp"

namespace fleet::program {

namespace {

using namespace std::chrono_literals;
using mistake = std::optional<plan_mistake>;

constexpr std::string_view demo_key = "a1FleetDemo";

/// Flags over keys; what a product leaves open.
mistake complete_products(const scenario& file, const scenario_overrides& flags,
                          scenario_plan& plan) {
  if (flags.product_key && file.products.size() > 1) {
    return plan_mistake{"products", std::nullopt,
                        "--product-key is for one product, and the scenario has "
                            + text::format_count(file.products.size())};
  }
  const auto products = file.products.empty() ? std::vector<scenario_product>(1) : file.products;
  for (std::size_t i = 0; i < products.size(); ++i) {
    auto p = products[i];
    if (p.name.empty()) {
      p.name = "product_" + std::to_string(i + 1);
    }
    if (flags.product_key && p.profile != profile::mqtt) {
      p.product_key = *flags.product_key;
    } else if (p.product_key.empty() && p.profile != profile::mqtt) {
      // Unlike for each product, and the known one where there is one alone.
      p.product_key = std::string{demo_key} + (i == 0 ? "" : std::to_string(i + 1));
    }
    p.qos = flags.qos.value_or(p.qos);
    p.behaviour = flags.behaviour.value_or(p.behaviour);
    p.keep_alive = flags.keep_alive.value_or(p.keep_alive);
    p.link = flags.link.value_or(p.link);
    p.protocol = flags.protocol.value_or(p.protocol);
    p.security = flags.security.value_or(p.security);
    if (flags.registers && p.profile != profile::mqtt) {
      p.logon = logon_mode::register_;
    }
    if (!p.report) {
      auto& rule = p.report.emplace().emplace_back();
      rule.what = p.profile == profile::mqtt ? report_kind::custom : report_kind::properties;
    }
    if (flags.interval && *flags.interval == 0s) {
      p.report->clear();
    }
    for (auto& rule : *p.report) {
      rule.every = flags.interval.value_or(rule.every);
    }
    plan.products.emplace_back().product = std::move(p);
  }
  return {};
}

/// What a product cannot be, whoever said so.
mistake contradiction(const scenario_overrides& flags, const product_plan& planned, std::size_t i) {
  const auto& p = planned.product;
  const auto say = [i](std::string_view key, std::string message) {
    return plan_mistake{"products", i, std::move(message), std::nullopt, key};
  };
  if (auto wrong = protocol_mistake(planned, flags)) {
    return say(wrong->key, "product " + p.name + " " + wrong->message);
  }
  if (p.profile == profile::mqtt) {
    if (by_id2(p.security)) {
      return say("security", "product " + p.name + " has security "
                                 + std::string{to_string(p.security)}
                                 + ", which belongs to the profiles linkdevelop and linkplatform");
    }
    return {};
  }
  if (!planned.behind_gateway) {
    if (auto wrong = logon_contradiction(p.logon, p.security)) {
      return say("logon", "product " + p.name + " has " + *wrong);
    }
  }
  if (!planned.behind_gateway && p.logon == logon_mode::register_ && p.security == security::plain
      && flags.target != text::scheme::mqtts) {
    return say("logon",
               "product " + p.name
                   + " has logon register, which tells secrets over TLS alone; add security: tls");
  }
  if (p.qos == mqtt::qos::exactly_once) {
    return say("qos", "product " + p.name + " has qos 2, which needs profile mqtt");
  }
  if (!planned.behind_gateway
      && (p.keep_alive < platform_keep_alive_least || p.keep_alive > platform_keep_alive_most)) {
    return say("keep_alive",
               "product " + p.name + " has keep_alive " + text::format_duration(p.keep_alive)
                   + "; it must be 30s to 1200s with profile " + std::string{to_string(p.profile)});
  }
  return {};
}

mistake check_products(const scenario_overrides& flags, scenario_plan& plan) {
  for (std::size_t i = 0; i < plan.products.size(); ++i) {
    auto& planned = plan.products[i];
    if (flags.logon && !planned.behind_gateway && planned.product.profile != profile::mqtt) {
      planned.product.logon = *flags.logon;
    }
    if (auto wrong = contradiction(flags, plan.products[i], i)) {
      return wrong;
    }
    auto& tier = plan.products[i].product.security;
    if (flags.target && tier == security::plain) {
      tier = security_of(*flags.target);
    }
  }
  return {};
}

mistake fill_traffic(const scenario& file, scenario_plan& plan) {
  for (const auto& traffic : file.cloud_traffic) {
    auto& planned = plan.cloud_traffic.emplace_back();
    planned.traffic = traffic;
    for (std::size_t i = 0; i < plan.products.size(); ++i) {
      if (plan.products[i].product.name == traffic.product) {
        planned.product = i;
        if (auto wrong = traffic_mistake(traffic, plan.products[i].product)) {
          return plan_mistake{"cloud_traffic", plan.cloud_traffic.size() - 1, std::move(*wrong)};
        }
        plan.products[i].rrpc |= traffic.kind == traffic_kind::rrpc;
        plan.products[i].broadcasts |= traffic.kind == traffic_kind::broadcast;
      }
    }
  }
  return {};
}

void fill_rollouts(const scenario& file, scenario_plan& plan) {
  plan.firmware_server = file.firmware_server;
  for (const auto& rollout : file.rollouts) {
    const auto target =
        std::find_if(plan.products.begin(), plan.products.end(),
                     [&](const product_plan& p) { return p.product.name == rollout.product; });
    FLEET_CHECK(target != plan.products.end());
    plan.rollouts.push_back(
        {rollout, static_cast<std::size_t>(target - plan.products.begin()), {}});
  }
}

/// Rollouts that the run would not see begin.
mistake check_rollouts(const scenario_plan& plan) {
  for (std::size_t i = 0; i < plan.rollouts.size(); ++i) {
    const auto& rollout = plan.rollouts[i].rollout;
    if (rollout.at >= plan.run_for) {
      return plan_mistake{"rollouts", i,
                          "rollout " + rollout.name + " begins at "
                              + text::format_duration(rollout.at) + ", and the run lasts "
                              + text::format_duration(plan.run_for)
                              + "; begin it earlier, or make duration longer"};
    }
  }
  return {};
}

mistake fill_faults(const scenario& file, const scenario_overrides& flags, scenario_plan& plan) {
  plan.regions = file.regions;
  plan.faults = file.faults;
  plan.faults.insert(plan.faults.end(), flags.faults.begin(), flags.faults.end());
  return check_faults(plan, flags);
}

} // namespace

result<scenario_plan, plan_mistake> resolve(const scenario& file, const scenario_overrides& flags) {
  scenario_plan plan;
  plan.name = file.name;
  plan.seed = flags.seed ? flags.seed : file.seed;
  plan.expect = file.expect;
  auto wrong = complete_products(file, flags, plan);
  if (!wrong) {
    wrong = apportion(file, flags, plan);
  }
  if (!wrong) {
    wrong = check_products(flags, plan);
  }
  if (!wrong) {
    wrong = fill_load(file, flags, plan);
  }
  if (!wrong) {
    fill_rollouts(file, plan);
    wrong = check_rollouts(plan);
  }
  if (!wrong) {
    wrong = fill_traffic(file, plan);
  }
  if (!wrong) {
    wrong = fill_faults(file, flags, plan);
  }
  if (wrong) {
    return fail(std::move(*wrong));
  }
  return plan;
}

std::uint32_t target_at(const load_line& line, duration at) {
  return actors::target_at(line.load.segments, line.load.after, at);
}

std::uint32_t target_at(const scenario_plan& plan, duration at) {
  std::uint32_t sum = 0;
  for (const auto& line : plan.lines) {
    sum += target_at(line, at);
  }
  return sum;
}

std::uint32_t least_target(const load_line& line, duration from, duration to) {
  if (from < duration::zero()) {
    return 0;
  }
  // Between the edges of the segments the number only rises, or only falls.
  std::uint32_t least = std::min(target_at(line, from), target_at(line, to));
  for (const auto& segment : line.load.segments) {
    if (from < segment.end && segment.end < to) {
      least = std::min({least, segment.to, target_at(line, segment.end)});
    }
  }
  return least;
}

std::uint32_t least_target(const scenario_plan& plan, duration from, duration to) {
  std::uint32_t sum = 0;
  for (const auto& line : plan.lines) {
    sum += least_target(line, from, to);
  }
  return sum;
}

stage_moment stage_at(const scenario_plan& plan, duration at) {
  const auto now =
      std::upper_bound(plan.stage_parts.begin(), plan.stage_parts.end(), at,
                       [](duration t, const stage_part& part) { return t < part.end; });
  if (now == plan.stage_parts.end()) {
    return {plan.stage_ends.size() - 1, stage_kind::hold, std::max(plan.run_for - at, duration{0})};
  }
  return {now->stage, now->kind, now->end - at};
}

std::string_view to_string(stage_kind kind) noexcept {
  switch (kind) {
    case stage_kind::ramp: return "ramp";
    case stage_kind::step: return "step";
    case stage_kind::spike: return "spike";
    case stage_kind::hold: return "hold";
  }
  FLEET_CHECK(false);
}

std::size_t product_of(const scenario_plan& plan, std::uint32_t device) {
  FLEET_CHECK(device < plan.devices);
  const auto after =
      std::upper_bound(plan.products.begin(), plan.products.end(), device,
                       [](std::uint32_t d, const product_plan& p) { return d < p.devices.first; });
  // Ranges without devices begin where the next one does; the last that begins here holds it.
  return static_cast<std::size_t>(after - plan.products.begin()) - 1;
}

device_range children_of(const scenario_plan& plan, std::uint32_t device) {
  const auto& p = plan.products[product_of(plan, device)];
  if (p.children_each == 0) {
    return {};
  }
  return {p.children_first + (device - p.devices.first) * p.children_each, p.children_each};
}

std::vector<std::uint32_t> start_order(const scenario_plan& plan, const load_line& line) {
  // Whose next device comes at the smallest part of its product, half a device early so that small
  // products are spread and not last; compared crosswise, in integers.
  struct turn {
    std::uint64_t twice_next; ///< 2·started + 1
    std::uint32_t count;
    std::size_t product;
  };
  const auto later = [](const turn& a, const turn& b) {
    const auto left = a.twice_next * b.count;
    const auto right = b.twice_next * a.count;
    return left != right ? left > right : a.product > b.product;
  };
  std::priority_queue<turn, std::vector<turn>, decltype(later)> turns{later};
  for (const std::size_t i : line.products) {
    if (plan.products[i].devices.count > 0) {
      turns.push({1, plan.products[i].devices.count, i});
    }
  }
  std::vector<std::uint32_t> order;
  order.reserve(line.connections);
  while (!turns.empty()) {
    turn next = turns.top();
    turns.pop();
    const auto started = static_cast<std::uint32_t>(next.twice_next / 2);
    order.push_back(plan.products[next.product].devices.first + started);
    if (started + 1 < next.count) {
      next.twice_next += 2;
      turns.push(next);
    }
  }
  return order;
}

} // namespace fleet::program
