// Models are read, boards are counted.
#include "fleet/run/scenario_checks.hpp"

#include <algorithm>
#include <iterator>
#include <span>

#include <fmt/format.h>

#include "actors/device/plain_model.hpp"
#include "fleet/scenario/words.hpp"
#include "fleet/text/nearest.hpp"
#include "fleet/text/quantities.hpp"
#include "protocol/tsl/sample.hpp"

namespace fleet::program {

namespace {

bool named(const std::vector<std::string>& wanted, const std::string& identifier) {
  return wanted.empty() || std::find(wanted.begin(), wanted.end(), identifier) != wanted.end();
}

bool sets(traffic_kind kind) noexcept {
  return kind == traffic_kind::property_set || kind == traffic_kind::desired_set
         || kind == traffic_kind::shadow_desired;
}

/// Where names stand and what they are to be.
struct names_wanted {
  const std::string& file;
  std::string_view what; ///< `property`, `event` or `service`
  const std::string& product;
  bool modelled; ///< else it is the plain device's model
  std::vector<std::string_view> valid;
};

template <class Parts>
std::vector<std::string_view> identifiers_of(const Parts& parts) {
  std::vector<std::string_view> out;
  for (const auto& part : parts) {
    out.push_back(part.identifier);
  }
  return out;
}

void hold_name(const names_wanted& w, const std::string& name, text_place at, mistakes& out) {
  constexpr std::size_t most_told = 10;
  if (std::find(w.valid.begin(), w.valid.end(), name) != w.valid.end()) {
    return;
  }
  const auto near = text::nearest(name, w.valid);
  const auto told = std::span{w.valid}.first(std::min(w.valid.size(), most_told));
  const std::string hint = near              ? "the nearest is " + std::string{*near}
                           : w.valid.empty() ? "it has none"
                           : w.valid.size() > most_told
                               ? fmt::format("it has {}…", fmt::join(told, ", "))
                               : "it has " + text::enumerate(told);
  out.push_back(fmt::format("{}:{}:{}: {} is no {} of product {}{}; {}", w.file, at.line, at.column,
                            name, w.what, w.product,
                            w.modelled ? "'s thing model" : ", which has no thing model", hint));
}

void hold_names(const names_wanted& w, const std::vector<std::string>& names,
                const std::vector<text_place>& places, mistakes& out) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    hold_name(w, names[i], i < places.size() ? places[i] : text_place{}, out);
  }
}

} // namespace

mistakes unknown_names(const std::string& file, const scenario_product& product,
                       const tsl::model* model) {
  mistakes out;
  if (product.profile == profile::mqtt || !product.report) {
    return out;
  }
  const auto& thing = model != nullptr ? *model : actors::plain_model();
  for (const auto& rule : *product.report) {
    const bool event = rule.what == report_kind::event;
    hold_names({file, event ? "event" : "property", product.name, model != nullptr,
                event ? identifiers_of(thing.events()) : identifiers_of(thing.properties())},
               rule.identifiers, rule.identifiers_at, out);
  }
  return out;
}

mistakes unknown_names(const std::string& file, const cloud_traffic& traffic,
                       const tsl::model* model) {
  mistakes out;
  const auto& thing = model != nullptr ? *model : actors::plain_model();
  hold_names(
      {file, "property", traffic.product, model != nullptr, identifiers_of(thing.properties())},
      traffic.identifiers, traffic.identifiers_at, out);
  if (traffic.kind == traffic_kind::service && model != nullptr) {
    hold_name({file, "service", traffic.product, true, identifiers_of(thing.services())},
              traffic.service, traffic.service_at, out);
  }
  return out;
}

std::optional<startup_error> check_names(const run_options& o, const prepared& ready) {
  mistakes all;
  const auto add = [&all](mistakes found) {
    std::move(found.begin(), found.end(), std::back_inserter(all));
  };
  for (const auto& product : ready.products) {
    if (ready.plan) {
      add(unknown_names(o.scenario_file, product.plan.product, product.model.get()));
    }
  }
  for (std::size_t i = 0; ready.plan && i < ready.plan->cloud_traffic.size(); ++i) {
    const auto& entry = ready.plan->cloud_traffic[i];
    const auto& model = ready.products[entry.product].model;
    add(unknown_names(o.scenario_file, entry.traffic, model.get()));
  }
  if (all.empty()) {
    return std::nullopt;
  }
  const auto more = all.size() - 1;
  return startup_error{exit_code::wrong_usage,
                       all.front()
                           + (more == 0 ? "" : fmt::format(" ({} more: see fleet check)", more))};
}

std::optional<std::string> nothing_to_set(const std::string& file, const cloud_traffic& traffic,
                                          const tsl::model* model) {
  if (model == nullptr || !sets(traffic.kind) || !traffic.payload.empty()
      || std::any_of(model->properties().begin(), model->properties().end(),
                     [&](const tsl::property& p) {
                       return p.writable && named(traffic.identifiers, p.identifier);
                     })) {
    return std::nullopt;
  }
  return fmt::format("{}:{}:{}: kind {} has nothing to set: no property of product {}'s thing "
                     "model{} can be written (accessMode rw)",
                     file, traffic.at.line, traffic.at.column,
                     word_for(traffic.kind, traffic_kind_words), traffic.product,
                     traffic.identifiers.empty() ? "" : " among the identifiers");
}

std::optional<startup_error> check_orders(const run_options& o, const prepared& ready) {
  if (!ready.plan) {
    return std::nullopt;
  }
  for (const auto& entry : ready.plan->cloud_traffic) {
    const auto& product = ready.products[entry.product];
    if (auto wrong = nothing_to_set(o.scenario_file, entry.traffic, product.model.get())) {
      return startup_error{exit_code::wrong_usage, std::move(*wrong)};
    }
  }
  return std::nullopt;
}

std::string receive_limit_text(const run_options& o, const product_plan& plan) {
  const auto& product = plan.product;
  if (!product.receive_limit) {
    return "--receive-limit " + text::format_size(o.receive_limit_bytes);
  }
  const auto at = product.receive_limit_at;
  return fmt::format("{}:{}:{}: receive_limit {}", o.scenario_file, at.line, at.column,
                     text::format_size(*product.receive_limit));
}

std::optional<startup_error> check_boards(const run_options& o, const prepared& ready) {
  for (const auto& product : ready.products) {
    const bool all = product.settings.client.receive_limit_bytes >= o.ram_bytes;
    if (o.ram_bytes != 0 && all && !product.plan.behind_gateway) {
      return startup_error{
          exit_code::wrong_usage,
          fmt::format("{} is a part of the board's --ram {} and leaves nothing of it; make --ram "
                      "larger, or it smaller",
                      receive_limit_text(o, product.plan), text::format_size(o.ram_bytes))};
    }
  }
  return std::nullopt;
}

std::uint32_t least_report_octets(const prepared_product& product) {
  const auto& features = product.settings.features;
  std::size_t most = 0;
  for (const auto& report : features.reports) {
    if (report.what != actors::report_kind::properties || !features.model) {
      continue;
    }
    byte_buffer values;
    for (const auto& property : features.model->properties()) {
      if (named(report.identifiers, property.identifier)) {
        values.append(property.identifier);
        values.append(std::string_view{R"("":,)"});
        tsl::append_default(values, property.type);
      }
    }
    most = std::max(most, values.size());
  }
  return static_cast<std::uint32_t>(most);
}

} // namespace fleet::program
