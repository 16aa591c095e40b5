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
  duration until{0};                ///< since the begin of the run: it is over by then
  /// The products whose boards it reboots or takes the power from, or whose devices it makes forget
  /// otherwise what they had not got rid of by then.
  std::vector<std::string> forgetful{};
  bool crashes = false;      ///< it throws in devices on purpose
  bool of_downloads = false; ///< without a rollout to its products it makes no sense
};

struct sweep_plan {
  std::uint64_t seed = 0;
  duration run_for{0};
  duration quiet{0}; ///< nothing disturbs the last part of the run, this long
  std::vector<planned_product> products;
  std::string firmware_server; ///< its map; empty: none
  std::vector<planned_part> parts;
  /// The load stops devices while the run lasts, and what was on its way to them then stays there.
  bool comes_down = false;

  [[nodiscard]] std::size_t count_of(part_kind kind) const noexcept;
  /// Devices in all.
  [[nodiscard]] std::uint32_t devices() const noexcept;
  /// Whether a part makes the product's devices forget.
  [[nodiscard]] bool forgets(std::string_view product) const;
  /// Whether a part throws in devices.
  [[nodiscard]] bool has_crashes() const noexcept;
  /// The product whose gateways this one is behind; empty: it is behind none.
  [[nodiscard]] std::string_view gateway_of(std::string_view product) const noexcept;
  /// The least run in which all that is planned has its quiet part after it.
  [[nodiscard]] duration least_run() const noexcept;
};

/// Whether a part is about a product, or all, or the gateways that it is behind.
bool reaches(const planned_part& part, std::string_view product, const sweep_plan& plan);

/// Whether a rollout goes to the product.
bool rolls_out(const sweep_plan& plan, std::string_view product);

/// The scenario file, complete; models are files of model_files() in the folder `models`.
std::string to_yaml(const sweep_plan& plan);

/// The plan with those parts alone (indices of `parts`, rising), less those that make no sense
/// without the others.
sweep_plan with_parts(const sweep_plan& plan, const std::vector<std::size_t>& kept);

/// The plan without one product, what is behind its gateways, and what is about either; without
/// the gateways too where it is what stands behind them.
sweep_plan without_product(const sweep_plan& plan, std::string_view name);

} // namespace fleet::sweep
