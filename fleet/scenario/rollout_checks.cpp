// What the keys of firmware mean together, and with the products.
#include <algorithm>

#include "fleet/scenario/checks.hpp"
#include "fleet/text/quantities.hpp"

namespace fleet::program {

namespace {

bool behind_gateways(const scenario& file, const scenario_product& product) {
  return std::any_of(file.products.begin(), file.products.end(), [&](const scenario_product& p) {
    return p.gateways && p.gateways->children.product == product.name;
  });
}

/// The product that a rollout is for; null where there is none, which is then complained about.
const scenario_product* target_of(reading& r, const yaml_value& map, const scenario& file,
                                  rollout_rule& rollout) {
  if (map.find("product") == nullptr) {
    const scenario_product* only = nullptr;
    for (const auto& p : file.products) {
      if (p.firmware && only != nullptr) {
        r.complain(map.at,
                   "a rollout needs a product where several have firmware, as product: led");
        return nullptr;
      }
      only = p.firmware ? &p : only;
    }
    if (only == nullptr) {
      r.complain(map.at, "a rollout needs a product with the key firmware, and there is none");
    } else {
      rollout.product = only->name;
    }
    return only;
  }
  const auto found =
      std::find_if(file.products.begin(), file.products.end(),
                   [&](const scenario_product& p) { return p.name == rollout.product; });
  if (found == file.products.end()) {
    if (!rollout.product.empty()) {
      no_product(r, place_of(map, "product"), rollout.product, file);
    }
    return nullptr;
  }
  if (!found->firmware) {
    r.complain(place_of(map, "product"),
               "product " + found->name + " has no firmware; give it firmware: {}");
    return nullptr;
  }
  return &*found;
}

void check_waves(reading& r, const yaml_value& map, const rollout_rule& rollout) {
  std::uint32_t before = 0;
  for (std::size_t i = 0; i < rollout.waves.size(); ++i) {
    const std::uint32_t ppm = parse_percent(rollout.waves[i]).value();
    const auto& list = *map.find("waves");
    const auto at = list.list.empty() ? list.at : list.list[i].at;
    if (ppm % 1'000 != 0) {
      r.complain(at, "waves " + rollout.waves[i] + " is too fine; it takes steps of 0.1%");
    } else if (ppm <= before) {
      r.complain(at, "waves must rise, and " + rollout.waves[i] + " does not");
    }
    before = ppm;
  }
  if (!rollout.waves.empty() && before != whole_ppm) {
    r.complain(place_of(map, "waves"), "waves must end with 100%");
  }
}

} // namespace

void check_firmware(reading& r, const yaml_value& map, const scenario_product& product,
                    const scenario& file) {
  if (!product.firmware || !r.right(map, "firmware")) {
    return;
  }
  const auto at = place_of(map, "firmware");
  if (product.profile == profile::mqtt) {
    r.complain(at, "firmware belongs to the profiles linkdevelop and linkplatform");
  } else if (behind_gateways(file, product)) {
    r.complain(at, "firmware is about a connection, and " + product.name
                       + " has none: it is behind gateways");
  }
  if (product.firmware->slot && *product.firmware->slot < product.firmware->size) {
    r.complain(at, "the slots of " + product.name + " take "
                       + text::format_size(*product.firmware->slot) + ", less than its size "
                       + text::format_size(product.firmware->size) + "; make them larger");
  }
}

void check_rollout(reading& r, const yaml_value& map, rollout_rule& rollout, const scenario& file) {
  contradict(r, map, "size", "image");
  if (r.right(map, "waves")) {
    check_waves(r, map, rollout);
  }
  const auto same = [&rollout](const rollout_rule& other) { return other.name == rollout.name; };
  if (std::count_if(file.rollouts.begin(), file.rollouts.end(), same) > 1) {
    r.complain(place_of(map, "name"), "two rollouts are called " + rollout.name + "; rename one");
  }
  const auto* const product = target_of(r, map, file, rollout);
  if (product == nullptr) {
    return;
  }
  const auto& runs = *product->firmware;
  if (runs.version == rollout.version) {
    r.complain(place_of(map, "version"), "the devices of " + product->name + " run "
                                             + rollout.version + " from the factory already");
  }
  if (runs.slot && *runs.slot < rollout.size.value_or(0)) {
    r.complain(place_of(map, "size"), "the slots of " + product->name + " take "
                                          + text::format_size(*runs.slot) + ", less than "
                                          + text::format_size(*rollout.size));
  }
}

} // namespace fleet::program
