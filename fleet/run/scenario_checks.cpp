// Models are read, boards are counted.
#include "fleet/run/scenario_checks.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "fleet/scenario/words.hpp"
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

} // namespace

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
