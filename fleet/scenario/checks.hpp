// What keys mean together: contradictions and references that no key can see alone. Each takes the
// data and, for places, the YAML that it was read from.
#pragma once

#include "fleet/scenario/reading.hpp"
#include "fleet/scenario/scenario.hpp"

namespace fleet::program {

/// A product by itself: profile, gateways, reports.
void check_product(reading& r, const yaml_value& map, const scenario_product& product);

/// The topics that a product's devices listen to for a while, with its profile known.
void check_topics(reading& r, const yaml_value& map, const scenario_product& product);

/// Products among each other: names and keys, shares, who is behind whose gateway. References are
/// looked at only with `names_known`.
void check_products(reading& r, const yaml_value& list, const scenario& file, bool names_known);

/// Complains that no product is called `name`, and which is nearest.
void no_product(reading& r, text_place at, std::string_view name, const scenario& file);

/// When a report is due and what it replays.
void check_pace(reading& r, const yaml_value& map, const report_rule& rule);

/// Stages, with the products known by name.
void check_stages(reading& r, const yaml_value& root, const scenario& file, bool names_known);

/// Daily curves, and the products that name them.
void check_curves(reading& r, const yaml_value& root, const scenario& file);

/// Whom cloud traffic goes to, as far as the file's mistakes let it be known.
struct traffic_addressee {
  const scenario_product* product = nullptr; ///< null: unknown, or its profile is
  bool shadow_known = true;
  bool model_known = true;
  bool behind_gateway = false;
};

void check_traffic(reading& r, const yaml_value& map, const cloud_traffic& traffic,
                   const traffic_addressee& target);

/// The firmware of a product, with the other products known.
void check_firmware(reading& r, const yaml_value& map, const scenario_product& product,
                    const scenario& file);

/// One rollout; fills in the only product that has firmware where none is named.
void check_rollout(reading& r, const yaml_value& map, rollout_rule& rollout, const scenario& file);

/// Whether both keys are there; complains about the second.
bool contradict(reading& r, const yaml_value& map, std::string_view one, std::string_view other);

/// What is wrong with a topic, as the rest of a sentence: wildcards; U+0000; more than the vendor's
/// topics hold unless it is for profile mqtt (aliyun-iot.md §2).
std::optional<std::string> topic_mistake(std::string_view topic, program::profile profile);

/// The place of a key's value; of the map where it has none.
text_place place_of(const yaml_value& map, std::string_view key);

} // namespace fleet::program
