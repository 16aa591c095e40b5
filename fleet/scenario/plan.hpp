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
  /// How often it reports, of what `product` says; empty: as that says throughout.
  std::vector<actors::curve_step> curve;
  std::uint64_t curve_most_ppm = 0; ///< what stages and daily curve ask for, where it has one
  std::optional<bool> counts;       ///< its thing model counts up; none: that was not read yet
};

using actors::load_segment;

/// Connecting devices that come and go by one timetable: all of them, or those of one product where
/// a stage is for one.
struct load_line {
  std::vector<std::size_t> products; ///< indices of scenario_plan::products; at least one
  std::uint32_t connections = 0;
  actors::timetable load;
};

/// What a part of a stage is to the load.
enum class stage_kind : std::uint8_t { ramp, step, spike, hold };

/// From the one before until its end.
struct stage_part {
  duration end{0};
  std::size_t stage = 0;
  stage_kind kind = stage_kind::hold;
};

/// What a stage makes of the reports of all products, or of one.
struct pace_change {
  duration begin{0};
  duration end{0};
  stage_kind kind = stage_kind::ramp;
  std::optional<std::size_t> product; ///< an index of scenario_plan::products; none: all
  std::uint32_t ppm = 0;              ///< at its end; of a spike, while it lasts
  std::uint32_t steps = 1;
};

/// A segment whose devices come, or go, at random.
struct random_ramp {
  std::size_t line = 0;
  std::size_t segment = 0;
  std::size_t stage = 0;
};

/// One kind of cloud traffic and whom it goes to.
struct traffic_plan {
  program::cloud_traffic traffic;
  std::size_t product = 0; ///< an index of scenario_plan::products
};

/// A rollout and whom it goes to.
struct rollout_plan {
  rollout_rule rollout;
  std::size_t product = 0;  ///< an index of scenario_plan::products
  std::string content{};    ///< of the image's file, once it was read, by who rolls it out
  std::uint64_t octets = 0; ///< that the file has; 0: none
};

/// A scenario with every question answered, but for a seed that nobody chose.
struct scenario_plan {
  std::string name;
  std::optional<std::uint64_t> seed;
  duration run_for{0};
  std::uint32_t devices = 0;             ///< in all
  std::uint32_t connections = 0;         ///< those not behind a gateway: what stages count
  std::vector<product_plan> products;    ///< at least one; their ranges follow each other from 0
  std::vector<load_line> lines;          ///< at least one
  std::vector<random_ramp> random_ramps; ///< draw_arrivals() says when
  std::vector<duration> stage_ends;      ///< of each stage, after the start; at least one
  std::vector<stage_part> stage_parts;   ///< none without length
  std::vector<pace_change> pace_changes; ///< by their begin
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

/// Decides when the devices of random ramps come; until then they come evenly. What it decides for
/// a seed it decides each time.
void draw_arrivals(scenario_plan& plan, std::uint64_t seed);
/// Faults of a plan that cannot apply, and expectations that name one which the run has not; whom
/// they hit in the end, the run knows. Part of resolve(), and more can be told when
/// product_plan::counts is known.
std::optional<plan_mistake> check_faults(const scenario_plan& plan,
                                         const scenario_overrides& flags = {});

/// How many connections are on at `at` after the start: up to the segment's progress, rounded down.
std::uint32_t target_at(const scenario_plan& plan, duration at);
std::uint32_t target_at(const load_line& line, duration at);

/// The fewest connections that are on at any moment from `from` to `to` after the start; 0 where
/// `from` is before it. Of several lines, the fewest of each together.
std::uint32_t least_target(const scenario_plan& plan, duration from, duration to);
std::uint32_t least_target(const load_line& line, duration from, duration to);

/// Where the run is at a moment: which stage, from 0, what it does, and for how long yet.
struct stage_moment {
  std::size_t stage = 0;
  stage_kind kind = stage_kind::hold;
  duration left{0}; ///< of this part of the stage; after the last stage, of the run

  /// Whether the load changes.
  [[nodiscard]] bool ramp() const noexcept { return kind != stage_kind::hold; }
};
/// After the last stage it is that one's hold.
stage_moment stage_at(const scenario_plan& plan, duration at);
std::string_view to_string(stage_kind kind) noexcept;

/// The product of a device below scenario_plan::devices.
std::size_t product_of(const scenario_plan& plan, std::uint32_t device);

/// The devices behind a gateway; none behind other devices.
device_range children_of(const scenario_plan& plan, std::uint32_t device);

/// The devices of a line in the order in which a ramp starts them: products mixed in proportion,
/// each in the order of its range. O(connections · log products).
std::vector<std::uint32_t> start_order(const scenario_plan& plan, const load_line& line);

} // namespace fleet::program
