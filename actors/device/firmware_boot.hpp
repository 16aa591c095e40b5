// Power on and off of a board with firmware, for devices of every protocol: what its boot loader
// decides, and how long its software is away.
#pragma once

#include "actors/device/board_faults.hpp"
#include "actors/device/device.hpp"
#include "actors/device/firmware_part.hpp"

namespace fleet::actors {

/// What became of a try to boot.
struct boot_try {
  bool starts = true;
  bool dead = false;             ///< no image starts: it does not come back
  time_point power_back = never; ///< when the next try is, after a power loss within this one
};
/// Starts an image from the board's flash, which is manufactured the first time. A board that does
/// not start is powered off. Starts at once where the product has no firmware, or its dialect none.
boot_try boot_firmware(device_surroundings& around, const product_settings& product,
                       device_slot& slot);

/// What faults make of a flash from now on: whether it takes writes, and where its power fails
/// next.
void disturb_flash(hal::board_flash& flash, const board_standing& is, const hal::board& on);

/// Counts that the software ends for `why`, which is something; answers how long it is away.
duration end_of_power(power_need why, device_surroundings& around, const product_settings& product,
                      device_slot& slot);

} // namespace fleet::actors
