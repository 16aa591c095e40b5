// What faults in force make of a device's board, as the device asks when it boots. Who drives
// faults knows; where there are none there is nobody to ask.
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>

#include "actors/device/meters.hpp"
#include "actors/device/settings.hpp"
#include "hal_sim/board/memory_budget.hpp"
#include "protocol/base/time.hpp"

namespace fleet::actors {

/// All faults that hold for one board now, together.
struct board_standing {
  bool unpowered = false;                  ///< until the last fault that takes its power is over
  bool full = false;                       ///< no write to flash or store succeeds
  std::uint32_t cut_ppm = 0;               ///< of the steps of its flash the power fails in
  std::int32_t drift_ppb = 0;              ///< of its wall clock
  std::optional<std::uint32_t> ram_left{}; ///< octets; the fewest
};

class board_faults {
public:
  [[nodiscard]] virtual board_standing standing(std::uint32_t index) const = 0;

protected:
  ~board_faults() = default;
};

/// From the power's return, or a watchdog's reset, to the first step of its software; with firmware
/// the product's settings say how long.
inline constexpr duration plain_boot_time = std::chrono::seconds{2};
inline duration boot_time_of(const product_settings& product) noexcept {
  return product.firmware ? product.firmware->boot_time : plain_boot_time;
}

/// A limit of 0 is none: an octet is left where nothing is.
inline void limit_ram(hal::memory_budget& ram, const product_settings& product,
                      const board_standing& is) noexcept {
  std::uint32_t limit = product.ram_bytes;
  if (is.ram_left) {
    const std::uint64_t left = std::max<std::uint64_t>(ram.used() + std::uint64_t{*is.ram_left}, 1);
    limit =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(left, limit == 0 ? UINT32_MAX : limit));
  }
  ram.set_limit(limit);
}

/// Keeps the gauge of who is off: whoever was started, and is held.
inline void hold(meters& counts, bool& held, bool off) noexcept {
  if (held != off) {
    held = off;
    off ? bump(counts.powered_off_by_fault) : drop(counts.powered_off_by_fault);
  }
}

} // namespace fleet::actors
