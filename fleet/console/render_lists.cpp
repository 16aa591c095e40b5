// Lists of products and devices, and the sums of an import.
#include <map>

#include "fleet/console/display.hpp"
#include "fleet/console/json_text.hpp"
#include "fleet/console/render.hpp"

namespace fleet::program {

std::optional<device_list> read_devices(std::string_view body) {
  const json_level whole{body};
  auto devices = listed(body, "devices");
  if (!devices || !whole.object()) {
    return std::nullopt;
  }
  device_list out{std::move(*devices), std::nullopt};
  if (const auto next = whole.integer("next"); next && *next >= 0) {
    out.next = static_cast<std::uint64_t>(*next);
  }
  return out;
}

std::optional<std::string> render_devices(const std::vector<std::string>& devices) {
  text_table table;
  table.row({"device", "state", "firmware", "gateway", "last online"});
  for (const std::string& text : devices) {
    const json_level d{text};
    const auto key = d.text("productKey");
    const auto name = d.text("deviceName");
    if (!key || !name) {
      return std::nullopt;
    }
    table.row({printable(*key + "/" + *name), state_text(d), shown(d.find("firmwareVersion")),
               shown(d.find("gateway")), time_text(d.integer("lastOnlineMs").value_or(0))});
  }
  return table.text();
}

std::optional<std::vector<std::string>> read_product_keys(std::string_view body) {
  const auto products = listed(body, "products");
  if (!products) {
    return std::nullopt;
  }
  std::vector<std::string> out;
  for (const std::string& product : *products) {
    if (auto key = json_level{product}.text("productKey")) {
      out.push_back(std::move(*key));
    }
  }
  return out;
}

std::optional<std::string> find_product(std::string_view body, std::string_view key) {
  const auto products = listed(body, "products");
  for (const std::string& product : products.value_or(std::vector<std::string>{})) {
    if (json_level{product}.text("productKey") == key) {
      return product;
    }
  }
  return std::nullopt;
}

std::optional<std::string> render_import(const std::vector<std::string>& bodies) {
  std::map<std::string, std::int64_t> sums;
  for (const std::string& body : bodies) {
    const json_level answer{body};
    if (!answer.object()) {
      return std::nullopt;
    }
    for (const json_member& m : answer.members()) {
      // Counts of devices; anything larger is none, and would not add up.
      if (const auto n = json_integer(m.value); n && *n >= 0 && *n <= INT32_MAX) {
        sums[shown_key(m)] += *n;
      }
    }
  }
  text_table table{2};
  for (const auto& [name, sum] : sums) {
    table.row({name, std::to_string(sum)});
  }
  return "imported\n" + table.text();
}

} // namespace fleet::program
