// Stages, paces and daily curves: what their keys mean together, and what they name.
#include <algorithm>
#include <array>

#include "fleet/scenario/checks.hpp"
#include "fleet/scenario/load_plan.hpp"
#include "fleet/text/nearest.hpp"
#include "protocol/alink/template.hpp"

namespace fleet::program {

namespace {

constexpr std::array<std::string_view, 3> ways{"ramp", "step", "spike"};

bool behind_gateways(const scenario& file, std::string_view product) {
  return std::any_of(file.products.begin(), file.products.end(),
                     [product](const scenario_product& p) {
                       return p.gateways && p.gateways->children.product == product;
                     });
}

/// The product that a stage is for.
void check_target(reading& r, const yaml_value& aim, const scenario& file) {
  const auto* const product = aim.find("product");
  if (product == nullptr || r.spoilt(*product)) {
    return;
  }
  const auto& name = product->word;
  const bool only = file.products.empty() && name == "product_1";
  const bool known = only
                     || std::any_of(file.products.begin(), file.products.end(),
                                    [&name](const scenario_product& p) { return p.name == name; });
  if (!known) {
    no_product(r, product->at, name, file);
  } else if (behind_gateways(file, name)
             && (aim.find("reports") == nullptr || aim.find("to") != nullptr)) {
    r.complain(product->at, "product " + name
                                + " is behind gateways and comes with them; name the gateways', or "
                                  "say reports alone, as reports: 300%");
  }
}

void check_stage(reading& r, const yaml_value& map, const scenario& file, bool names_known) {
  std::string_view there;
  for (const std::string_view way : ways) {
    const auto* const aim = map.find(way);
    if (aim == nullptr) {
      continue;
    }
    if (!there.empty()) {
      contradict(r, map, there, way);
    }
    there = way;
    if (names_known && aim->kind == yaml_kind::map) {
      check_target(r, *aim, file);
    }
  }
  if (there.empty() && map.find("hold") == nullptr) {
    r.complain(map.at, "a stage needs ramp, step, spike or hold, as hold: 10m");
  }
  if (const auto* const ramp = map.find("ramp")) {
    contradict(r, *ramp, "over", "rate");
    if (ramp->find("rate") != nullptr && ramp->find("reports") != nullptr
        && ramp->find("to") == nullptr) {
      r.complain(place_of(*ramp, "rate"),
                 "rate does not go with reports alone, since it is devices "
                 "a second; write over: 1m");
    }
  }
}

} // namespace

void check_pace(reading& r, const yaml_value& map, const report_rule& rule) {
  if (rule.arrivals == actors::report_arrivals::poisson && rule.jitter_ppm != 0) {
    r.complain(place_of(map, "jitter"),
               "jitter goes with even arrivals; arrivals: poisson are random already");
  }
  const bool replays = rule.what == report_kind::properties || rule.what == report_kind::custom
                       || rule.what == report_kind::raw;
  const auto* const replay = map.find("replay");
  if (replay != nullptr && !replays) {
    r.complain(replay->at, "replay goes with what properties, custom and raw only");
  } else if (replay != nullptr && replay->kind == yaml_kind::map
             && replay->find("file") == nullptr) {
    r.complain(replay->at, "a replay needs a file, as file: data/day.csv");
  }
  const auto compiled = alink::payload_template::compile(rule.payload);
  if (replay == nullptr && compiled && compiled.value().has_columns()) {
    r.complain(place_of(map, "payload"),
               "payload has {column}, and there is no table; add replay: {file: …}");
  }
}

void check_stages(reading& r, const yaml_value& root, const scenario& file, bool names_known) {
  const auto* const stages = root.find("stages");
  if (stages == nullptr) {
    return;
  }
  for (const auto& stage : stages->list) {
    if (stage.kind == yaml_kind::map && !r.spoilt(stage)) {
      check_stage(r, stage, file, names_known);
    }
  }
}

void check_curves(reading& r, const yaml_value& root, const scenario& file) {
  const auto presets = preset_curve_names();
  std::vector<std::string_view> names{presets.begin(), presets.end()};
  const auto* const curves = root.find("daily_curves");
  bool all_known = curves == nullptr || curves->kind == yaml_kind::list;
  for (std::size_t i = 0; i < file.daily_curves.size(); ++i) {
    const auto& map = curves->list[i];
    const auto& name = file.daily_curves[i].name;
    if (map.kind != yaml_kind::map || r.spoilt(map) || !r.right(map, "name")) {
      all_known = false;
      continue;
    }
    for (const std::string_view key : {"name", "hours"}) {
      if (map.find(key) == nullptr) {
        r.complain(map.at, "a daily curve needs " + std::string{key}
                               + ", as {name: shop, hours: [0=20%, 9=100%]}");
      }
    }
    if (std::find(presets.begin(), presets.end(), name) != presets.end()) {
      r.complain(place_of(map, "name"), "daily curve " + name + " is a preset; call it otherwise");
    } else if (std::find(names.begin(), names.end(), name) != names.end()) {
      r.complain(place_of(map, "name"), "two daily curves are called " + name + "; rename one");
    }
    names.push_back(name);
  }
  for (const auto& product : file.products) {
    const auto& name = product.daily_curve;
    if (!all_known || name.empty() || std::find(names.begin(), names.end(), name) != names.end()) {
      continue;
    }
    const auto near = text::nearest(name, names);
    r.complain(product.daily_curve_at, "there is no daily curve " + name + "; "
                                           + (near ? "the nearest is " + std::string{*near}
                                                   : "it takes " + text::enumerate(names)));
  }
}

} // namespace fleet::program
