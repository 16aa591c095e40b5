// From a file, or from the product's key.
#include "fleet/run/registration.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "fleet/cloud/product_secrets.hpp"

namespace fleet::program {

namespace {

/// The product whose devices register. Without a scenario, a file of credentials says it.
result<std::string, startup_error> key_of(const run_options& o, const prepared& out,
                                          const product_plan& plan) {
  if (!o.scenario_file.empty() || o.credentials_file.empty()) {
    return plan.product.product_key;
  }
  std::string key = out.credentials->at(plan.devices.first).product_key;
  for (std::uint32_t i = 1; i < plan.devices.count; ++i) {
    const auto other = out.credentials->at(plan.devices.first + i).product_key;
    if (other != key) {
      return fail(startup_error{
          exit_code::wrong_usage,
          fmt::format("{} has devices of {} and of {}, and each product registers with a secret of "
                      "its own; run them one by one, or as products of a scenario",
                      o.credentials_file, key, other)});
    }
  }
  return key;
}

/// Whether gateways sign with the secret of the product number `child` behind them.
bool gateways_sign(const prepared& all, std::size_t child) {
  return std::any_of(all.products.begin(), all.products.end(), [child](const prepared_product& p) {
    const auto& gateways = p.plan.product.gateways;
    return gateways && p.plan.children_product == child
           && gateways->register_by == gateway_registration::product;
  });
}

} // namespace

std::optional<startup_error> find_product_secrets(const run_options& o, prepared& out) {
  std::vector<cloud::product_options> known;
  if (!o.product_secrets_file.empty()) {
    auto read = load_product_secrets(o.product_secrets_file, *out.files);
    if (!read) {
      return read.error();
    }
    known = std::move(read).value();
  }
  for (std::size_t i = 0; i < out.products.size(); ++i) {
    auto& product = out.products[i];
    const auto& asked = product.plan.product;
    // Gateways that do not sign need the platform's switch alone (§16.1), which in our own twin is
    // the secret.
    const bool by_switch = product.plan.behind_gateway && !gateways_sign(out, i);
    if (!registers(asked.logon) || (by_switch && o.target.scheme != text::scheme::embedded)) {
      continue;
    }
    const auto registering = key_of(o, out, product.plan);
    if (!registering) {
      return registering.error();
    }
    const std::string& key = registering.value();
    const auto found = std::find_if(known.begin(), known.end(),
                                    [&](const auto& p) { return p.product_key == key; });
    if (found != known.end()) {
      product.product_secret = found->secret;
    } else if (o.product_secrets_file.empty() && o.target.scheme == text::scheme::embedded) {
      product.product_secret = alink::generated_product_secret(key);
    } else {
      return startup_error{
          exit_code::wrong_usage,
          o.product_secrets_file.empty()
              ? fmt::format("devices of product {} register with their product's secret, and the "
                            "target does not know generated ones; add --product-secrets FILE",
                            asked.name)
              : fmt::format("{} has no product key {}, whose devices register",
                            o.product_secrets_file, key)};
    }
  }
  return std::nullopt;
}

void apply_registration(const prepared& ready, prepared_product& product) {
  const auto& asked = product.plan.product;
  auto& p = product.settings;
  if (registers(asked.logon)) {
    // Behind a gateway, it is the gateway that registers them (aliyun-iot.md §16.1).
    p.registration.by = asked.logon == logon_mode::register_https ? actors::registration_way::https
                                                                  : actors::registration_way::mqtt;
    p.registration.product_secret = product.product_secret;
  }
  if (asked.gateways && asked.gateways->register_by == gateway_registration::product) {
    p.features.gateway.product_secret =
        ready.products[product.plan.children_product].product_secret;
  }
}

} // namespace fleet::program
