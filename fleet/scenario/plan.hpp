// What a scenario and the command line come to: which device is which, and how many are on when.
// Numbers only; nothing here starts a device.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/supervision/timetable.hpp"
#include "fleet/scenario/overrides.hpp"
#include "fleet/scenario/scenario.hpp"
#include "protocol/base/result.hpp"

namespace fleet::program {

/// Devices by their index in the fleet: `first` and the `count` - 1 after it.
struct device_range {
  std::uint32_t first = 0;
  std::uint32_t count = 0;

  friend bool operator==(const device_range&, const device_range&) = default;
};

/// A product and its devices.
struct product_plan {
  scenario_product product; ///< flags applied, product key and reports filled in
  device_range devices;
  bool behind_gateway = false;
  std::size_t children_product = 0; ///< of gateways: an index of scenario_plan::products
  std::uint32_t children_first = 0; ///< of gateways: the first device behind the first of them
  std::uint32_t children_each = 0;  ///< 0: no gateways
  bool rrpc = false;                ///< the cloud's traffic calls its devices so (§15)
  bool broadcasts = false;          ///< the cloud's traffic tells all of them at once (§9.1)
  std::optional<bool> counts;       ///< its thing model counts up; none: that was not read yet
};

using actors::load_segment;

/// One kind of cloud traffic and whom it goes to.
struct traffic_plan {
  program::cloud_traffic traffic;
  std::size_t product = 0; ///< an index of scenario_plan::products
};

/// A rollout and whom it goes to.
struct rollout_plan {
  rollout_rule rollout;
  std::size_t product = 0; ///< an index of scenario_plan::products
  std::string content{};   ///< of the image's file, once it was read
};

/// A scenario with every question answered, but for a seed that nobody chose.
struct scenario_plan {
  std::string name;
  std::optional<std::uint64_t> seed;
  duration run_for{0};
  std::uint32_t devices = 0;          ///< in all
  std::uint32_t connections = 0;      ///< those not behind a gateway: what stages count
  std::vector<product_plan> products; ///< at least one; their ranges follow each other from 0
  std::vector<load_segment> load;     ///< one after the other from 0; none without length
  std::uint32_t load_after = 0;       ///< devices on after the last segment
  std::vector<duration> stage_ends;   ///< of each stage, after the start; at least one
  std::vector<traffic_plan> cloud_traffic;
  std::vector<rollout_plan> rollouts;
  firmware_server_rule firmware_server;
  std::vector<expectation_line> expect;
  std::vector<region_rule> regions;
  std::vector<fault_rule> faults; ///< of the file, then of the line; they can apply here
};

/// What keeps a scenario from being a plan: a sentence, and the key of the file that it is about.
struct plan_mistake {
  std::string_view key; ///< devices, duration, products, stages, rollouts, cloud_traffic
  std::optional<std::size_t> index; ///< of a product or stage
  std::string message;
  std::optional<text_place> at = std::nullopt; ///< in the file, where it is known
  std::string_view within{}; ///< a key of the product, to be more precise where it is written
};

/// Answers every question that a file leaves open: flags over keys over defaults, shares by largest
/// remainder, ranges in the order of the file.
result<scenario_plan, plan_mistake> resolve(const scenario& file,
                                            const scenario_overrides& flags = {});

/// Faults of a plan that cannot apply, and expectations that name one which the run has not; whom
/// they hit in the end, the run knows. Part of resolve(), and more can be told when
/// product_plan::counts is known.
std::optional<plan_mistake> check_faults(const scenario_plan& plan,
                                         const scenario_overrides& flags = {});

/// How many connections are on at `at` after the start: up to the segment's progress, rounded down.
std::uint32_t target_at(const scenario_plan& plan, duration at);

/// The fewest connections that are on at any moment from `from` to `to` after the start; 0 where
/// `from` is before it.
std::uint32_t least_target(const scenario_plan& plan, duration from, duration to);

/// Where the run is at a moment: which stage, from 0, and whether the load changes.
struct stage_moment {
  std::size_t stage = 0;
  bool ramp = false;
};
/// After the last stage it is that one's hold.
stage_moment stage_at(const scenario_plan& plan, duration at);

/// The product of a device below scenario_plan::devices.
std::size_t product_of(const scenario_plan& plan, std::uint32_t device);

/// The devices behind a gateway; none behind other devices.
device_range children_of(const scenario_plan& plan, std::uint32_t device);

/// The connecting devices in the order in which a ramp starts them: products mixed in proportion,
/// each in the order of its range. O(connections · log products).
std::vector<std::uint32_t> start_order(const scenario_plan& plan);

} // namespace fleet::program
