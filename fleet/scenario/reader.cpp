// From text to tree to data: keys first, then what they mean together, then whether it makes a
// plan.
#include "fleet/scenario/reader.hpp"

#include <algorithm>
#include <filesystem>

#include "fleet/scenario/checks.hpp"
#include "fleet/scenario/fault_words.hpp"
#include "fleet/scenario/sections.hpp"
#include "fleet/text/quantities.hpp"

namespace fleet::program {

namespace {

/// The list of a key, or none where it is missing or wrong.
const std::vector<yaml_value>& items_of(const yaml_value& root, std::string_view key) {
  static const std::vector<yaml_value> none;
  const auto* const value = root.find(key);
  return value == nullptr ? none : value->list;
}

/// Where the items of a list of words are, or the one word that stands for a list.
std::vector<text_place> places_within(const yaml_value& map, std::string_view key) {
  std::vector<text_place> out;
  if (const auto* const value = map.find(key); value != nullptr) {
    const bool alone = value->kind == yaml_kind::word;
    for (const auto& item : alone ? std::vector{*value} : value->list) {
      out.push_back(item.at);
    }
  }
  return out;
}

void name_products(scenario& file) {
  for (std::size_t i = 0; i < file.products.size(); ++i) {
    if (file.products[i].name.empty()) {
      file.products[i].name = "product_" + std::to_string(i + 1);
    }
  }
}

/// Reports that a product or the profile mqtt leaves to their defaults, and places.
void complete_reports(const yaml_value& root, scenario& file) {
  const auto& items = items_of(root, "products");
  for (std::size_t i = 0; i < file.products.size(); ++i) {
    auto& p = file.products[i];
    p.receive_limit_at = place_of(items[i], "receive_limit");
    p.daily_curve_at = place_of(items[i], "daily_curve");
    const auto* const reports = items[i].find("report");
    for (std::size_t j = 0; p.report && j < p.report->size(); ++j) {
      if (p.profile == profile::mqtt && reports->list[j].find("what") == nullptr) {
        (*p.report)[j].what = report_kind::custom;
      }
      (*p.report)[j].at = reports->list[j].at;
      (*p.report)[j].identifiers_at = places_within(reports->list[j], "identifiers");
      (*p.report)[j].payload_at = place_of(reports->list[j], "payload");
      if (const auto* const replay = reports->list[j].find("replay"); (*p.report)[j].replay) {
        (*p.report)[j].replay->file_at = place_of(*replay, "file");
      }
    }
  }
}

/// Whether each product's name is the one that its author meant: no item, and no key that may have
/// been to be the name, is wrong.
bool names_known(const reading& r, const yaml_value& root, const scenario& file) {
  const auto* const list = root.find("products");
  if (list == nullptr) {
    return true;
  }
  return list->kind == yaml_kind::list && list->list.size() == file.products.size()
         && std::all_of(list->list.begin(), list->list.end(), [&r](const yaml_value& item) {
              return item.kind == yaml_kind::map && r.right(item, "name")
                     && (item.find("name") != nullptr || !r.spoilt(item));
            });
}

/// Whom the traffic goes to; fills in the only product where none is named.
traffic_addressee find_target(reading& r, const yaml_value& root, const yaml_value& map,
                              const scenario& file, cloud_traffic& traffic) {
  static const scenario_product standard;
  const std::size_t count = std::max<std::size_t>(file.products.size(), 1);
  if (map.find("product") == nullptr) {
    if (count > 1) {
      r.complain(map.at, "cloud traffic needs a product where there are several, as product: led");
      return {};
    }
    traffic.product = file.products.empty() ? "product_1" : file.products.front().name;
  }
  if (traffic.product.empty()) {
    return {}; // wrong, and told
  }
  if (file.products.empty() && traffic.product == "product_1") {
    return {&standard, true, true, false};
  }
  for (std::size_t i = 0; i < file.products.size(); ++i) {
    if (file.products[i].name == traffic.product) {
      const auto& item = items_of(root, "products")[i];
      const bool behind = std::any_of(
          file.products.begin(), file.products.end(), [&traffic](const scenario_product& p) {
            return p.gateways && p.gateways->children.product == traffic.product;
          });
      return {r.right(item, "profile") ? &file.products[i] : nullptr, r.right(item, "shadow"),
              r.right(item, "model"), behind};
    }
  }
  no_product(r, place_of(map, "product"), traffic.product, file);
  return {};
}

/// Looks at what keys mean together, leaving out what would only follow from a mistake told before.
void check_meaning(reading& r, const yaml_value& root, scenario& file) {
  const auto& products = items_of(root, "products");
  for (std::size_t i = 0; i < file.products.size(); ++i) {
    if (products[i].kind == yaml_kind::map) {
      check_product(r, products[i], file.products[i]);
    }
  }
  const bool known = names_known(r, root, file);
  if (!file.products.empty()) {
    check_products(r, *root.find("products"), file, known);
  }
  const auto& traffic = items_of(root, "cloud_traffic");
  for (std::size_t i = 0; i < file.cloud_traffic.size(); ++i) {
    file.cloud_traffic[i].at = traffic[i].at;
    file.cloud_traffic[i].identifiers_at = places_within(traffic[i], "identifiers");
    file.cloud_traffic[i].service_at = place_of(traffic[i], "service");
    if (traffic[i].kind == yaml_kind::map && r.right(traffic[i], "kind")) {
      auto& read = file.cloud_traffic[i];
      check_traffic(r, traffic[i], read,
                    known ? find_target(r, root, traffic[i], file, read) : traffic_addressee{});
    }
  }
}

/// Firmware of products and rollouts, with all products known by name.
void check_rollouts(reading& r, const yaml_value& root, scenario& file) {
  if (!names_known(r, root, file)) {
    return;
  }
  const auto& products = items_of(root, "products");
  for (std::size_t i = 0; i < file.products.size(); ++i) {
    check_firmware(r, products[i], file.products[i], file);
  }
  const auto& rollouts = items_of(root, "rollouts");
  for (std::size_t i = 0; i < file.rollouts.size(); ++i) {
    auto& read = file.rollouts[i];
    read.at_place = rollouts[i].at;
    if (read.name.empty()) {
      read.name = "rollout_" + std::to_string(i + 1);
    }
  }
  for (std::size_t i = 0; i < file.rollouts.size(); ++i) {
    if (rollouts[i].kind == yaml_kind::map && !r.spoilt(rollouts[i])) {
      check_rollout(r, rollouts[i], file.rollouts[i], file);
    }
  }
}

void check_regions(reading& r, const yaml_value& root, const scenario& file) {
  const auto& items = items_of(root, "regions");
  std::uint64_t sum_ppm = 0;
  for (std::size_t i = 0; i < file.regions.size(); ++i) {
    if (items[i].kind != yaml_kind::map || r.spoilt(items[i])) {
      continue;
    }
    const auto& region = file.regions[i];
    for (const std::string_view key : {"name", "share"}) {
      if (items[i].find(key) == nullptr) {
        r.complain(items[i].at,
                   "a region needs a " + std::string{key} + ", as {name: east, share: 30%}");
      }
    }
    const auto same = [&region](const region_rule& other) { return other.name == region.name; };
    if (!region.name.empty()
        && std::find_if(file.regions.begin(), file.regions.end(), same)
               != file.regions.begin() + i) {
      r.complain(place_of(items[i], "name"),
                 "two regions are called " + region.name + "; rename one");
    }
    sum_ppm += region.share_ppm;
    if (sum_ppm > whole_ppm) {
      r.complain(place_of(items[i], "share"),
                 "the regions have more than 100% of the devices; make the shares smaller");
      return;
    }
  }
}

/// What faults say by themselves, and places for what is found when there is a plan.
void check_faults(reading& r, const yaml_value& root, scenario& file) {
  const auto& items = items_of(root, "faults");
  for (std::size_t i = 0; i < file.faults.size(); ++i) {
    note_places(items[i], file.faults[i]);
    const bool wrong_inside =
        std::any_of(items[i].map.begin(), items[i].map.end(),
                    [&r](const yaml_key& key) { return r.spoilt(key.value); });
    if (items[i].kind != yaml_kind::map || r.spoilt(items[i]) || wrong_inside) {
      continue;
    }
    if (auto wrong = mistake_within(file.faults[i])) {
      r.complain(wrong->at, wrong->message);
    }
  }
}

/// Where the key stands that a plan's mistake is about.
text_place place_of_plan(const yaml_value& root, const plan_mistake& wrong) {
  if (wrong.at) {
    return *wrong.at;
  }
  const auto* value = root.find(wrong.key);
  if (value == nullptr) {
    value = root.find("products");
  }
  if (value == nullptr) {
    return root.at;
  }
  if (!wrong.index || *wrong.index >= value->list.size()) {
    return value->at;
  }
  const auto& item = value->list[*wrong.index];
  if (const auto* const key = item.find(wrong.within)) {
    return key->at;
  }
  for (const std::string_view way : {"ramp", "step", "spike"}) {
    if (const auto* const aim = item.find(way)) {
      return place_of(*aim, "to");
    }
  }
  return item.at;
}

} // namespace

result<scenario, std::vector<placed_mistake>> read_scenario(std::string_view text,
                                                            const scenario_surroundings& around) {
  const auto tree = parse_yaml(text);
  if (!tree) {
    return fail(std::vector{tree.error()});
  }
  const auto& root = tree.value();
  scenario file;
  if (root.kind == yaml_kind::nothing) {
    return file;
  }
  reading r{around};
  if (root.kind != yaml_kind::map) {
    r.complain(root.at, "a scenario is a map of keys, as devices: 500");
    return fail(r.sorted());
  }
  file_section().read(r, root, file);
  name_products(file);
  complete_reports(root, file);
  check_meaning(r, root, file);
  check_rollouts(r, root, file);
  check_stages(r, root, file, names_known(r, root, file));
  check_curves(r, root, file);
  check_regions(r, root, file);
  check_faults(r, root, file);
  if (r.count() == 0) {
    if (const auto plan = resolve(file); !plan) {
      r.complain(place_of_plan(root, plan.error()), plan.error().message);
    }
  }
  if (r.count() > 0) {
    return fail(r.sorted());
  }
  return file;
}

result<scenario, mistakes> read_scenario_file(const std::string& path, file_source& files) {
  std::error_code ignored;
  const auto text = files.read(path, yaml_octets_most);
  if (!text) {
    const auto octets = std::filesystem::file_size(path, ignored);
    if (!ignored && octets > yaml_octets_most) {
      return fail(mistakes{path + ":1:1: the file " + text.error() + "; is it a scenario?"});
    }
    return fail(mistakes{path + ": " + text.error()});
  }
  scenario_surroundings around;
  around.folder = path.substr(0, path.rfind('/') + 1);
  around.file_exists = [&files](const std::string& name) { return files.is_there(name); };
  auto file = read_scenario(text.value(), around);
  if (!file) {
    mistakes lines;
    for (const auto& wrong : file.error()) {
      lines.push_back(path + ":" + std::to_string(wrong.at.line) + ":"
                      + std::to_string(wrong.at.column) + ": " + wrong.message);
    }
    return fail(std::move(lines));
  }
  auto out = std::move(file).value();
  if (out.name.empty()) {
    out.name = std::filesystem::path{path}.stem().string();
  }
  return out;
}

} // namespace fleet::program
