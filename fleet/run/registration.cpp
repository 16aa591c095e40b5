// From a file, or from the product's key.
#include "fleet/run/registration.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "fleet/cloud/product_secrets.hpp"

namespace fleet::program {

std::optional<startup_error> find_product_secrets(const run_options& o, prepared& out) {
  std::vector<cloud::product_options> known;
  if (!o.product_secrets_file.empty()) {
    auto read = load_product_secrets(o.product_secrets_file);
    if (!read) {
      return read.error();
    }
    known = std::move(read).value();
  }
  for (auto& product : out.products) {
    const auto& asked = product.plan.product;
    if (asked.logon != logon_mode::register_ || product.plan.behind_gateway) {
      continue;
    }
    const auto found = std::find_if(known.begin(), known.end(), [&](const auto& p) {
      return p.product_key == asked.product_key;
    });
    if (found != known.end()) {
      product.product_secret = found->secret;
    } else if (o.product_secrets_file.empty() && o.target.scheme == text::scheme::embedded) {
      product.product_secret = alink::generated_product_secret(asked.product_key);
    } else {
      return startup_error{
          exit_code::wrong_usage,
          o.product_secrets_file.empty()
              ? fmt::format("devices of product {} register with their product's secret, and the "
                            "target does not know generated ones; add --product-secrets FILE",
                            asked.name)
              : fmt::format("{} has no product key {}, whose devices register",
                            o.product_secrets_file, asked.product_key)};
    }
  }
  return std::nullopt;
}

} // namespace fleet::program
