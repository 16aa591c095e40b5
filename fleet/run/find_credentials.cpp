// From files to who is which device.
#include "fleet/run/find_credentials.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "fleet/run/company.hpp"
#include "fleet/run/fleet_credentials.hpp"

namespace fleet::program {

namespace {

failure<startup_error> wrong(std::string message) {
  return fail(startup_error{exit_code::wrong_usage, std::move(message)});
}

/// The triples of one product, and which row its first device has.
struct product_triples {
  std::shared_ptr<const alink::credential_source> source;
  std::uint32_t offset = 0;
};

result<product_triples, startup_error>
triples_of(const run_options& o, const product_plan& plan,
           const std::shared_ptr<const alink::credential_source>& table) {
  const auto& product = plan.product;
  if (product.profile == profile::mqtt) {
    // Names by the index in the fleet: two products on one broker never share one.
    return product_triples{std::make_shared<alink::generated_credentials>("plainMqtt"),
                           plan.devices.first};
  }
  if (!table) {
    return product_triples{std::make_shared<alink::generated_credentials>(product.product_key), 0};
  }
  auto rows = std::make_shared<product_rows>(table, product.product_key);
  if (rows->count() < plan.devices.count) {
    return wrong(fmt::format("{} holds {} devices of product key {}, and product {} needs {}",
                             o.credentials_file, rows->count(), product.product_key, product.name,
                             plan.devices.count));
  }
  return product_triples{std::move(rows), 0};
}

/// Of a part of the fleet, whose file has the rows of its own devices alone, in their order.
std::optional<startup_error> find_sent_rows(const run_options& o, prepared& out) {
  std::uint32_t wanted = 0;
  for (const auto& product : out.products) {
    wanted += has_rows(product.plan) ? count_of(product.plan.devices, *out.rows_of) : 0;
  }
  std::shared_ptr<const alink::credential_source> table;
  if (wanted != 0) {
    auto loaded = load_credentials(o.credentials_file, {}, *out.files);
    if (!loaded) {
      return loaded.error();
    }
    table = std::move(loaded).value();
    if (table->count() != wanted) {
      return startup_error{
          exit_code::wrong_usage,
          fmt::format("it was sent {} credentials for {} devices", table->count(), wanted)};
    }
  }
  auto joined = std::make_shared<joined_credentials>();
  std::uint32_t row = 0;
  for (const auto& product : out.products) {
    const auto& devices = product.plan.devices;
    if (!has_rows(product.plan)) {
      const auto triples = triples_of(o, product.plan, nullptr);
      joined->add(triples.value().source, triples.value().offset, devices.count);
      continue;
    }
    // Without a scenario the file says whose they are.
    const auto key =
        out.plan || !table ? product.plan.product.product_key : table->at(0).product_key;
    const auto others = std::make_shared<others_rows>(key);
    std::uint32_t next = devices.first;
    for (const auto& range : *out.rows_of) {
      const auto here = common(devices, range);
      if (here.count != 0) {
        joined->add(others, 0, here.first - next);
        joined->add(table, row, here.count);
        row += here.count;
        next = here.first + here.count;
      }
    }
    joined->add(others, 0, devices.first + devices.count - next);
  }
  out.credentials = std::move(joined);
  return std::nullopt;
}

} // namespace

bool has_rows(const product_plan& plan) noexcept {
  return plan.product.profile != profile::mqtt;
}

std::uint32_t count_of(const device_range& devices, const std::vector<device_range>& ranges) {
  std::uint32_t sum = 0;
  for (const auto& range : ranges) {
    sum += common(devices, range).count;
  }
  return sum;
}

std::optional<startup_error> find_credentials(const run_options& o, prepared& out) {
  if (out.rows_of && !o.credentials_file.empty()) {
    return find_sent_rows(o, out);
  }
  if (!out.plan) {
    auto credentials = load_credentials(o.credentials_file, o.product_key, *out.files);
    if (!credentials) {
      return credentials.error();
    }
    out.credentials = std::move(credentials).value();
    if (out.credentials->count() < o.devices) {
      return startup_error{exit_code::wrong_usage,
                           fmt::format("{} holds {} devices, and --devices asks for {}",
                                       o.credentials_file, out.credentials->count(), o.devices)};
    }
    return std::nullopt;
  }
  std::shared_ptr<const alink::credential_source> table;
  if (!o.credentials_file.empty()) {
    auto loaded = load_credentials(o.credentials_file, {}, *out.files);
    if (!loaded) {
      return loaded.error();
    }
    table = std::move(loaded).value();
  }
  auto joined = std::make_shared<joined_credentials>();
  for (const auto& product : out.products) {
    auto triples = triples_of(o, product.plan, table);
    if (!triples) {
      return triples.error();
    }
    joined->add(triples.value().source, triples.value().offset, product.plan.devices.count);
  }
  out.credentials = std::move(joined);
  return std::nullopt;
}

result<std::shared_ptr<const alink::credential_source>, startup_error>
load_credentials(const std::string& file, const std::string& product_key, file_source& files) {
  if (file.empty()) {
    return std::shared_ptr<const alink::credential_source>{
        std::make_shared<alink::generated_credentials>(product_key)};
  }
  auto text = read_file(file, files);
  if (!text) {
    return fail(text.error());
  }
  auto table = alink::credential_table::parse(text.value());
  if (!table) {
    const auto& first = table.error().front();
    const auto more = table.error().size() - 1;
    return wrong(fmt::format("{}:{}:{}: {}{}", file, first.line, first.column, first.message,
                             more == 0 ? "" : fmt::format(" ({} more: see fleet check)", more)));
  }
  return std::shared_ptr<const alink::credential_source>{
      std::make_shared<alink::credential_table>(std::move(table).value())};
}

} // namespace fleet::program
