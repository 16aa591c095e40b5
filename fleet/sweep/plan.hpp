// A random scenario in pieces, so that some can be left out and the rest is still a scenario: what
// make_plan() draws and what shrinking takes apart. Text only; nothing here runs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/time.hpp"

namespace fleet::sweep {

struct planned_product {
  std::string name;
  std::uint32_t count = 0;  ///< its own devices, or gateways; 0: behind `gateways_of`'s gateways
  std::string children;     ///< of gateways: the product behind them; empty: no gateways
  std::uint32_t each = 0;   ///< of gateways: how many behind each
  std::string gateway_keys; ///< of gateways: further keys of `gateways`, each with `, ` before
  std::string keys;         ///< the rest of its map, each key with `, ` before
};

enum class part_kind : std::uint8_t { stage, traffic, rollout, fault };

/// An item of one of the scenario's lists.
struct planned_part {
  part_kind kind = part_kind::stage;
  std::string text;                 ///< a YAML map on one line
  std::vector<std::string> about{}; ///< the products without which it makes no sense
};

struct sweep_plan {
  std::uint64_t seed = 0;
  duration run_for{0};
  std::vector<planned_product> products;
  std::string firmware_server; ///< its map; empty: none
  std::vector<planned_part> parts;
  bool has_crashes = false; ///< a fault throws in devices on purpose
  /// The load stops devices while the run lasts, and what was on its way to them then stays there.
  bool comes_down = false;
  /// Boards reboot or lose power, and what they had not got rid of by then is forgotten.
  bool forgets = false;

  [[nodiscard]] std::size_t count_of(part_kind kind) const noexcept;
  /// Devices in all.
  [[nodiscard]] std::uint32_t devices() const noexcept;
};

/// The scenario file, complete; models are files of model_files() in the folder `models`.
std::string to_yaml(const sweep_plan& plan);

/// The plan with those parts alone (indices of `parts`, rising).
sweep_plan with_parts(const sweep_plan& plan, const std::vector<std::size_t>& kept);

/// The plan without one product, what is behind its gateways, and what is about either; without
/// the gateways too where it is what stands behind them.
sweep_plan without_product(const sweep_plan& plan, std::string_view name);

} // namespace fleet::sweep
