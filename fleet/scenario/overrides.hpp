// What the command line says against a scenario: only flags that were on it count.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "fleet/options.hpp"
#include "fleet/scenario/scenario.hpp"

namespace fleet::program {

/// Each a flag of `fleet run` that replaces keys; those of products apply to every product.
struct scenario_overrides {
  std::optional<std::uint32_t> devices;
  std::optional<duration> run_for;
  std::optional<std::uint64_t> seed;
  std::optional<double> ramp_per_second; ///< replaces all stages: one ramp to all devices
  std::optional<duration> interval;      ///< replaces `every` of all reports; 0: no reports
  std::optional<device_protocol> protocol;
  std::optional<program::security> security;
  /// Of a target that is not embedded: plain products become what it stands for; what it cannot
  /// take is refused.
  std::optional<text::scheme> target;
  std::optional<mqtt::qos> qos;
  std::optional<actors::behaviour> behaviour;
  std::optional<duration> keep_alive;
  std::optional<hal::link_kind> link;
  std::optional<bool> registers;
  std::optional<logon_mode> logon;        ///< of products with a connection of their own
  std::optional<std::string> product_key; ///< of the only product; contradicts several
  std::vector<fault_rule> faults;         ///< beside those of the file
  bool target_admin = false;              ///< the target is a twin that shows its admin API
};

/// The overrides that a command line holds; reads `run_options::overriding` and the target.
scenario_overrides overrides_of(const run_options& options);

} // namespace fleet::program
