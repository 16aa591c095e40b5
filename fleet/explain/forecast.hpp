// What a plan comes to in numbers: how many devices are on and how much they send at the peak, and
// what the machine needs for it. Nothing here starts a device.
#pragma once

#include <cstdint>
#include <vector>

#include "actors/supervision/device_set.hpp"
#include "fleet/scenario/plan.hpp"

namespace fleet::program {

/// What a process takes with one device.
inline constexpr std::uint64_t process_bytes = 16ULL * 1024 * 1024;

/// A run as it is planned. Reports are those that devices send by themselves.
struct forecast {
  duration peak_at{0}; ///< when the most reports are sent, or else the most are on; the first time
  std::uint32_t peak_connections = 0; ///< that are on then
  std::uint32_t most_connections = 0; ///< at any time
  std::vector<double> reports_per_s;  ///< of each product at the peak, in the plan's order
  double cloud_per_s = 0; ///< messages that the cloud sends by itself, one for each who gets it
  double reports = 0;     ///< of the whole run, as far as shares of ramps tell
  std::uint64_t descriptors = 0;             ///< of the real world, with the embedded twin
  std::uint64_t descriptors_with_target = 0; ///< and with the twin, or a broker, elsewhere
  std::uint64_t memory_bytes = 0; ///< of the process in the real world, the twin in it: about
  std::uint64_t memory_virtual_bytes = 0; ///< and in the virtual world

  /// Of all products.
  [[nodiscard]] double reports_per_s_all() const noexcept;
};

forecast forecast_of(const scenario_plan& plan);

/// Of a process in the real world with the devices `here` alone, and with their twin: about.
std::uint64_t memory_of(const scenario_plan& plan, const actors::device_set& here);

/// Reports a second of one device of a product.
double report_rate(const scenario_product& product) noexcept;

/// The moments at which the number of devices that are on bends or jumps, 0 and the end of the run
/// with them, in order.
std::vector<duration> bends_of(const scenario_plan& plan);

} // namespace fleet::program
