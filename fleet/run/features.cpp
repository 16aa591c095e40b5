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
  }
  FLEET_CHECK(false);
}

/// A template that the scenario's reader has compiled before.
alink::payload_template compiled(std::string_view text) {
  auto made = alink::payload_template::compile(text);
  FLEET_CHECK(made.ok());
  return std::move(made).value();
}

actors::report_plan plan_of(const report_rule& rule) {
  actors::report_plan plan{kind_of(rule.what), rule.identifiers, rule.every, {}, {}};
  if (rule.what == report_kind::custom) {
    plan.topic = compiled(rule.topic.empty() ? default_custom_topic : rule.topic);
  }
  if (!rule.payload.empty()) {
    plan.text = compiled(rule.payload);
  }
  return plan;
}

/// Whether the plain device does it: its profile's own report, and nothing beside it.
bool plain(const scenario_product& product) {
  const auto& reports = *product.report;
  return product.profile == profile::mqtt || reports.empty()
         || (reports.size() == 1 && reports.front().what == report_kind::properties
             && reports.front().identifiers.empty());
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
                    actors::product_settings& settings) {
  const auto& product = plan.product;
  const auto& reports = *product.report;
  settings.behind_gateway = plan.behind_gateway;
  settings.interval = reports.empty() ? duration::zero() : reports.front().every;
  settings.features.topics = topics_of(product);
  if (product.profile == profile::mqtt) {
    return; // its topic and payload are the dialect's
  }
  auto& f = settings.features;
  f.model = model;
  f.reports.clear();
  for (const auto& rule : plain(product) ? std::vector<report_rule>{} : reports) {
    f.reports.push_back(plan_of(rule));
  }
  f.shadow = product.shadow;
  f.ntp_interval = product.ntp ? ntp_every : duration::zero();
  f.rrpc = plan.rrpc;
  f.broadcasts = plan.broadcasts;
  f.children = {plan.children_each, plan.devices.first, plan.children_first};
}

} // namespace fleet::program
