// Key by key.
#include "fleet/run/features.hpp"

namespace fleet::program {

namespace {

/// Of a custom report of the vendor's profiles that names none.
constexpr std::string_view default_custom_topic = "update";

actors::report_kind kind_of(report_kind what) noexcept {
  switch (what) {
    case report_kind::properties: return actors::report_kind::properties;
    case report_kind::event: return actors::report_kind::event;
    case report_kind::custom: return actors::report_kind::custom;
    case report_kind::raw: return actors::report_kind::raw;
    case report_kind::shadow: return actors::report_kind::shadow;
    case report_kind::batch: return actors::report_kind::batch;
    case report_kind::shadow_async: return actors::report_kind::shadow_async;
    case report_kind::shadow_delete: return actors::report_kind::shadow_delete;
  }
  FLEET_CHECK(false);
}

/// A template that the scenario's reader has compiled before.
alink::payload_template compiled(std::string_view text) {
  auto made = alink::payload_template::compile(text);
  FLEET_CHECK(made.ok());
  return std::move(made).value();
}

actors::report_timing timing_of(const report_rule& rule) {
  return {rule.arrivals, rule.jitter_ppm};
}

actors::report_plan plan_of(const report_rule& rule,
                            const std::shared_ptr<const actors::replay_plan>& replay) {
  actors::report_plan plan{kind_of(rule.what), rule.identifiers, rule.every, {}, {}};
  plan.timing = timing_of(rule);
  plan.replay = replay;
  plan.may_fail = rule.may_fail;
  if (rule.what == report_kind::custom) {
    plan.topic = compiled(rule.topic.empty() ? default_custom_topic : rule.topic);
  }
  if (!rule.payload.empty()) {
    plan.text = compiled(rule.payload);
    if (replay) {
      const auto unknown = plan.text->bind(replay->rows->columns());
      FLEET_CHECK(!unknown); // whoever read the table has looked
    }
  }
  return plan;
}

/// Whether the plain device does it: its profile's own report, and nothing beside it. Behind a
/// gateway there is none.
bool plain(const product_plan& plan) {
  const auto& product = plan.product;
  const auto& reports = *product.report;
  return product.profile == profile::mqtt || reports.empty()
         || (!plan.behind_gateway && reports.size() == 1
             && reports.front().what == report_kind::properties
             && reports.front().identifiers.empty() && !reports.front().replay);
}

void apply_gateway(const gateway_rule& rule, actors::device_features& f) {
  f.children.rejoin = rule.rejoin;
  auto& g = f.gateway;
  g.register_batch = static_cast<std::uint16_t>(rule.register_batch);
  g.topology_batch = static_cast<std::uint16_t>(rule.topology_batch);
  g.login_batch = static_cast<std::uint16_t>(rule.login_batch);
  g.ask_topology = rule.topo_get;
  g.tell_found = rule.list_found;
}

std::vector<actors::topic_plan> topics_of(const scenario_product& product) {
  std::vector<actors::topic_plan> out;
  for (const auto& rule : product.topics) {
    const auto where = product.profile == profile::mqtt ? actors::uri_type::undefine : rule.type;
    out.push_back({where, rule.filter, rule.qos, rule.at, rule.span.value_or(duration::zero()),
                   rule.every.value_or(duration::zero())});
  }
  return out;
}

} // namespace

void apply_features(const product_plan& plan, const std::shared_ptr<const tsl::model>& model,
                    actors::product_settings& settings, const replay_list& replays) {
  const auto& product = plan.product;
  const auto replay_of = [&replays](std::size_t report) {
    return report < replays.size() ? replays[report] : nullptr;
  };
  const auto& reports = *product.report;
  settings.behind_gateway = plan.behind_gateway;
  settings.interval = reports.empty() ? duration::zero() : reports.front().every;
  settings.timing = reports.empty() ? actors::report_timing{} : timing_of(reports.front());
  settings.curve =
      plan.curve.empty() ? nullptr : std::make_shared<const actors::load_curve>(plan.curve);
  settings.features.topics = topics_of(product);
  if (product.profile == profile::mqtt) {
    settings.replay = replay_of(0);
    return; // its topic and payload are the dialect's
  }
  auto& f = settings.features;
  f.model = model;
  f.reports.clear();
  for (std::size_t i = 0; !plain(plan) && i < reports.size(); ++i) {
    f.reports.push_back(plan_of(reports[i], replay_of(i)));
  }
  f.shadow = product.shadow;
  f.ntp_interval = product.ntp ? ntp_every : duration::zero();
  f.desired = product.desired;
  f.model_get = product.model_get;
  f.config_get = product.config;
  f.config_push = product.config;
  f.tags.clear();
  for (const auto& tag : product.tags) {
    const auto split = tag.find('=');
    f.tags.push_back({tag.substr(0, split), tag.substr(split + 1)});
  }
  f.rrpc = plan.rrpc;
  f.broadcasts = plan.broadcasts;
  f.children = {plan.children_each, plan.devices.first, plan.children_first, {}};
  if (product.gateways) {
    apply_gateway(*product.gateways, f);
  }
}

} // namespace fleet::program
